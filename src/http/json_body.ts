// Reads a JSON body: the type must say so, the bytes must be one object, and no member may be there
// that the handler does not know. One byte order mark before it is skipped (RFC 8259 §8.1), since
// editors write it.

import { AuthError } from "../errors.ts"
import { type JsonObject, readJsonObject } from "../strict_json.ts"
import { isJsonType } from "./media_type.ts"
import type { HttpRequest } from "./message.ts"

const byteOrderMark = Buffer.from("\ufeff")

/**
 * The members of a request's JSON body, their values unchecked.
 * @throws AuthError `unsupported_media_type`, `invalid_request`
 */
export function readJsonBody(request: HttpRequest, members: readonly string[]): JsonObject {
  if (!isJsonType(request.headers.get("content-type") ?? "")) {
    throw new AuthError("unsupported_media_type", "The body must be application/json in UTF-8")
  }
  const value = parse(request.body)
  if (value === null) {
    throw new AuthError("invalid_request", "The body must be one JSON object, no member twice")
  }
  if (!Object.keys(value).every((name) => members.includes(name))) {
    throw new AuthError("invalid_request", `The body may only have: ${members.join(", ")}`)
  }
  return value
}

/**
 * The members of a request's JSON body, all of which must be there as text that is not empty, but
 * for the optional ones, which may be absent, or null or empty, which is the same.
 * @throws AuthError `unsupported_media_type`, `invalid_request`
 */
export function readTexts<N extends string, O extends string = never>(
  request: HttpRequest,
  names: readonly N[],
  optional: readonly O[] = [],
): Readonly<Record<N, string> & Partial<Record<O, string | null>>> {
  const members = readJsonBody(request, [...names, ...optional])
  const isMissing = (name: N) => members[name] == null || members[name] === ""
  if (names.some(isMissing)) {
    throw new AuthError("invalid_request", `Missing ${names.join(" or ")}`)
  }
  if (!names.every((name) => typeof members[name] === "string")) {
    const list = names.join(" and ")
    const message = `${list.slice(0, 1).toUpperCase()}${list.slice(1)} must be text`
    throw new AuthError("invalid_request", message)
  }
  for (const name of optional) {
    if (members[name] != null && typeof members[name] !== "string") {
      throw new AuthError("invalid_request", `${name} must be text`)
    }
  }
  return members as Readonly<Record<N, string> & Partial<Record<O, string | null>>>
}

function parse(body: Uint8Array): JsonObject | null {
  const isMarked = byteOrderMark.equals(body.subarray(0, byteOrderMark.byteLength))
  try {
    return readJsonObject(isMarked ? body.subarray(byteOrderMark.byteLength) : body).value
  } catch {
    return null
  }
}
