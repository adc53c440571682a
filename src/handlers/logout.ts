// POST /logout: ends the session of each token in the request. Expired tokens count, too. Tokens
// are sent as Bearer or in a JSON body. The member `token` has the name of RFC 7009.

import { AuthError } from "../errors.ts"
import { callerOf } from "../http/caller.ts"
import { type BodyHandler, withBody } from "../http/guard.ts"
import { noContent, type Reply } from "../http/message.ts"
import { readSentTokens } from "../http/sent_tokens.ts"
import type { LogOutOutcome, Sessions } from "../service/sessions.ts"

const members = ["refresh_token", "access_token", "token"]
const missing =
  "Missing token: send it as Bearer, or as refresh_token, access_token or token in JSON"

// Not with Clear-Site-Data: any page can post a form here, and the browser would then delete the
// data of all services of the site.
const loggedOut: Reply = noContent

/**
 * Answers 204, also for an expired or unknown token. A malformed header or body is refused only
 * when no other token names a session. A request without a token is refused: with 204 its sender
 * would believe that a session has ended.
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
        // Go on: an error with one token must not keep the sessions of other tokens alive.
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
    // The logout succeeded if any token ended something.
    const { reason } = outcomes.find((outcome) => outcome.reason === null) ?? first
    return reason === null ? loggedOut : { ...loggedOut, reason }
  })
}
