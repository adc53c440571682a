// Credentials of those who set up a second factor: the `mfa_token` of a login that needs a factor
// first, or else an access token. The ticket comes first: its sender names it in this very request,
// while clients attach an old access token, and browsers a cookie, to everything.

import type { CredentialReader } from "./bearer.ts"
import { readSentTokens } from "./sent_tokens.ts"

/** What stands before a ticket. No access token has a blank. */
const mark = "ticket "

/** Reads the `mfa_token` of a JSON body, or else the credentials of `other`. */
export function orTicket(other: CredentialReader): CredentialReader {
  return {
    name: `${other.name} or mfa_token`,
    read(request) {
      const [ticket] = readSentTokens(request, ["mfa_token"]).body.tokens
      return ticket === undefined ? other.read(request) : `${mark}${ticket}`
    },
    missing: other.missing,
  }
}

/** The ticket when the credentials are one, or null. */
export function ticketIn(credentials: string): string | null {
  return credentials.startsWith(mark) ? credentials.slice(mark.length) : null
}
