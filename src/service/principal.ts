// Who sent a request: from a token to its user, as both are now. The guard calls this each time, so
// a logout, a disabled user or a new password takes effect with the next request.

import { type Awaitable, after } from "../awaitable.ts"
import type { Clock } from "../clock.ts"
import { isAlive } from "../domain/session.ts"
import type { JsonObject } from "../domain/strict_json.ts"
import { AuthError, type RefusalReason } from "../errors.ts"
import type { Store, User } from "../store/store.ts"
import type { AccessClaims } from "../token/claims.ts"
import type { VerifiedTokens } from "../token/verified_tokens.ts"

/**
 * Who sent a request, from a token that held and a user who still may. Frozen, inherits nothing. A
 * class, since an object without a prototype takes fifteen times as long to make.
 */
export class Principal {
  readonly username: string
  /** As the store has them now, whatever the token said. */
  readonly roles: readonly string[]
  /** The operator's own claims for the user, as they are now. */
  readonly claims: JsonObject
  /** The session; null for a token that Flask-JWT-Extended made. */
  readonly sid: string | null
  /** When the password was checked, epoch seconds, where the token tells. */
  readonly loggedInAt: number | null
  /** How long ago that was at this request. */
  readonly secondsSinceLogin: number | null
  /** Whether the token was given for a password and not for another token. */
  readonly fresh: boolean

  constructor(user: User, token: AccessClaims, now: number) {
    this.username = user.username
    this.roles = user.roles
    this.claims = user.claims
    this.sid = token.sid
    // Flask-JWT-Extended's tokens don't say it, but a fresh one was given for a password.
    this.loggedInAt = token.authTime ?? (token.fresh === true ? token.issuedAt : null)
    this.secondsSinceLogin = this.loggedInAt === null ? null : Math.max(0, now - this.loggedInAt)
    this.fresh = typeof token.fresh === "number" ? now < token.fresh : token.fresh
    Object.freeze(this)
  }
}
// A name that is no member of a principal is undefined, whatever the name.
Object.setPrototypeOf(Principal.prototype, null)
Reflect.deleteProperty(Principal.prototype, "constructor")
Object.freeze(Principal.prototype)

/**
 * Makes the function from an access token to who sent it, which waits for nothing when the token is
 * known and the store has its records at hand. It throws AuthError `invalid_token`.
 */
export function createAuthenticate(parts: {
  readonly store: Store
  readonly verified: VerifiedTokens
  readonly clock: Clock
}): (token: string) => Awaitable<Principal> {
  const { store, verified, clock } = parts

  return (token) => {
    const now = clock.now()
    const known = verified.find(token, now)
    if (known !== null) return identify(token, known.claims, now)
    return after(verified.verify(token, now), (found) =>
      after(identify(token, found.claims, now), (principal) => {
        verified.keep(token, found)
        return principal
      }),
    )
  }

  function identify(token: string, claims: AccessClaims, now: number): Awaitable<Principal> {
    return after(store.findUser(claims.username), (user) => {
      if (user === null) throw revoked(token, "user_unknown")
      if (user.disabled) throw revoked(token, "user_disabled")
      return after(isRevoked(claims, user, now), (isOver) => {
        if (isOver) throw revoked(token, "revoked")
        return new Principal(user, claims, now)
      })
    })
  }

  function isRevoked(claims: AccessClaims, user: User, now: number): Awaitable<boolean> {
    const { sid, username, jti, issuedAt } = claims
    if (sid === null) return issuedAt < user.tokensNotBefore || store.isTokenRevoked(jti)
    return after(
      store.findSession(sid),
      (session) => session === null || session.username !== username || !isAlive(session, now),
    )
  }

  function revoked(token: string, reason: RefusalReason): AuthError {
    verified.drop(token)
    return new AuthError("invalid_token", "Token has been revoked", { reason })
  }
}
