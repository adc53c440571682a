// Tokens in `Authorization: Bearer <token>` (RFC 6750 §2.1): the scheme in any case, one or more
// spaces, one token. Endpoints that also take tokens in a body use sent_tokens.ts.

import { AuthError } from "../errors.ts"
import type { RequestHead } from "./message.ts"

/** Finds the access token of a request in one kind of place. */
export interface CredentialReader {
  /**
   * The token, or null when there is none.
   * @throws AuthError `invalid_request` for a malformed place
   */
  read(head: RequestHead): string | null
  /** The refusal of a request without a token. */
  missing(head: RequestHead): AuthError
}

const expected = "Expected 'Authorization: Bearer <JWT>'"
const scheme = "bearer"
/** The blanks of Latin-1, and the comma, which separates lists. */
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

/** Everything after the Bearer scheme, blanks included. Null for another scheme, or none. */
export function readBearerCredentials({ headers }: RequestHead): string | null {
  const header = headers.get("authorization")
  if (header === undefined || !/^bearer(?![!#$%&'*+.^_`|~\w-])/i.test(header)) return null
  return header.slice(scheme.length)
}

/** Access tokens from `Authorization: Bearer`, for guards. */
export const bearer: CredentialReader = {
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
