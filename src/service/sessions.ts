// The life of a login: a password for a token, and a token for who sent it.

import type { Clock } from "../clock.ts"
import { AuthError, Unavailable } from "../errors.ts"
import type { Log } from "../log.ts"
import type { Store, User } from "../store/store.ts"
import {
  type IssuedToken,
  signAccessToken,
  type TokenSettings,
  verifyAccessToken,
} from "../token/access_token.ts"
import { type AccessClaims, clockSkewSeconds } from "../token/claims.ts"
import type { Accounts } from "./accounts.ts"
import type { Credentials } from "./credential_check.ts"

/** Who sent a request, from a token that held and a user who still may. Frozen, no prototype. */
export interface Principal {
  readonly username: string
  /** As the store has them now, whatever the token said. */
  readonly roles: readonly string[]
  /** When the password was checked, epoch seconds, where the token tells. */
  readonly loggedInAt: number | null
  /** How long ago that was when the token was verified. */
  readonly secondsSinceLogin: number | null
  /** Whether the token was given for a password and not for another token. */
  readonly fresh: boolean
}

/** Where a request came from, for the log. */
export interface Caller {
  readonly requestId: string
  readonly address: string
}

/** The use cases. */
export interface Sessions {
  /**
   * Checks a name and a password and gives an access token.
   * @throws AuthError `invalid_credentials`, the same whatever was wrong
   * @throws Unavailable when too many log in, or the clock fell back behind a revocation
   */
  logIn(credentials: Credentials, caller: Caller): Promise<IssuedToken>
  /**
   * Tells whose access token this is.
   * @throws AuthError `invalid_token`
   */
  authenticate(token: string): Promise<Principal>
}

/** What the use cases work with. */
export interface SessionParts {
  readonly accounts: Accounts
  readonly store: Store
  readonly tokens: TokenSettings
  readonly clock: Clock
  readonly log: Log
}

/** Makes the use cases. */
export function createSessions({ accounts, store, tokens, clock, log }: SessionParts): Sessions {
  return {
    async logIn(credentials, { requestId: request, address: client }) {
      const user = await accounts.check(credentials)
      if (user === null) {
        // Without the name: people type their password into the wrong field.
        log.warn("login.failed", { request, client })
        throw new AuthError("invalid_credentials", "Bad username or password")
      }
      const now = clock.now()
      const { username, roles } = user
      const issuedAt = Math.max(now, user.tokensNotBefore)
      if (issuedAt > now + clockSkewSeconds) {
        const message = "The clock is behind the time at which this user's tokens were revoked"
        throw new Unavailable(message, { retryAfterSeconds: issuedAt - now })
      }
      const grant = { username, roles, authTime: now, issuedAt, fresh: true }
      const issued = await signAccessToken(grant, tokens)
      log.info("login.succeeded", { request, client, username })
      return issued
    },

    async authenticate(token) {
      const now = clock.now()
      const claims = await verifyAccessToken(token, tokens, now)
      const user = await store.findUser(claims.username)
      if (user === null || user.disabled || claims.issuedAt < user.tokensNotBefore) {
        throw new AuthError("invalid_token", "Token has been revoked")
      }
      return principal(user, claims, now)
    },
  }
}

function principal(user: User, claims: AccessClaims, now: number): Principal {
  const fresh = typeof claims.fresh === "number" ? now < claims.fresh : claims.fresh
  // Flask-JWT-Extended's tokens don't say it, but a fresh one was given for a password.
  const loggedInAt = claims.authTime ?? (claims.fresh === true ? claims.issuedAt : null)
  const secondsSinceLogin = loggedInAt === null ? null : Math.max(0, now - loggedInAt)
  const { username, roles } = user
  const members = { username, roles, loggedInAt, secondsSinceLogin, fresh }
  return Object.freeze(Object.assign(Object.create(null), members))
}
