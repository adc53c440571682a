// POST /password: changes the user's password. Needs a fresh token and the current password.

import { callerOf } from "../http/caller.ts"
import { type BodyHandler, type GuardedContext, withBody } from "../http/guard.ts"
import { readTexts } from "../http/json_body.ts"
import type { Principal } from "../service/authenticate.ts"
import type { Sessions } from "../service/sessions.ts"
import { tokenReply } from "./token_reply.ts"

/** Changes the password, ends all sessions, and answers the tokens of a new session. */
export function changePassword(sessions: Sessions): BodyHandler<GuardedContext<Principal>> {
  return withBody(async (request, { principal }) => {
    const { current, new: next } = readTexts(request, ["current", "new"])
    const passwords = { current, next }
    return tokenReply(await sessions.changePassword(passwords, principal, callerOf(request)))
  })
}
