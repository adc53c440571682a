// How sessions start: by a login, or by a change of the password. The caller gives the client
// tokens for the session (sessions.ts) or a cookie (browser/cookie_sessions.ts).

import type { Caller } from "../domain/caller.ts"
import type { FactorChange, RefusedFactor } from "../domain/factor_change.ts"
import { type DueStep, dueStepOf, type FactorRequirement } from "../domain/factor_requirement.ts"
import type { Session, SessionLife } from "../domain/session.ts"
import type { LinkKind, User } from "../domain/user.ts"
import { AuthError } from "../errors.ts"
import type { RefusedReset, StartOptions } from "../store/store.ts"
import { randomKey, randomName } from "../system/random.ts"
import { auditEnded, callerFields } from "../telemetry/audit.ts"
import { deviceNameBytes, writeDeviceToken } from "../token/device_token.ts"
import type { Accounts } from "./accounts.ts"
import type { Principal } from "./authenticate.ts"
import {
  type CheckedUser,
  changedMeanwhile,
  checksMax,
  findDue,
  type LoginCredentials,
} from "./credential_check.ts"
import type { DeviceTrust, NewTrust } from "./device_trust.ts"
import { type EndParts, endSession } from "./end_session.ts"
import type { KeyWatch } from "./keys.ts"
import { byPassword, type LoginProof, newSession, type SessionSettings } from "./session_tokens.ts"

/** A session that started, and its user. */
export interface StartedLogin {
  readonly session: Session
  readonly user: User
  /** Sent with the next login, it shows that this client has logged in before. */
  readonly deviceToken: string
  /** The trust in this device that came with the login. */
  readonly trust?: NewTrust
}

/** A login whose password was right, and which needs a second factor, or the set-up of one. */
export interface PendingLogin extends Pick<CheckedUser, "user" | "attempt"> {
  readonly due: DueStep
}

/** What a client sent beside the password, for the second factor. */
export interface SentFactor {
  readonly code: string | null
  /** Whether the user asks to be asked for no factor on this device. */
  readonly trusts: boolean
}

/** A login that is complete. */
export interface CompleteLogin {
  /** As it was checked: a change of the password since then refuses the start. */
  readonly user: User
  readonly proof: LoginProof
  /** What works once, and is used up together with the start: a factor, a challenge. */
  readonly once?: Pick<StartOptions, "factors" | "replaces">
  /**
   * The session that this one takes the place of, and which ends in the same step. The new one ends
   * no later, and keeps the time at which the password was checked.
   */
  readonly predecessor?: Session
}

/** What starting works with. */
export interface SessionStartParts extends EndParts {
  readonly accounts: Accounts
  readonly settings: Pick<SessionSettings, "perUserMax">
  readonly keys: KeyWatch
  readonly requirement: FactorRequirement
  readonly trust: DeviceTrust
}

/** Passwords as somebody typed them. */
export interface PasswordChange {
  readonly current: string
  readonly next: string
}

/** A link, and the hash of the password that its user chose. */
export interface UsedLink {
  /** As it was when the link was found. */
  readonly user: User
  readonly kind: LinkKind
  readonly tag: string
  /** Whether the link removes the user's second factors, too. */
  readonly removesFactors: boolean
  readonly passwordHash: string
}

interface Beginning {
  readonly username: string
  readonly proof: LoginProof
  readonly predecessor?: Session | undefined
}

/** Starts sessions. */
export class SessionStart {
  readonly #parts: SessionStartParts

  constructor(parts: SessionStartParts) {
    this.#parts = parts
  }

  /**
   * Checks a name and a password and starts a session, or gives what is due before that.
   * @throws AuthError `invalid_credentials`, one for all causes, and `too_many_requests`
   * @throws Unavailable when too many log in
   */
  async logIn(
    credentials: LoginCredentials,
    life: SessionLife,
    caller: Caller,
  ): Promise<StartedLogin | PendingLogin> {
    const { accounts, audit } = this.#parts
    for (let round = 0; round < checksMax; round += 1) {
      const checked = await accounts.check(credentials, caller)
      if (checked === null) {
        // Only a name that a user has: people type their password into the wrong field.
        const known = await accounts.find(credentials.username)
        audit("login.failed", { ...callerFields(caller), user: known?.username })
        throw new AuthError("invalid_credentials", "Bad username or password")
      }
      const { user, attempt, due, isTrusted } = checked
      if (due !== null) return { user, attempt, due }
      const started = await this.start({ user, proof: byPassword }, life, caller)
      // Null: the user was changed since the check, so the password is checked again.
      if (started !== null && (await this.#isStillWhole(started, credentials, caller))) {
        const fields = { ...callerFields(caller), user: user.username }
        if (isTrusted) audit("mfa.skipped", { ...fields, session: started.session.sid })
        return started
      }
    }
    throw changedMeanwhile()
  }

  /**
   * Whether the password was enough for the user as the record was when the session started.
   * Otherwise this ends the session, of which nobody knows: a factor was set up since the check,
   * or the trust in the device has ended.
   */
  async #isStillWhole(
    { session: { sid }, user }: StartedLogin,
    { trustToken }: LoginCredentials,
    caller: Caller,
  ): Promise<boolean> {
    const { due } = await findDue({ username: user.username, user, trustToken }, this.#parts)
    if (due === null) return true
    await endSession(sid, { caller, reason: "mfa_changed" }, this.#parts)
    return false
  }

  /**
   * Starts the session of a complete login. Null when the user was changed meanwhile, when the
   * factor does not count any more, or when the predecessor has ended.
   */
  async start(
    { user, proof, once = {}, predecessor }: CompleteLogin,
    life: SessionLife,
    caller: Caller,
  ): Promise<StartedLogin | null> {
    const { store, audit, settings, windowNow } = this.#parts
    const { username, passwordHash: ifPasswordHash } = user
    const session = this.#begin({ username, proof, predecessor }, life, caller)
    const { sid } = session
    const options = { ifPasswordHash, sessionsMax: settings.perUserMax, window: windowNow() }
    const before = predecessor && { predecessor: predecessor.sid }
    const started = await store.sessions.start(session, { ...options, ...once, ...before })
    if (started === null) return null
    const fields = { ...callerFields(caller), user: username }
    if (predecessor === undefined) audit("login.succeeded", { ...fields, session: sid })
    else audit("session.started", { ...fields, session: sid, reason: "step_up" })
    const reason = predecessor === undefined ? "too_many" : "step_up"
    auditEnded(started.ended, { ...fields, reason }, audit)
    return this.#started(session, started.user)
  }

  /**
   * Changes the factors of a user, ends all sessions and starts another one, in one step. A text
   * says why the store refused.
   */
  async startAnew(
    { user, proof, factors }: Pick<CompleteLogin, "user" | "proof"> & { factors: FactorChange },
    life: SessionLife,
    caller: Caller,
  ): Promise<StartedLogin | RefusedFactor> {
    const { store, audit, windowNow } = this.#parts
    const { username, passwordHash: ifPasswordHash } = user
    const successor = this.#begin({ username, proof }, life, caller)
    const options = { window: windowNow(), ifPasswordHash, factors, successor }
    const reset = await store.users.reset(username, {}, options)
    // The user was changed meanwhile, in whatever way: what follows reads the user again.
    if (typeof reset === "string") return isOtherUser(reset) ? "changed" : reset
    const fields = { ...callerFields(caller), user: username }
    audit("login.succeeded", { ...fields, session: successor.sid })
    auditEnded(reset.ended, { ...fields, reason: "mfa_changed" }, audit)
    return this.#started(successor, reset.user)
  }

  /**
   * Sets the principal's password, ends all sessions and starts another one.
   * @throws AuthError `wrong_password` when `current` is wrong, which ends the session when it was
   *   wrong too often; `invalid_request` and `password_blocked` when `next` may not be chosen;
   *   `too_many_requests`
   */
  async changePassword(
    passwords: PasswordChange,
    { username, sid, life }: Pick<Principal, "username" | "sid"> & { readonly life: SessionLife },
    caller: Caller,
  ): Promise<StartedLogin> {
    const { accounts, audit } = this.#parts
    const fields = { ...callerFields(caller), user: username }
    const session = this.#begin({ username, proof: await this.#proofOf(sid) }, life, caller)
    const wanted = { ...passwords, username, sid }
    const reset = await accounts.changePassword(wanted, { successor: session, caller })
    if (reset === "wrong" || reset === "wrong_too_often") {
      audit("password.refused", { ...fields, reason: "wrong_password" })
      // The sender of so many wrong passwords may have stolen the token.
      if (reset === "wrong_too_often" && sid !== null) {
        const end = { caller, reason: "wrong_passwords", ifUsername: username }
        await endSession(sid, end, this.#parts)
      }
      throw new AuthError("wrong_password", "The current password is wrong")
    }
    audit("password.changed", { ...fields, session: session.sid })
    auditEnded(reset.ended, { ...fields, reason: "password_changed" }, audit)
    return this.#started(session, reset.user)
  }

  /**
   * Sets the password of a link's user, ends all their sessions and starts another one, or gives
   * what is due before that: a link is no second factor, but may remove the factors. Null when it
   * is not good any more.
   */
  async useLink(
    { user: before, kind, tag, removesFactors, passwordHash }: UsedLink,
    life: SessionLife,
    caller: Caller,
  ): Promise<StartedLogin | PendingLogin | null> {
    const { store, audit, windowNow, requirement } = this.#parts
    const { username } = before
    const due = dueStepOf(removesFactors ? { ...before, factors: null } : before, requirement)
    const session = this.#begin({ username, proof: byPassword }, life, caller)
    const options = {
      ...{ window: windowNow(), ifLinkTag: tag },
      ...(removesFactors ? ({ factors: { removeAll: "all" } } as const) : {}),
      ...(due === null ? { successor: session } : {}),
    }
    const reset = await store.users.reset(username, { passwordHash }, options)
    if (typeof reset === "string") return null
    const { user, ended } = reset
    const fields = { ...callerFields(caller), user: username }
    const started = due === null ? { session: session.sid } : {}
    audit("link.used", { ...fields, ...started, reason: kind })
    if (removesFactors) audit("mfa.reset", { ...fields, reason: "link" })
    auditEnded(ended, { ...fields, reason: "password_set" }, audit)
    if (due === null) return this.#started(session, user)
    return { user, due, attempt: { username, address: caller.address, device: null } }
  }

  /** How the user of a session logged in: its successor has shown the same factor. */
  async #proofOf(sid: string | null): Promise<LoginProof> {
    const found = sid === null ? null : await this.#parts.store.sessions.find(sid)
    if (found === null) return byPassword
    const { amr, factorAt } = found.session
    return { amr, factorAt }
  }

  /** A session of a user who logged in just now, or who logged in to its predecessor. */
  #begin({ username, proof, predecessor }: Beginning, life: SessionLife, caller: Caller): Session {
    const window = this.#parts.windowNow()
    const { startedAt = window.at, expiresAt: endsBy } = predecessor ?? {}
    const named = { sid: randomName(), username, startedAt, ...proof }
    const ends = endsBy === undefined ? {} : { endsBy }
    return newSession(named, caller, { ...window, life, ...ends })
  }

  #started(session: Session, user: User): StartedLogin {
    const device = randomKey(deviceNameBytes)
    // A reset in this second refuses device tokens that were issued before the next second.
    const issuedAt = Math.max(session.lastUsedAt, user.tokensNotBefore)
    const key = this.#parts.keys.refreshKey()
    return {
      session,
      user,
      deviceToken: writeDeviceToken({ device, issuedAt }, user.username, key),
    }
  }
}

function isOtherUser(refused: RefusedReset): refused is Exclude<RefusedReset, RefusedFactor> {
  return ["unknown", "other_hash", "other_link", "disabled"].includes(refused)
}
