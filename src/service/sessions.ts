// The life of a login: a password for tokens, a refresh token for the next, and the ways in which a
// session ends before its time. Each step is audited.

import type { Awaitable } from "../awaitable.ts"
import { type Clock, steadySeconds } from "../clock.ts"
import type { Caller } from "../domain/caller.ts"
import type { Session } from "../domain/session.ts"
import { AuthError, type RefusalReason } from "../errors.ts"
import type { Ending, Revocations, Store, User } from "../store/store.ts"
import { randomKey, randomName } from "../system/random.ts"
import { type Audit, type AuditFields, auditEnded, callerFields } from "../telemetry/audit.ts"
import type { TokenSettings } from "../token/access_token.ts"
import { deviceNameBytes, writeDeviceToken } from "../token/device_token.ts"
import { VerifiedTokens } from "../token/verified_tokens.ts"
import type { Accounts } from "./accounts.ts"
import { changedMeanwhile, checksMax, type LoginCredentials } from "./credential_check.ts"
import { type ListedSession, listSessions } from "./listed_sessions.ts"
import { readOwnToken } from "./own_token.ts"
import type { WantedPassword } from "./password_change.ts"
import { createAuthenticate, type Principal } from "./principal.ts"
import { createRefresh } from "./refresh.ts"
import {
  createEnding,
  grantTokens,
  newSession,
  type SessionSettings,
  type Tokens,
} from "./session_tokens.ts"
import { createTokenRates, requireRate, type TokenUseParts } from "./token_use.ts"

/** The use cases. */
export interface Sessions {
  /**
   * Checks a name and a password and starts a session.
   * @throws AuthError `invalid_credentials`, the same whatever was wrong, `too_many_requests`
   * @throws Unavailable when too many log in
   */
  logIn(credentials: LoginCredentials, caller: Caller): Promise<LoginTokens>
  /**
   * Gives the next tokens of a session.
   * @throws AuthError `invalid_token`
   */
  refresh(refreshToken: string, caller: Caller): Promise<Tokens>
  /**
   * Tells whose access token this is.
   * @throws AuthError `invalid_token`
   */
  authenticate(token: string): Awaitable<Principal>
  /**
   * Ends the session of a token of either kind, expired or not.
   * @throws AuthError `too_many_requests` for too many tokens of an account without a session
   */
  logOut(token: string, caller: Caller): Promise<LogOutOutcome>
  /** Whether a text is a refresh token, of ours or of Flask-JWT-Extended, in whatever state. */
  isRefreshToken(token: string): Promise<boolean>
  /** The principal's sessions that go on, the last used first. */
  list(principal: Principal): Promise<readonly ListedSession[]>
  /**
   * Ends one of the principal's sessions.
   * @throws AuthError `not_found`, for another user's, too
   */
  end(sid: string, principal: Principal, caller: Caller): Promise<void>
  /** Ends all of the principal's sessions but the one that asks. */
  endOthers(principal: Principal, caller: Caller): Promise<void>
  /**
   * Sets the principal's password and ends all sessions; the tokens are those of a new one.
   * @throws AuthError `wrong_password` when `current` is wrong, which ends the session when it was
   *   so too often; `invalid_request` and `password_blocked` when `next` won't do,
   *   `too_many_requests`
   */
  changePassword(
    passwords: { readonly current: string; readonly next: string },
    principal: Principal,
    caller: Caller,
  ): Promise<LoginTokens>
  /** What ended while access tokens of it may be around. */
  revocations(): Promise<Revocations>
}

/** What a logout with a token did. */
export interface LogOutOutcome {
  /** Whether the token is one of ours, in whatever state. */
  readonly isOurs: boolean
  /** Why it ended nothing; null when it did. */
  readonly reason: RefusalReason | null
}

/** What a login gives. */
export interface LoginTokens extends Tokens {
  /** Says, with the next login, that this client has logged in before. */
  readonly deviceToken: string
}

/** What the use cases work with. */
export interface SessionParts {
  readonly accounts: Accounts
  readonly store: Store
  readonly tokens: TokenSettings
  readonly refreshKey: () => Uint8Array
  readonly settings: SessionSettings
  /** Bytes that verified access tokens may take. */
  readonly verifiedBytesMax: number
  readonly clock: Clock
  readonly audit: Audit
}

/** The same, with how sessions end now, and how often tokens may be used. */
interface EndingParts extends SessionParts, TokenUseParts {
  readonly endingNow: () => Ending
}

/** Makes the use cases. */
export function createSessions(sessionParts: SessionParts): Sessions {
  const { store, clock, audit, tokens, settings, verifiedBytesMax: bytesMax } = sessionParts
  const endingNow = createEnding(clock, { ...tokens, ...settings })
  const rates = createTokenRates(() => steadySeconds(clock))
  const parts = { ...sessionParts, endingNow, rates }
  return {
    logIn: (credentials, caller) => logIn(credentials, caller, parts),
    refresh: createRefresh(parts),
    authenticate: createAuthenticate({
      ...parts,
      verified: new VerifiedTokens(tokens, { bytesMax }),
    }),
    logOut: (token, caller) => logOut(token, caller, parts),
    async isRefreshToken(token) {
      const own = await readOwnToken(token, parts)
      return typeof own !== "string" && own.isRefresh
    },

    list: ({ username }) => listSessions(username, parts),

    async end(sid, { username }, caller) {
      const ended = await store.endSession(sid, { ending: endingNow(), ifUsername: username })
      if (ended === null) throw new AuthError("not_found", "You have no such session")
      auditEnded([ended], { ...callerFields(caller), reason: "by_user" }, audit)
    },

    async endOthers({ username, sid }, caller) {
      const ended = await store.endSessions(username, { ending: endingNow(), except: sid })
      auditEnded(ended, { ...callerFields(caller), reason: "by_user" }, audit)
    },

    changePassword: (passwords, { username, sid }, caller) =>
      changePassword({ ...passwords, username, sid }, caller, parts),

    revocations: async () => store.listRevocations(clock.now()),
  }
}

async function logIn(
  credentials: LoginCredentials,
  caller: Caller,
  parts: EndingParts,
): Promise<LoginTokens> {
  const { accounts, store, audit, settings, endingNow } = parts
  const fields = callerFields(caller)
  for (let checks = 0; checks < checksMax; checks += 1) {
    const checked = await accounts.check(credentials, caller)
    if (checked === null) {
      // Only the name of a user is audited: people type their password into the wrong field.
      const known = await accounts.find(credentials.username)
      audit("login.failed", { ...fields, user: known?.username })
      throw new AuthError("invalid_credentials", "Bad username or password")
    }
    const { username, passwordHash: ifPasswordHash } = checked
    const session = begin(username, caller, parts)
    const options = { ifPasswordHash, sessionsMax: settings.perUserMax, ending: endingNow() }
    const started = await store.startSession(session, options)
    // The store refuses when the user was changed since the check.
    if (started !== null) {
      const ofUser = { ...fields, user: username }
      audit("login.succeeded", { ...ofUser, session: session.sid })
      auditEnded(started.ended, { ...ofUser, reason: "too_many" }, audit)
      // Roles and claims may have changed since the check.
      const user = (await store.findUser(username)) ?? checked
      return grantLogin(session, user, parts)
    }
  }
  throw changedMeanwhile()
}

async function logOut(token: string, caller: Caller, parts: EndingParts): Promise<LogOutOutcome> {
  const { store, audit, endingNow } = parts
  const told = { ...callerFields(caller), reason: "logout" }
  const own = await readOwnToken(token, parts)
  if (typeof own === "string") return { isOurs: false, reason: own }
  const { sid, username, revoked, over } = own
  // First of all: from now on the token can't become a session any more.
  let isRevoked = false
  if (revoked !== null && !(await store.isTokenRevoked(revoked.jti))) {
    const user = username === null ? null : await store.findUser(username)
    const named = { ...told, user: user?.username }
    requireRate({ id: revoked.jti, username: username ?? "" }, named, parts)
    isRevoked = await store.revokeToken(revoked)
    if (isRevoked) audit("token.revoked", named)
  }
  const ifUsername = username === null ? {} : { ifUsername: username }
  const ended =
    sid === null ? null : await store.endSession(sid, { ending: endingNow(), ...ifUsername })
  if (ended !== null) auditEnded([ended], told, audit)
  return { isOurs: true, reason: isRevoked || ended !== null ? null : over }
}

async function changePassword(
  wanted: WantedPassword,
  caller: Caller,
  parts: EndingParts,
): Promise<LoginTokens> {
  const { accounts, audit } = parts
  const { username } = wanted
  const told = { ...callerFields(caller), user: username }
  const session = begin(username, caller, parts)
  const reset = await accounts.changePassword(wanted, { successor: session, caller })
  if (reset === "wrong" || reset === "wrong_too_often") {
    audit("password.refused", { ...told, reason: "wrong_password" })
    if (reset === "wrong_too_often") await endGuessing(wanted, told, parts)
    throw new AuthError("wrong_password", "The current password is wrong")
  }
  audit("password.changed", { ...told, session: session.sid })
  auditEnded(reset.ended, { ...told, reason: "password_changed" }, audit)
  return grantLogin(session, reset.user, parts)
}

/** Ends a session that does not know its user's password: its token may be stolen. */
async function endGuessing(
  { username, sid }: WantedPassword,
  told: AuditFields,
  { store, audit, endingNow }: EndingParts,
): Promise<void> {
  if (sid === null) return
  const ended = await store.endSession(sid, { ending: endingNow(), ifUsername: username })
  if (ended !== null) auditEnded([ended], { ...told, reason: "wrong_passwords" }, audit)
}

/** The first tokens of a session, with one by which its client is known from now on. */
async function grantLogin(session: Session, user: User, parts: EndingParts): Promise<LoginTokens> {
  const { startedAt, username } = session
  const tokens = await grantTokens(session, { user, issuedAt: startedAt, fresh: true }, parts)
  const device = randomKey(deviceNameBytes)
  // Not before the change that made older ones void, which may have been in this very second.
  const issuedAt = Math.max(startedAt, user.tokensNotBefore)
  const key = parts.refreshKey()
  return { ...tokens, deviceToken: writeDeviceToken({ device, issuedAt }, username, key) }
}

/** A session of a user whose password was checked just now. */
function begin(username: string, caller: Caller, { clock, settings }: SessionParts): Session {
  const now = clock.now()
  const named = { sid: randomName(), username, startedAt: now }
  return newSession(named, caller, { life: settings, now })
}
