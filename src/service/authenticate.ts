// Finds the user who sent an access token. The guard calls this for each request, and each call
// looks up session and user. So a logout, a disabled user or a new password takes effect with the
// next request.

import type { Clock } from "../clock.ts"
import { type FactorRequirement, mustEnrol } from "../domain/factor_requirement.ts"
import { isEnrolled } from "../domain/factors.ts"
import { type AssuranceLevel, assuranceOf, isAlive, type Session } from "../domain/session.ts"
import type { JsonObject } from "../domain/strict_json.ts"
import type { User } from "../domain/user.ts"
import { AuthError } from "../errors.ts"
import type { Store } from "../store/store.ts"
import type { AccessClaims } from "../token/claims.ts"
import type { VerifiedToken, VerifiedTokens } from "../token/verified_tokens.ts"
import type { KeyWatch } from "./keys.ts"

/** What a token or a cookie states about the login. */
type LoginFacts = Pick<AccessClaims, "sid" | "authTime" | "issuedAt" | "fresh">

/** A user, and the session's record. Null for a token without a session. */
interface LoggedInUser {
  readonly user: User
  readonly session: Session | null
}

/**
 * The user who sent a request with a valid token. Frozen, and inherits nothing. A class, because
 * making an object without a prototype takes fifteen times as long.
 */
export class Principal {
  readonly username: string
  /** The user's roles in the store now. The token's roles are ignored. */
  readonly roles: readonly string[]
  /** The claims that the operator set for the user, as the store has them now. */
  readonly claims: JsonObject
  /** The session; null for a token that Flask-JWT-Extended made. */
  readonly sid: string | null
  /** When the password was checked, in epoch seconds. Null when the token does not say. */
  readonly loggedInAt: number | null
  /** Seconds from `loggedInAt` to this request. */
  readonly secondsSinceLogin: number | null
  /** Whether the token was given for a password, and not for a refresh token. */
  readonly fresh: boolean
  /** The assurance of the session now. The token's claims are ignored. */
  readonly acr: AssuranceLevel
  /** How the user logged in; empty for a token that Flask-JWT-Extended made. */
  readonly amr: readonly string[]
  /** Whether the user has a second factor. */
  readonly hasFactor: boolean
  /** Whether the user has to set up a second factor before anything else. */
  readonly mustEnrol: boolean

  constructor(
    { user, session }: LoggedInUser,
    token: LoginFacts,
    { now, requirement }: { readonly now: number; readonly requirement: FactorRequirement },
  ) {
    this.username = user.username
    this.roles = user.roles
    this.claims = user.claims
    this.sid = token.sid
    // Flask-JWT-Extended's tokens have no `auth_time`, but a fresh one was given for a password.
    this.loggedInAt = token.authTime ?? (token.fresh === true ? token.issuedAt : null)
    this.secondsSinceLogin = this.loggedInAt === null ? null : Math.max(0, now - this.loggedInAt)
    this.fresh = typeof token.fresh === "number" ? now < token.fresh : token.fresh
    this.acr = session === null ? "aal1" : assuranceOf(session, now)
    this.amr = session === null ? [] : session.amr
    this.hasFactor = isEnrolled(user.factors)
    this.mustEnrol = mustEnrol(user, requirement)
    Object.freeze(this)
  }
}
// Any other member is undefined, even `toString` and `constructor`.
Object.setPrototypeOf(Principal.prototype, null)
Reflect.deleteProperty(Principal.prototype, "constructor")
Object.freeze(Principal.prototype)

/** Makes the function that finds a token's principal. It throws AuthError `invalid_token`. */
export function createAuthenticate(parts: {
  readonly store: Store
  readonly keys: KeyWatch
  readonly verified: VerifiedTokens
  readonly clock: Clock
  readonly requirement: FactorRequirement
}): (token: string) => Promise<Principal> {
  const { store, keys, verified, clock, requirement } = parts
  return authenticate

  async function authenticate(token: string): Promise<Principal> {
    const now = clock.now()
    const known = verified.find(token, now)
    const found = known ?? (await verify(token, now))
    const { claims } = found
    const sender = await (claims.sid === null ? findUser(claims) : findSession(claims, now))
    if (keys.haveChanged()) {
      await keys.catchUp()
      return authenticate(token)
    }
    if (sender === null) {
      verified.drop(token)
      throw await refusalOf(claims)
    }
    if (known === null) verified.keep(token, found)
    return new Principal(sender, claims, { now, requirement })
  }

  // Not before each verification: a store may have to ask a database, and forged tokens are many.
  async function verify(token: string, now: number): Promise<VerifiedToken> {
    try {
      return await verified.verify(token, now)
    } catch (error) {
      if (!(error instanceof AuthError) || error.reason !== "unknown_key") throw error
      // Another process may have made the key.
      await keys.catchUp()
      return verified.verify(token, now)
    }
  }

  async function findSession(
    { sid, username }: AccessClaims,
    now: number,
  ): Promise<LoggedInUser | null> {
    const found = sid === null ? null : await store.sessions.find(sid)
    if (found === null || !isAlive(found.session, now)) return null
    const { user } = found
    return user.username === username && !user.disabled ? found : null
  }

  // A token of Flask-JWT-Extended names no session.
  async function findUser({ username, issuedAt, jti }: AccessClaims): Promise<LoggedInUser | null> {
    const user = await store.users.find(username)
    if (user === null || user.disabled || issuedAt < user.tokensNotBefore) return null
    return (await store.sessions.isTokenRevoked(jti)) ? null : { user, session: null }
  }

  async function refusalOf({ username }: AccessClaims): Promise<AuthError> {
    const user = await store.users.find(username)
    const reason = user === null ? "user_unknown" : user.disabled ? "user_disabled" : "revoked"
    return new AuthError("invalid_token", "Token has been revoked", { reason })
  }
}
