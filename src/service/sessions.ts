// Login, logout, and the other ways to start and end a session. Each step is audited.

import type { Clock } from "../clock.ts"
import type { Caller } from "../domain/caller.ts"
import type { FactorRequirement } from "../domain/factor_requirement.ts"
import { AuthError, type RefusalReason } from "../errors.ts"
import type { Revocations, RevocationWindow, Store } from "../store/store.ts"
import { type Audit, auditEnded, callerFields } from "../telemetry/audit.ts"
import { type VerifiedFigures, VerifiedTokens } from "../token/verified_tokens.ts"
import { createAuthenticate, type Principal } from "./authenticate.ts"
import type { LoginCredentials } from "./credential_check.ts"
import type { DeviceTrust } from "./device_trust.ts"
import { endSession } from "./end_session.ts"
import { type ListedSession, listSessions } from "./listed_sessions.ts"
import { readOwnToken } from "./own_token.ts"
import { createRefresh, type Refresh } from "./refresh.ts"
import type { PasswordChange, PendingLogin, SessionStart, StartedLogin } from "./session_start.ts"
import {
  type GrantParts,
  grantTokens,
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
  /** Sent with the next login, it stands for the second factor: the user trusts this device. */
  readonly trustToken?: string
}

interface SessionParts extends GrantParts {
  readonly store: Store
  readonly starts: SessionStart
  readonly windowNow: () => RevocationWindow
  readonly settings: SessionSettings
  /** Bytes that verified access tokens may take. */
  readonly verifiedBytesMax: number
  readonly clock: Clock
  readonly audit: Audit
  /** Who must have a second factor. */
  readonly requirement: FactorRequirement
  readonly trust: DeviceTrust
}

/** The use cases. */
export class Sessions {
  readonly #parts: SessionParts & TokenUseParts
  /** Gives the next tokens of a session. */
  readonly refresh: Refresh
  /** Finds who sent an access token. @throws AuthError `invalid_token` */
  readonly authenticate: (token: string) => Promise<Principal>
  /** The numbers of the tokens that were verified. */
  readonly verifiedFigures: () => VerifiedFigures

  constructor(parts: SessionParts) {
    const { clock, tokens, verifiedBytesMax: bytesMax } = parts
    this.#parts = { ...parts, rates: createTokenRates(clock.steady) }
    this.refresh = createRefresh(this.#parts)
    const verified = new VerifiedTokens(tokens, { bytesMax })
    this.authenticate = createAuthenticate({ ...parts, verified })
    this.verifiedFigures = () => verified.figures()
  }

  /**
   * Checks a name and a password and starts a session, or gives what is due before that. Throws
   * what SessionStart's `logIn` throws.
   */
  async logIn(credentials: LoginCredentials, caller: Caller): Promise<LoginTokens | PendingLogin> {
    const { starts, settings } = this.#parts
    const login = await starts.logIn(credentials, settings, caller)
    return "due" in login ? login : this.grant(login)
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
    const end = { caller, reason: "logout", ...condition }
    const hasEnded = sid !== null && (await endSession(sid, end, this.#parts))
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
    const end = { caller, reason: "by_user", ifUsername: username }
    const hasEnded = await endSession(sid, end, this.#parts)
    if (!hasEnded) throw new AuthError("not_found", "You have no such session")
  }

  /** Ends all of the principal's sessions but the one that asks, and all trust in devices. */
  async endOthers({ username, sid }: Principal, caller: Caller): Promise<void> {
    const { store, audit, windowNow, trust } = this.#parts
    const fields = { ...callerFields(caller), reason: "by_user" }
    // First: no session may start by trust when the others have ended.
    await trust.endAll(username, fields)
    const ended = await store.sessions.endAll(username, { window: windowNow(), except: sid })
    auditEnded(ended, fields, audit)
  }

  /**
   * Sets the principal's password and ends all sessions; the tokens are those of a new one. Throws
   * what SessionStart's `changePassword` throws.
   */
  async changePassword(
    passwords: PasswordChange,
    { username, sid }: Principal,
    caller: Caller,
  ): Promise<LoginTokens> {
    const { starts, settings: life } = this.#parts
    return this.grant(await starts.changePassword(passwords, { username, sid, life }, caller))
  }

  /** What ended and may still have valid access tokens. */
  async revocations(): Promise<Revocations> {
    return this.#parts.store.sessions.revocations(this.#parts.clock.now())
  }

  /** The first tokens of a session, and a device token for its client. */
  async grant(
    { session, user, deviceToken, trust }: StartedLogin,
    { fresh = true }: { readonly fresh?: boolean } = {},
  ): Promise<LoginTokens> {
    // A session starts when it is used for the first time, or is the successor of another one.
    const granted = { user, issuedAt: session.lastUsedAt, fresh }
    const given = trust === undefined ? { deviceToken } : { deviceToken, trustToken: trust.token }
    return { ...(await grantTokens(session, granted, this.#parts)), ...given }
  }
}
