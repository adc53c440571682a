// What a token names that we gave, or that Flask-JWT-Extended made with our secret, whatever became
// of it since: for those who end what it names, and never to let anybody pass.

import type { Clock } from "../clock.ts"
import type { RefusalReason } from "../errors.ts"
import type { RevokedToken } from "../store/store.ts"
import { hasExpired, readSignedToken, type TokenSettings } from "../token/access_token.ts"
import {
  isRefreshToken,
  readRefreshToken,
  refreshTokenFault,
  sidInPlaceOf,
} from "../token/refresh_token.ts"

/** What a token names. */
export interface OwnToken {
  readonly isRefresh: boolean
  /** The session; null for an access token of Flask-JWT-Extended, which has none. */
  readonly sid: string | null
  /** Where the token tells; a refresh token of ours does not. */
  readonly username: string | null
  /** How to revoke a token that would live on without its session. */
  readonly revoked: RevokedToken | null
  /** Why there is nothing left to end, where that is so. */
  readonly over: "expired" | "revoked"
}

/** Reads a token, or gives the reason why it is none of these. */
export async function readOwnToken(
  token: string,
  parts: {
    readonly tokens: TokenSettings
    readonly refreshKey: () => Uint8Array
    readonly clock: Clock
  },
): Promise<OwnToken | RefusalReason> {
  const { tokens, refreshKey, clock } = parts
  if (isRefreshToken(token)) {
    const claim = readRefreshToken(token, refreshKey())
    if (claim === null) return refreshTokenFault(token)
    return { isRefresh: true, sid: claim.sid, username: null, revoked: null, over: "revoked" }
  }
  const now = clock.now()
  const claims = await readSignedToken(token, tokens, now)
  if (typeof claims === "string") return claims
  const { sid, username, jti, isAccess } = claims
  if (isAccess && sid !== null) {
    return { isRefresh: false, sid, username, revoked: null, over: "revoked" }
  }
  // One that Flask-JWT-Extended made. A refresh token of its may have become a session.
  const started = isAccess ? null : sidInPlaceOf(claims, refreshKey())
  const expiresAt = claims.expiresAt + tokens.leewaySeconds
  const isOver = hasExpired(claims, tokens, now)
  const revoked = isOver ? null : { jti, expiresAt, isListed: isAccess }
  const over = isOver ? "expired" : "revoked"
  return { isRefresh: !isAccess, sid: started, username, revoked, over }
}
