// GET /sessions: where the user is logged in.

import type { GuardedContext, Handler } from "../http/guard.ts"
import { json } from "../http/message.ts"
import type { Principal } from "../service/authenticate.ts"
import type { ListedSession } from "../service/listed_sessions.ts"
import type { Sessions } from "../service/sessions.ts"

/** Answers the user's own sessions, the last used first. Times are epoch seconds. */
export function listSessions(sessions: Sessions): Handler<GuardedContext<Principal>> {
  return async (_request, { principal }) => {
    const own = await sessions.list(principal)
    return json(200, {
      sessions: own.map((session) => {
        const { sid, ...shown } = shownSession(session)
        return { sid, current: sid === principal.sid, ...shown }
      }),
    })
  }
}

/** A session as users and admins see it. */
export function shownSession(session: ListedSession) {
  return {
    sid: session.sid,
    started_at: session.startedAt,
    last_used_at: session.lastUsedAt,
    idle_expires_at: session.idleExpiresAt,
    expires_at: session.expiresAt,
    address: session.address,
    user_agent: session.userAgent,
  }
}
