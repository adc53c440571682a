// Tokens as clients send them: `Authorization: Bearer <token>` (RFC 6750 §2.1), where the scheme's
// case does not matter, and one or more spaces and one credential follow it; and, for refresh
// tokens only, a member of a JSON body.

import { AuthError } from "../errors.ts"
import { readJsonBody } from "./json_body.ts"
import type { HttpRequest, RequestHead } from "./message.ts"

const expected = "Expected 'Authorization: Bearer <JWT>'"
const member = "refresh_token"
const scheme = "bearer"
/** Blanks of Latin-1, the characters of headers, and what parts lists. */
const separators = [" ", "\t", "\n", "\v", "\f", "\r", "\u00a0", ","]

/**
 * The token of a request's `Authorization` header, or null when there is none of the Bearer scheme.
 * @throws AuthError `invalid_request` when the scheme is not followed by exactly one token
 */
export function readBearerToken({ headers }: RequestHead): string | null {
  const header = headers.get("authorization")
  if (header === undefined || !/^bearer(?![!#$%&'*+.^_`|~\w-])/i.test(header)) return null
  let start = scheme.length
  while (header[start] === " ") start += 1
  const token = header.slice(start)
  const isOne = token !== "" && !separators.some((separator) => token.includes(separator))
  if (isOne && start > scheme.length) return token
  const message = `Bad Authorization header. ${expected}`
  throw new AuthError("invalid_request", message, { reason: "bad_header" })
}

/** What to tell who sent no bearer token. */
export function missingTokenText({ headers }: RequestHead): string {
  if (!headers.get("authorization")) return "Missing Authorization Header"
  return `Missing 'Bearer' type in 'Authorization' header. ${expected}`
}

/**
 * The tokens of a request: as Bearer and as `refresh_token` in a JSON body, each once.
 * @throws AuthError `unsupported_media_type`, `invalid_request`
 */
export function readSentTokens(request: HttpRequest): readonly string[] {
  const tokens = [readBearerToken(request), readTokenInBody(request)]
  return [...new Set(tokens)].filter((token) => token !== null)
}

/**
 * The `refresh_token` of a request's JSON body, or null without one.
 * @throws AuthError `unsupported_media_type`, `invalid_request`
 */
export function readTokenInBody(request: HttpRequest): string | null {
  if (request.body.byteLength === 0) return null
  const { [member]: token = null } = readJsonBody(request, [member])
  if (token === null || token === "") return null
  if (typeof token === "string") return token
  throw new AuthError("invalid_request", `${member} must be text`, { reason: "malformed" })
}
