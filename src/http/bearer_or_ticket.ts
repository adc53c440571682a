// Credentials of those who set up a second factor: an access token, or the `mfa_token` of a login
// that needs a factor first.

import { AuthError } from "../errors.ts"
import type { CredentialReader } from "./bearer.ts"
import { readJsonBody } from "./json_body.ts"
import type { HttpRequest } from "./message.ts"

/** What stands before a ticket. No access token has a blank. */
const mark = "ticket "

/** Reads the credentials of `other`, or else the `mfa_token` of a JSON body. */
export function orTicket(other: CredentialReader): CredentialReader {
  return {
    name: `${other.name} or mfa_token`,
    read(request) {
      const token = other.read(request)
      if (token !== null || request.headers.has("authorization")) return token
      const ticket = mfaTokenOf(request)
      return ticket === null ? null : `${mark}${ticket}`
    },
    missing: other.missing,
  }
}

/** The ticket when the credentials are one, or null. */
export function ticketIn(credentials: string): string | null {
  return credentials.startsWith(mark) ? credentials.slice(mark.length) : null
}

function mfaTokenOf(request: HttpRequest): string | null {
  if (request.body.byteLength === 0) return null
  try {
    const { mfa_token: ticket } = readJsonBody(request)
    return typeof ticket === "string" ? ticket : null
  } catch (error) {
    if (error instanceof AuthError) return null
    throw error
  }
}
