// POST /logout: ends the session of every token that the request has, whatever the token's state.
// Tokens are sent as Bearer or in a JSON body, where `token` is RFC 7009's name.

import { AuthError } from "../errors.ts"
import { callerOf } from "../http/caller.ts"
import { type BodyHandler, withBody } from "../http/guard.ts"
import type { Reply } from "../http/message.ts"
import { readSentTokens } from "../http/sent_tokens.ts"
import type { LogOutOutcome, Sessions } from "../service/sessions.ts"

const members = ["refresh_token", "access_token", "token"]
const missing =
  "Missing token: send it as Bearer, or as refresh_token, access_token or token in JSON"

// No Clear-Site-Data: any page can post a form here, and a browser would delete what all the
// services of the site have stored.
const loggedOut: Reply = { status: 204, headers: { "Cache-Control": "no-store" }, body: "" }

/**
 * Answers 204, also for a token that has expired or is unknown. A part of the request that can't be
 * read is refused only when the rest names no session. Without any token the caller is told so: it
 * would take a 204 for a logout.
 */
export function logout(sessions: Sessions): BodyHandler {
  return withBody(async (request) => {
    const caller = callerOf(request)
    const { header, body } = readSentTokens(request, members)
    const outcomes: LogOutOutcome[] = []
    let failure: unknown = null
    for (const token of new Set([...header.tokens, ...body.tokens])) {
      try {
        outcomes.push(await sessions.logOut(token, caller))
      } catch (error) {
        // One token that has to wait, or can't be written, keeps no other session going.
        failure ??= error
      }
    }
    if (failure !== null) throw failure
    const fault = header.fault ?? body.fault
    if (fault !== null && !outcomes.some(({ isOurs }) => isOurs)) throw fault
    const [first] = outcomes
    if (first === undefined) {
      throw new AuthError("missing_token", missing, { reason: "missing_token" })
    }
    // One token that ended something makes a good logout.
    const { reason } = outcomes.find((outcome) => outcome.reason === null) ?? first
    return reason === null ? loggedOut : { ...loggedOut, reason }
  })
}
