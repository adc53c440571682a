// Reads a JSON body: the Content-Type must be JSON, and the body must be one object. A byte order
// mark at its start is skipped (RFC 8259 §8.1), because editors write one. Unknown members are
// refused, except where a standard says to ignore them.

import { isJsonObject, type JsonObject, readJsonObject } from "../domain/strict_json.ts"
import { AuthError } from "../errors.ts"
import { isJsonType } from "./media_type.ts"
import type { HttpRequest } from "./message.ts"

const byteOrderMark = Buffer.from("\ufeff")
/** Messages show so many characters of a member's name. */
const nameLengthMax = 60

/**
 * The members of a request's JSON body. Their names and values are not checked.
 * @throws AuthError `unsupported_media_type`, `invalid_request`
 */
export function readJsonBody(request: HttpRequest): JsonObject {
  if (!isJsonType(request.headers.get("content-type") ?? "")) {
    throw new AuthError("unsupported_media_type", "The body must be application/json in UTF-8")
  }
  const value = parse(request.body)
  if (value !== null) return value
  throw new AuthError(
    "invalid_request",
    "The body must be one JSON object without duplicate members",
  )
}

/** Members that a body has, or may have, in addition to the required texts. */
interface OtherMembers<O extends string, F extends string = never, J extends string = never> {
  /** Absent, null and empty mean the same. */
  readonly optional?: readonly O[]
  /** Members that are true or false. Absent, null and false mean the same. */
  readonly flags?: readonly F[]
  /** Members that have to be objects. */
  readonly objects?: readonly J[]
  /** What happens to all other members; `refused` by default. */
  readonly unknown?: "refused" | "ignored"
}

type Members<N extends string, O extends string, F extends string, J extends string> = Readonly<
  Record<N, string> &
    Partial<Record<O, string | null>> &
    Partial<Record<F, boolean | null>> &
    Record<J, JsonObject>
>

/**
 * The members of a request's JSON body. Each of `names` must be text that is not empty.
 * @throws AuthError `unsupported_media_type`, `invalid_request`
 */
export function readTexts<
  N extends string,
  O extends string = never,
  F extends string = never,
  J extends string = never,
>(
  request: HttpRequest,
  names: readonly N[],
  others: OtherMembers<O, F, J> = {},
): Members<N, O, F, J> {
  const { optional = [], flags = [], objects = [], unknown = "refused" } = others
  const members = readJsonBody(request)
  const required = [...names, ...objects]
  if (unknown === "refused") requireKnownMembers(members, [...required, ...optional, ...flags])
  const isMissing = (name: string) => members[name] == null || members[name] === ""
  if (required.some(isMissing)) {
    throw new AuthError("invalid_request", `Missing ${required.join(" or ")}`)
  }
  if (!names.every((name) => typeof members[name] === "string")) {
    const list = names.join(" and ")
    const message = `${list.slice(0, 1).toUpperCase()}${list.slice(1)} must be text`
    throw new AuthError("invalid_request", message)
  }
  requireKind(members, optional, { is: isText, called: "text" })
  requireKind(members, flags, { is: isFlag, called: "true or false" })
  requireKind(members, objects, { is: isJsonObject, called: "an object" })
  return members as Members<N, O, F, J>
}

function isText(value: unknown): boolean {
  return typeof value === "string"
}

function isFlag(value: unknown): boolean {
  return typeof value === "boolean"
}

function requireKind(
  members: JsonObject,
  names: readonly string[],
  { is, called }: { readonly is: (value: unknown) => boolean; readonly called: string },
): void {
  const wrong = names.find((name) => members[name] != null && !is(members[name]))
  if (wrong === undefined) return
  throw new AuthError("invalid_request", `${wrong} must be ${called}`)
}

function requireKnownMembers(members: JsonObject, known: readonly string[]): void {
  const other = Object.keys(members).find((name) => !known.includes(name))
  if (other === undefined) return
  const message = `Unknown member ${quoted(other)}: the body may have ${known.join(", ")}`
  throw new AuthError("invalid_request", message)
}

/** A member's name as JSON in ASCII, cut when it is long. */
function quoted(name: string): string {
  const text = JSON.stringify(name.slice(0, nameLengthMax + 1)).replace(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  )
  return text.length <= nameLengthMax + 2 ? text : `${text.slice(0, nameLengthMax)}..."`
}

function parse(body: Uint8Array): JsonObject | null {
  const isMarked = byteOrderMark.equals(body.subarray(0, byteOrderMark.byteLength))
  try {
    return readJsonObject(isMarked ? body.subarray(byteOrderMark.byteLength) : body).value
  } catch {
    return null
  }
}
