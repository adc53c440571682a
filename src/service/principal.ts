// Who sent a request: from a token to its user, as both are now. The guard calls this each time, so
// a logout, a disabled user or a new password takes effect with the next request.

import { type Awaitable, after } from "../awaitable.ts"
import type { Clock } from "../clock.ts"
import { isAlive } from "../domain/session.ts"
import type { JsonObject } from "../domain/strict_json.ts"
import type { User } from "../domain/user.ts"
import { AuthError } from "../errors.ts"
import type { Store } from "../store/store.ts"
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
    const { sid, username } = claims
    if (sid === null) return identifyWithoutSession(token, claims, now)
    return after(store.sessions.find(sid), (found) => {
      const isOfUser = found !== null && found.user.username === username && !found.user.disabled
      if (isOfUser && isAlive(found.session, now)) return new Principal(found.user, claims, now)
      // Only for the access log: the session may have ended with its user.
      return after(store.users.find(username), (user) => refuse(token, user))
    })
  }

  // A token that Flask-JWT-Extended made.
  function identifyWithoutSession(
    token: string,
    claims: AccessClaims,
    now: number,
  ): Awaitable<Principal> {
    const { username, issuedAt, jti } = claims
    return after(store.users.find(username), (user) => {
      if (user === null || user.disabled || issuedAt < user.tokensNotBefore) {
        return refuse(token, user)
      }
      return after(store.sessions.isTokenRevoked(jti), (isRevoked) =>
        isRevoked ? refuse(token, user) : new Principal(user, claims, now),
      )
    })
  }

  function refuse(token: string, user: User | null): never {
    verified.drop(token)
    const reason = user === null ? "user_unknown" : user.disabled ? "user_disabled" : "revoked"
    throw new AuthError("invalid_token", "Token has been revoked", { reason })
  }
}
