// Reads a JSON body: the Content-Type must be JSON, and the body must be one object. A byte order
// mark at its start is skipped (RFC 8259 §8.1), because editors write one. Unknown members are
// refused, except where a standard says to ignore them.

import { type JsonObject, readJsonObject } from "../domain/strict_json.ts"
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

/** Members that a body may have in addition to the required ones. */
export interface OtherMembers<O extends string, F extends string = never> {
  /** Absent, null and empty mean the same. */
  readonly optional?: readonly O[]
  /** Members that are true or false. Absent, null and false mean the same. */
  readonly flags?: readonly F[]
  /** What happens to all other members; `refused` by default. */
  readonly unknown?: "refused" | "ignored"
}

type TextMembers<N extends string, O extends string, F extends string> = Readonly<
  Record<N, string> & Partial<Record<O, string | null>> & Partial<Record<F, boolean | null>>
>

/**
 * The members of a request's JSON body. Each of `names` must be text that is not empty.
 * @throws AuthError `unsupported_media_type`, `invalid_request`
 */
export function readTexts<N extends string, O extends string = never, F extends string = never>(
  request: HttpRequest,
  names: readonly N[],
  { optional = [], flags = [], unknown = "refused" }: OtherMembers<O, F> = {},
): TextMembers<N, O, F> {
  const members = readJsonBody(request)
  if (unknown === "refused") requireKnownMembers(members, [...names, ...optional, ...flags])
  const isMissing = (name: N) => members[name] == null || members[name] === ""
  if (names.some(isMissing)) {
    throw new AuthError("invalid_request", `Missing ${names.join(" or ")}`)
  }
  if (!names.every((name) => typeof members[name] === "string")) {
    const list = names.join(" and ")
    const message = `${list.slice(0, 1).toUpperCase()}${list.slice(1)} must be text`
    throw new AuthError("invalid_request", message)
  }
  requireKind(members, optional, { type: "string", called: "text" })
  requireKind(members, flags, { type: "boolean", called: "true or false" })
  return members as TextMembers<N, O, F>
}

function requireKind(
  members: JsonObject,
  names: readonly string[],
  { type, called }: { readonly type: "string" | "boolean"; readonly called: string },
): void {
  const wrong = names.find((name) => members[name] != null && typeof members[name] !== type)
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
