// The changes of the JSON store's tables by which sessions start and end.

import type { Session } from "../../domain/session.ts"
import { endedSessionOf } from "../ended_session.ts"
import type { RevocationWindow, RevokedToken } from "../store.ts"
import type { StagedTables } from "./staged_tables.ts"
import type { Change } from "./tables.ts"

/** The sessions that a user has when the writes in progress are on disk. */
export function pendingSessionsOf(username: string, tables: StagedTables): Session[] {
  return tables.sidsOf(username).flatMap((sid) => tables.pending("sessions", sid) ?? [])
}

/** The change that starts a session. */
export function changeToStart(session: Session): Change {
  return ["sessions", session.sid, Object.freeze({ ...session })]
}

/**
 * The changes that end sessions and list each while its access tokens may be valid. Tokens that
 * seem to have expired get a record too: the clock may be ahead, and be set back.
 */
export function changesToEnd(sessions: readonly Session[], window: RevocationWindow): Change[] {
  return sessions.flatMap((session): Change[] => {
    const { sid } = session
    const gone: Change = ["sessions", sid, null]
    return [gone, ["endedSessions", sid, endedSessionOf(session, window)]]
  })
}

/** The change that revokes a token without a session. */
export function revocation({ jti, expiresAt, isListed }: RevokedToken): Change {
  return ["revokedTokens", jti, Object.freeze({ jti, expiresAt, isListed })]
}
