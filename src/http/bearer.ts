// Reads tokens from `Authorization: Bearer <token>` (RFC 6750 §2.1): the scheme in upper or lower
// case, one or more spaces, one token. Endpoints that also take tokens in a body use
// sent_tokens.ts.

import { AuthError } from "../errors.ts"
import type { HttpRequest, RequestHead } from "./message.ts"

/** Reads the access token of a request from one place, such as a header. */
export interface CredentialReader {
  /** What it reads, in words: "token". */
  readonly name: string
  /**
   * The token, or null when there is none.
   * @throws AuthError `invalid_request` when the place is malformed
   */
  read(request: HttpRequest): string | null
  /** The error for a request without a token. */
  missing(head: RequestHead): AuthError
}

const expected = "Expected 'Authorization: Bearer <JWT>'"
const scheme = "bearer"
/** The blanks of Latin-1, and the comma, which separates lists. */
const separators = [" ", "\t", "\n", "\v", "\f", "\r", "\u00a0", ","]

/**
 * The token of the `Authorization` header, or null without the Bearer scheme.
 * @throws AuthError `invalid_request` when exactly one token does not follow the scheme
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

/** The text after the Bearer scheme, blanks included. Null without the Bearer scheme. */
export function readBearerCredentials({ headers }: RequestHead): string | null {
  const header = headers.get("authorization")
  if (header === undefined || !/^bearer(?![!#$%&'*+.^_`|~\w-])/i.test(header)) return null
  return header.slice(scheme.length)
}

/** Access tokens from `Authorization: Bearer`, for guards. */
export const bearer: CredentialReader = {
  name: "token",
  read: readBearerToken,
  missing({ headers }) {
    const sent = headers.get("authorization")
    const message = sent
      ? `Missing 'Bearer' type in 'Authorization' header. ${expected}`
      : "Missing Authorization Header"
    return new AuthError("missing_token", message, {
      reason: sent ? "other_scheme" : "missing_token",
    })
  },
}
