// Tokens in `Authorization: Bearer <token>` (RFC 6750 §2.1): the scheme's case does not matter, one
// or more spaces and one credential follow it. Endpoints that take tokens in a body as well read
// them by sent_tokens.ts.

import { AuthError } from "../errors.ts"
import type { RequestHead } from "./message.ts"

const expected = "Expected 'Authorization: Bearer <JWT>'"
const scheme = "bearer"
/** Blanks of Latin-1, the characters of headers, and what parts lists. */
const separators = [" ", "\t", "\n", "\v", "\f", "\r", "\u00a0", ","]

/**
 * The token of a request's `Authorization` header, or null when there is none of the Bearer scheme.
 * @throws AuthError `invalid_request` when the scheme is not followed by exactly one token
 */
export function readBearerToken(head: RequestHead): string | null {
  const credentials = readBearerCredentials(head)
  if (credentials === null) return null
  let start = 0
  while (credentials[start] === " ") start += 1
  const token = credentials.slice(start)
  const isOne = token !== "" && !separators.some((separator) => token.includes(separator))
  if (isOne && start > 0) return token
  const message = `Bad Authorization header. ${expected}`
  throw new AuthError("invalid_request", message, { reason: "bad_header" })
}

/** All that follows the Bearer scheme, blanks included; null where another scheme, or none, stands. */
export function readBearerCredentials({ headers }: RequestHead): string | null {
  const header = headers.get("authorization")
  if (header === undefined || !/^bearer(?![!#$%&'*+.^_`|~\w-])/i.test(header)) return null
  return header.slice(scheme.length)
}

/** What to tell who sent no bearer token. */
export function missingTokenText({ headers }: RequestHead): string {
  if (!headers.get("authorization")) return "Missing Authorization Header"
  return `Missing 'Bearer' type in 'Authorization' header. ${expected}`
}
