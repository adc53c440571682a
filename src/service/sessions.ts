// Login, logout, and the other ways to start and end a session. Each step is audited.

import type { Clock } from "../clock.ts"
import type { Caller } from "../domain/caller.ts"
import type { Session } from "../domain/session.ts"
import type { User } from "../domain/user.ts"
import { AuthError, type RefusalReason } from "../errors.ts"
import type { Revocations, RevocationWindow, Store } from "../store/store.ts"
import { randomKey, randomName } from "../system/random.ts"
import { type Audit, type AuditFields, auditEnded, callerFields } from "../telemetry/audit.ts"
import { deviceNameBytes, writeDeviceToken } from "../token/device_token.ts"
import { VerifiedTokens } from "../token/verified_tokens.ts"
import type { Accounts } from "./accounts.ts"
import { createAuthenticate, type Principal } from "./authenticate.ts"
import { changedMeanwhile, checksMax, type LoginCredentials } from "./credential_check.ts"
import { type ListedSession, listSessions } from "./listed_sessions.ts"
import { readOwnToken } from "./own_token.ts"
import { createRefresh, type Refresh } from "./refresh.ts"
import {
  createRevocationWindow,
  type GrantParts,
  grantTokens,
  newSession,
  type SessionSettings,
  type Tokens,
} from "./session_tokens.ts"
import { createTokenRates, requireRate, type TokenUseParts } from "./token_use.ts"

/** What a logout with a token did. */
export interface LogOutOutcome {
  /** Whether we made the token, even if it has expired or ended. */
  readonly isOurs: boolean
  /** Why nothing ended; null when something did. */
  readonly reason: RefusalReason | null
}

/** What a login gives. */
export interface LoginTokens extends Tokens {
  /** Sent with the next login, it shows that this client has logged in before. */
  readonly deviceToken: string
}

/** What the use cases work with. */
export interface SessionParts extends GrantParts {
  readonly accounts: Accounts
  readonly store: Store
  readonly settings: SessionSettings
  /** Bytes that verified access tokens may take. */
  readonly verifiedBytesMax: number
  readonly clock: Clock
  readonly audit: Audit
}

/** The use cases. */
export class Sessions {
  readonly #parts: SessionParts & TokenUseParts & { readonly windowNow: () => RevocationWindow }
  /** Gives the next tokens of a session. */
  readonly refresh: Refresh
  /** Finds who sent an access token. @throws AuthError `invalid_token` */
  readonly authenticate: (token: string) => Promise<Principal>

  constructor(parts: SessionParts) {
    const { clock, tokens, settings, verifiedBytesMax: bytesMax } = parts
    const windowNow = createRevocationWindow(clock, { ...tokens, ...settings })
    const rates = createTokenRates(clock.steady)
    this.#parts = { ...parts, windowNow, rates }
    this.refresh = createRefresh(this.#parts)
    const verified = new VerifiedTokens(tokens, { bytesMax })
    this.authenticate = createAuthenticate({ ...parts, verified })
  }

  /**
   * Checks a name and a password and starts a session.
   * @throws AuthError `invalid_credentials`, one for all causes, and `too_many_requests`
   * @throws Unavailable when too many log in
   */
  async logIn(credentials: LoginCredentials, caller: Caller): Promise<LoginTokens> {
    const { accounts, store, audit, settings, windowNow } = this.#parts
    for (let round = 0; round < checksMax; round += 1) {
      const user = await accounts.check(credentials, caller)
      if (user === null) {
        // Only a name that a user has: people type their password into the wrong field.
        const known = await accounts.find(credentials.username)
        audit("login.failed", { ...callerFields(caller), user: known?.username })
        throw new AuthError("invalid_credentials", "Bad username or password")
      }
      const { username, passwordHash: ifPasswordHash } = user
      const session = this.#begin(username, caller)
      const options = { ifPasswordHash, sessionsMax: settings.perUserMax, window: windowNow() }
      const started = await store.sessions.start(session, options)
      // Null: the user was changed since the check, so the password is checked again.
      if (started === null) continue
      const fields = { ...callerFields(caller), user: username }
      audit("login.succeeded", { ...fields, session: session.sid })
      auditEnded(started.ended, { ...fields, reason: "too_many" }, audit)
      return this.#grant(session, started.user)
    }
    throw changedMeanwhile()
  }

  /**
   * Ends the session of an access or refresh token, expired or not.
   * @throws AuthError `too_many_requests` for too many tokens of an account without a session
   */
  async logOut(token: string, caller: Caller): Promise<LogOutOutcome> {
    const { store, audit } = this.#parts
    const fields = { ...callerFields(caller), reason: "logout" }
    await this.#parts.keys.catchUp()
    const own = await readOwnToken(token, this.#parts)
    if (typeof own === "string") return { isOurs: false, reason: own }
    const { sid, username, revoked, over } = own
    // Before the session ends, so that the token can't start a session again.
    let isRevoked = false
    if (revoked !== null && !(await store.sessions.isTokenRevoked(revoked.jti))) {
      const user = username === null ? null : await store.users.find(username)
      const named = { ...fields, user: user?.username }
      requireRate({ id: revoked.jti, username: username ?? "" }, named, this.#parts)
      isRevoked = await store.sessions.revokeToken(revoked)
      if (isRevoked) audit("token.revoked", named)
    }
    const condition = username === null ? {} : { ifUsername: username }
    const hasEnded = sid !== null && (await this.#end(sid, condition, fields))
    return { isOurs: true, reason: isRevoked || hasEnded ? null : over }
  }

  /** Whether a text is a refresh token, ours or Flask-JWT-Extended's, expired or not. */
  async isRefreshToken(token: string): Promise<boolean> {
    await this.#parts.keys.catchUp()
    const own = await readOwnToken(token, this.#parts)
    return typeof own !== "string" && own.isRefresh
  }

  /** The principal's sessions that are alive, the last used first. */
  list({ username }: Principal): Promise<readonly ListedSession[]> {
    return listSessions(username, this.#parts)
  }

  /**
   * Ends one of the principal's sessions.
   * @throws AuthError `not_found`, also for another user's session
   */
  async end(sid: string, { username }: Principal, caller: Caller): Promise<void> {
    const fields = { ...callerFields(caller), reason: "by_user" }
    const ended = await this.#end(sid, { ifUsername: username }, fields)
    if (!ended) throw new AuthError("not_found", "You have no such session")
  }

  /** Ends all of the principal's sessions but the one that asks. */
  async endOthers({ username, sid }: Principal, caller: Caller): Promise<void> {
    const { store, audit, windowNow } = this.#parts
    const ended = await store.sessions.endAll(username, { window: windowNow(), except: sid })
    auditEnded(ended, { ...callerFields(caller), reason: "by_user" }, audit)
  }

  /**
   * Sets the principal's password and ends all sessions; the tokens are those of a new one.
   * @throws AuthError `wrong_password` when `current` is wrong, which ends the session when it was
   *   wrong too often; `invalid_request` and `password_blocked` when `next` may not be chosen;
   *   `too_many_requests`
   */
  async changePassword(
    passwords: { readonly current: string; readonly next: string },
    { username, sid }: Principal,
    caller: Caller,
  ): Promise<LoginTokens> {
    const { accounts, audit } = this.#parts
    const fields = { ...callerFields(caller), user: username }
    const session = this.#begin(username, caller)
    const wanted = { ...passwords, username, sid }
    const reset = await accounts.changePassword(wanted, { successor: session, caller })
    if (reset === "wrong" || reset === "wrong_too_often") {
      audit("password.refused", { ...fields, reason: "wrong_password" })
      // The sender of so many wrong passwords may have stolen the token.
      if (reset === "wrong_too_often" && sid !== null) {
        await this.#end(sid, { ifUsername: username }, { ...fields, reason: "wrong_passwords" })
      }
      throw new AuthError("wrong_password", "The current password is wrong")
    }
    audit("password.changed", { ...fields, session: session.sid })
    auditEnded(reset.ended, { ...fields, reason: "password_changed" }, audit)
    return this.#grant(session, reset.user)
  }

  /** What ended and may still have valid access tokens. */
  async revocations(): Promise<Revocations> {
    return this.#parts.store.sessions.revocations(this.#parts.clock.now())
  }

  /** Ends a session and audits that. False when there is none, or when it is another user's. */
  async #end(
    sid: string,
    condition: { readonly ifUsername?: string },
    fields: AuditFields,
  ): Promise<boolean> {
    const { store, audit, windowNow } = this.#parts
    const ended = await store.sessions.end(sid, { window: windowNow(), ...condition })
    if (ended !== null) auditEnded([ended], fields, audit)
    return ended !== null
  }

  /** A session of a user whose password was checked just now. */
  #begin(username: string, caller: Caller): Session {
    const { settings, windowNow } = this.#parts
    const window = windowNow()
    const named = { sid: randomName(), username, startedAt: window.at }
    return newSession(named, caller, { ...window, life: settings })
  }

  /** The first tokens of a session, and a device token for its client. */
  async #grant(session: Session, user: User): Promise<LoginTokens> {
    const { startedAt, username } = session
    const granted = { user, issuedAt: startedAt, fresh: true }
    const tokens = await grantTokens(session, granted, this.#parts)
    const device = randomKey(deviceNameBytes)
    // A reset in this second refuses device tokens that were issued before the next second.
    const issuedAt = Math.max(startedAt, user.tokensNotBefore)
    const key = this.#parts.refreshKey()
    return { ...tokens, deviceToken: writeDeviceToken({ device, issuedAt }, username, key) }
  }
}
