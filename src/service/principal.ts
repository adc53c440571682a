// Who sent a request: from a token to its user, as both are now. The guard calls this each time, so
// a logout, a disabled user or a new password takes effect with the next request.

import type { Clock } from "../clock.ts"
import { AuthError } from "../errors.ts"
import { isAlive } from "../store/session.ts"
import type { Store, User } from "../store/store.ts"
import type { JsonObject } from "../strict_json.ts"
import type { AccessClaims } from "../token/claims.ts"
import type { VerifiedTokens } from "../token/verified_tokens.ts"

/** Who sent a request, from a token that held and a user who still may. Frozen, no prototype. */
export interface Principal {
  readonly username: string
  /** As the store has them now, whatever the token said. */
  readonly roles: readonly string[]
  /** The operator's own claims for the user, as they are now. */
  readonly claims: JsonObject
  /** The session; null for a token that Flask-JWT-Extended made. */
  readonly sid: string | null
  /** When the password was checked, epoch seconds, where the token tells. */
  readonly loggedInAt: number | null
  /** How long ago that was when the token was verified. */
  readonly secondsSinceLogin: number | null
  /** Whether the token was given for a password and not for another token. */
  readonly fresh: boolean
}

/**
 * Makes the function from an access token to who sent it.
 * The function throws AuthError `invalid_token`.
 */
export function createAuthenticate(parts: {
  readonly store: Store
  readonly verified: VerifiedTokens
  readonly clock: Clock
}): (token: string) => Promise<Principal> {
  const { store, verified, clock } = parts

  async function isRevoked(claims: AccessClaims, user: User, now: number): Promise<boolean> {
    const { sid, username, jti, issuedAt } = claims
    if (sid === null) {
      return issuedAt < user.tokensNotBefore || (await store.isTokenRevoked(jti))
    }
    const session = await store.findSession(sid)
    return session === null || session.username !== username || !isAlive(session, now)
  }

  return async (token) => {
    const now = clock.now()
    const known = verified.find(token, now)
    const found = known ?? (await verified.verify(token, now))
    const { claims } = found
    const user = await store.findUser(claims.username)
    if (user === null || user.disabled || (await isRevoked(claims, user, now))) {
      verified.drop(token)
      throw new AuthError("invalid_token", "Token has been revoked")
    }
    if (known === null) verified.keep(token, found)
    return principal(user, claims, now)
  }
}

function principal(user: User, token: AccessClaims, now: number): Principal {
  const fresh = typeof token.fresh === "number" ? now < token.fresh : token.fresh
  // Flask-JWT-Extended's tokens don't say it, but a fresh one was given for a password.
  const loggedInAt = token.authTime ?? (token.fresh === true ? token.issuedAt : null)
  const secondsSinceLogin = loggedInAt === null ? null : Math.max(0, now - loggedInAt)
  const { username, roles, claims } = user
  const { sid } = token
  const members = { username, roles, claims, sid, loggedInAt, secondsSinceLogin, fresh }
  return Object.freeze(Object.assign(Object.create(null), members))
}
