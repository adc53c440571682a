// How sessions start: by a login, or by a change of the password. The caller gives the client
// tokens for the session (sessions.ts) or a cookie (browser/cookie_sessions.ts).

import type { Caller } from "../domain/caller.ts"
import type { Session, SessionLife } from "../domain/session.ts"
import type { LinkKind, User } from "../domain/user.ts"
import { AuthError } from "../errors.ts"
import { randomKey, randomName } from "../system/random.ts"
import { auditEnded, callerFields } from "../telemetry/audit.ts"
import { deviceNameBytes, writeDeviceToken } from "../token/device_token.ts"
import type { Accounts } from "./accounts.ts"
import type { Principal } from "./authenticate.ts"
import { changedMeanwhile, checksMax, type LoginCredentials } from "./credential_check.ts"
import { type EndParts, endSession } from "./end_session.ts"
import { newSession, type SessionSettings } from "./session_tokens.ts"

/** A session that started, and its user. */
export interface StartedLogin {
  readonly session: Session
  readonly user: User
  /** Sent with the next login, it shows that this client has logged in before. */
  readonly deviceToken: string
}

/** What starting works with. */
export interface SessionStartParts extends EndParts {
  readonly accounts: Accounts
  readonly settings: Pick<SessionSettings, "perUserMax">
  readonly refreshKey: () => Uint8Array
}

/** Passwords as somebody typed them. */
export interface PasswordChange {
  readonly current: string
  readonly next: string
}

/** A link, and the hash of the password that its user chose. */
export interface UsedLink {
  readonly username: string
  readonly kind: LinkKind
  readonly tag: string
  readonly passwordHash: string
}

/** Starts sessions. */
export class SessionStart {
  readonly #parts: SessionStartParts

  constructor(parts: SessionStartParts) {
    this.#parts = parts
  }

  /**
   * Checks a name and a password and starts a session.
   * @throws AuthError `invalid_credentials`, one for all causes, and `too_many_requests`
   * @throws Unavailable when too many log in
   */
  async logIn(
    credentials: LoginCredentials,
    life: SessionLife,
    caller: Caller,
  ): Promise<StartedLogin> {
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
      const session = this.#begin(username, life, caller)
      const options = { ifPasswordHash, sessionsMax: settings.perUserMax, window: windowNow() }
      const started = await store.sessions.start(session, options)
      // Null: the user was changed since the check, so the password is checked again.
      if (started === null) continue
      const fields = { ...callerFields(caller), user: username }
      audit("login.succeeded", { ...fields, session: session.sid })
      auditEnded(started.ended, { ...fields, reason: "too_many" }, audit)
      return this.#started(session, started.user)
    }
    throw changedMeanwhile()
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
    const session = this.#begin(username, life, caller)
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
   * Sets the password of a link's user, ends all their sessions and starts another one. Null when
   * the link is not good any more.
   */
  async useLink(
    { username, kind, tag, passwordHash }: UsedLink,
    life: SessionLife,
    caller: Caller,
  ): Promise<StartedLogin | null> {
    const { store, audit, windowNow } = this.#parts
    const successor = this.#begin(username, life, caller)
    const options = { window: windowNow(), ifLinkTag: tag, successor }
    const reset = await store.users.reset(username, { passwordHash }, options)
    if (typeof reset === "string") return null
    const fields = { ...callerFields(caller), user: username }
    audit("link.used", { ...fields, session: successor.sid, reason: kind })
    auditEnded(reset.ended, { ...fields, reason: "password_set" }, audit)
    return this.#started(successor, reset.user)
  }

  /** A session of a user whose password was checked just now. */
  #begin(username: string, life: SessionLife, caller: Caller): Session {
    const window = this.#parts.windowNow()
    const named = { sid: randomName(), username, startedAt: window.at }
    return newSession(named, caller, { ...window, life })
  }

  #started(session: Session, user: User): StartedLogin {
    const device = randomKey(deviceNameBytes)
    // A reset in this second refuses device tokens that were issued before the next second.
    const issuedAt = Math.max(session.startedAt, user.tokensNotBefore)
    const key = this.#parts.refreshKey()
    return {
      session,
      user,
      deviceToken: writeDeviceToken({ device, issuedAt }, user.username, key),
    }
  }
}
