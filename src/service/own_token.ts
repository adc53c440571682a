// Reads which session and user a token names, even when it has expired or was revoked. For ending
// what the token names, never for letting a request pass. The token is one of ours, or one that
// Flask-JWT-Extended made with our secret.

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
import type { KeyWatch } from "./keys.ts"

/** What a token names. */
interface OwnToken {
  readonly isRefresh: boolean
  /** The session; null for an access token of Flask-JWT-Extended, which has none. */
  readonly sid: string | null
  /** Null for a refresh token of ours, which does not name the user. */
  readonly username: string | null
  /** How to revoke a token that does not end with its session. */
  readonly revoked: RevokedToken | null
  /** The reason to give when nothing is left to end. */
  readonly over: "expired" | "revoked"
}

/** Reads a token, or gives the reason why it is not one of these tokens. */
export async function readOwnToken(
  token: string,
  parts: {
    readonly tokens: TokenSettings
    readonly keys: KeyWatch
    readonly clock: Clock
  },
): Promise<OwnToken | RefusalReason> {
  const { tokens, keys, clock } = parts
  if (isRefreshToken(token)) {
    const content = readRefreshToken(token, keys.refreshKey())
    if (content === null) return refreshTokenFault(token)
    return { isRefresh: true, sid: content.sid, username: null, revoked: null, over: "revoked" }
  }
  const now = clock.now()
  const claims = await readSignedToken(token, tokens, now)
  if (typeof claims === "string") return claims
  const { sid, username, jti, isAccess } = claims
  if (isAccess && sid !== null) {
    return { isRefresh: false, sid, username, revoked: null, over: "revoked" }
  }
  // Flask-JWT-Extended made it. A refresh token of that library may have become a session.
  const started = isAccess ? null : sidInPlaceOf(claims, keys.refreshKey())
  const expiresAt = claims.expiresAt + tokens.leewaySeconds
  const isOver = hasExpired(claims, tokens, now)
  const revoked = isOver ? null : { jti, expiresAt, isListed: isAccess }
  const over = isOver ? "expired" : "revoked"
  return { isRefresh: !isAccess, sid: started, username, revoked, over }
}
