// The changes of the JSON store's tables by which sessions start and end.

import type { Session } from "../../domain/session.ts"
import type { RevocationWindow, RevokedToken } from "../store.ts"
import type { Change } from "./tables.ts"

/** The change that starts a session. */
export function changeToStart(session: Session): Change {
  return ["sessions", session.sid, Object.freeze({ ...session })]
}

/**
 * The changes that end sessions and list each while its access tokens may be valid. Tokens that
 * seem to have expired get a record too: the clock may be ahead, and be set back.
 */
export function changesToEnd(sessions: readonly Session[], window: RevocationWindow): Change[] {
  const { at, accessTtlSeconds, graceSeconds } = window
  return sessions.flatMap(({ sid, lastUsedAt }): Change[] => {
    // Not before the last token was given, even if the clock was set back since.
    const lastTokenAt = Math.max(lastUsedAt, Math.min(at, lastUsedAt + graceSeconds))
    const tokensExpireAt = lastTokenAt + accessTtlSeconds
    const gone: Change = ["sessions", sid, null]
    return [gone, ["endedSessions", sid, Object.freeze({ sid, tokensExpireAt })]]
  })
}

/** The change that revokes a token without a session. */
export function revocation({ jti, expiresAt, isListed }: RevokedToken): Change {
  return ["revokedTokens", jti, Object.freeze({ jti, expiresAt, isListed })]
}
