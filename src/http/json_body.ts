// Reads a JSON body: the type must say so, the bytes must be one object, and no member may be there
// that the handler does not know.

import { AuthError } from "../errors.ts"
import { type JsonObject, readJsonObject } from "../strict_json.ts"
import type { HttpRequest } from "./message.ts"

const jsonType = /^application\/json(?:[ \t]*;[ \t]*charset=(?:utf-8|"utf-8"))?$/i

/**
 * The members of a request's JSON body, their values unchecked.
 * @throws AuthError `unsupported_media_type`, `invalid_request`
 */
export function readJsonBody(request: HttpRequest, members: readonly string[]): JsonObject {
  if (!jsonType.test(request.headers.get("content-type") ?? "")) {
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

function parse(body: Uint8Array): JsonObject | null {
  try {
    return readJsonObject(body).value
  } catch {
    return null
  }
}
