// DELETE /sessions/{sid} and DELETE /sessions: logs the user out on other devices.

import { callerOf } from "../http/caller.ts"
import type { GuardedContext, Handler } from "../http/guard.ts"
import { noContent } from "../http/message.ts"
import type { Principal } from "../service/authenticate.ts"
import type { Sessions } from "../service/sessions.ts"

/** Ends one of the user's own sessions. For another user's session it answers 404. */
export function endSession(sessions: Sessions): Handler<GuardedContext<Principal>> {
  return async (request, { principal, params }) => {
    await sessions.end(params["sid"] ?? "", principal, callerOf(request))
    return noContent
  }
}

/** Ends all of the user's sessions except the current one. */
export function endOtherSessions(sessions: Sessions): Handler<GuardedContext<Principal>> {
  return async (request, { principal }) => {
    await sessions.endOthers(principal, callerOf(request))
    return noContent
  }
}
