// POST /logout: ends the session of an access token or a refresh token, whatever its state.

import { readBearerToken, readTokenInBody } from "../http/bearer.ts"
import { callerOf } from "../http/caller.ts"
import type { Handler } from "../http/guard.ts"
import type { Reply } from "../http/message.ts"
import type { Sessions } from "../service/sessions.ts"

// No Clear-Site-Data: any page can post a form here, and a browser would delete what all the
// services of the site have stored.
const loggedOut: Reply = { status: 204, headers: { "Cache-Control": "no-store" }, body: "" }

/** Answers 204 also for a token that is expired, unknown or absent: the caller is logged out. */
export function logout(sessions: Sessions): Handler {
  return async (request) => {
    const caller = callerOf(request)
    const bearer = readBearerToken(request)
    const faults = bearer === null ? [] : [await sessions.logOut(bearer, caller)]
    // Only then: what is wrong with the body keeps no session going.
    const inBody = readTokenInBody(request)
    if (inBody !== null) faults.push(await sessions.logOut(inBody, caller))
    // One token that ended something makes a good logout.
    const [reason = "missing_token"] = faults
    return reason === null || faults.includes(null) ? loggedOut : { ...loggedOut, reason }
  }
}
