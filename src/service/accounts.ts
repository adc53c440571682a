// What an operator can do with users: create, list, change and delete them. The command line and
// the control socket call this. It also checks and changes passwords for sessions.ts.

import { type FactorState, factorStateOf } from "../domain/factor_requirement.ts"
import type { User, UserChange, UserReset } from "../domain/user.ts"
import { canonicalUsername, quotedName } from "../domain/username.ts"
import { AuthError, Unavailable } from "../errors.ts"
import type { RevocationWindow } from "../store/store.ts"
import type { CreationOutcome } from "../store/user_transfer.ts"
import { type Audit, type AuditFields, auditEnded } from "../telemetry/audit.ts"
import {
  type CreateUserParts,
  createUser,
  makeUserRecord,
  requireChoosable,
  requireName,
  unknownUser,
} from "./create_user.ts"
import {
  type CredentialCheck,
  type CredentialCheckParts,
  type Credentials,
  createCredentialCheck,
} from "./credential_check.ts"
import { loginLimits, mfaLimits } from "./limits.ts"
import { type LoginAttempt, operator } from "./login_attempt.ts"
import type { LoginGuard } from "./login_guard.ts"
import { type ChangePassword, createChangePassword } from "./password_change.ts"
import { refusedChange, requireClaim, requireRole } from "./user_rights.ts"

/** A user without the password hash, the tag of a link, and the second factors. */
export type UserSummary = Omit<User, "passwordHash" | "link" | "factors">

/** A user, and whether strangers are locked out after too many failed logins. */
export interface ListedUser extends UserSummary {
  readonly isLocked: boolean
  /** Whether the user was invited, and has not set a password yet. */
  readonly isInvited: boolean
  readonly factorState: FactorState
}

/** What the use cases work with. */
export interface AccountParts extends CreateUserParts, CredentialCheckParts {
  readonly audit: Audit
  /** The times that decide how a session ends now. */
  readonly windowNow: () => RevocationWindow
}

/**
 * The use cases. Each takes a username as somebody typed it. Each throws AuthError
 * `invalid_request` for an invalid username, and `not_found` for an unknown one.
 */
export class Accounts {
  readonly #parts: AccountParts
  /** Checks a password. Gives its user, or null. Both take the same time. */
  readonly check: CredentialCheck
  /** Sets a password for a user who knows the current one. */
  readonly changePassword: ChangePassword

  constructor(parts: AccountParts) {
    this.#parts = parts
    this.check = createCredentialCheck(parts)
    this.changePassword = createChangePassword({ ...parts, check: this.check })
  }

  /** @throws AuthError `password_blocked`, `username_taken` */
  async create({ username: typed, password }: Credentials): Promise<UserSummary> {
    const username = requireName(typed)
    await requireChoosable({ username, password })
    const user = await createUser({ username, password }, { ...this.#parts, asker: operator })
    this.#parts.audit("user.added", { user: username })
    return summary(user)
  }

  /** All users, ordered by name. */
  async list(): Promise<readonly ListedUser[]> {
    const { store, guard, requirement } = this.#parts
    const failuresMax = mfaLimits.failuresOfAccount.inARow
    const users = await store.users.list()
    return Promise.all(
      users.map(async (user) => ({
        ...summary(user),
        isLocked: await guard.isLocked(user.username),
        isInvited: user.link?.kind === "invite",
        factorState: factorStateOf(user, { requirement, failuresMax }),
      })),
    )
  }

  /** The user of a name, or null. */
  async find(typed: string): Promise<UserSummary | null> {
    const username = canonicalUsername(typed)
    const user = username === null ? null : await this.#parts.store.users.find(username)
    return user === null ? null : summary(user)
  }

  /**
   * Sets a password, ends the user's sessions, and unlocks. @throws AuthError `password_blocked`
   */
  async setPassword({ username: typed, password }: Credentials): Promise<UserSummary> {
    const { hasher } = this.#parts
    const username = await this.#requireUser(typed)
    await requireChoosable({ username, password })
    const passwordHash = await hasher.hash(password, operator)
    const user = await this.#reset(username, { passwordHash }, "password_set")
    await this.forgetFailures(username, "password_set")
    return user
  }

  /** Forgets the failed logins of a user who has a new password. The username is canonical. */
  async forgetFailures(username: string, reason: string): Promise<void> {
    const { guard, audit } = this.#parts
    if (await guard.unlock(username)) audit("user.unlocked", { user: username, reason })
  }

  /** Forgets the failures of a login that is complete only now, by its second factor. */
  async completeLogin(attempt: LoginAttempt, fields: AuditFields): Promise<void> {
    try {
      await this.#parts.guard.complete(attempt, fields)
    } catch (error) {
      // The session has started, and its code is used up. The next login forgets the failures.
      if (!(error instanceof Unavailable)) throw error
    }
  }

  /** Keeps a user from logging in, and ends the sessions. */
  disable(typed: string): Promise<UserSummary> {
    return this.#reset(typed, { disabled: true }, "disabled")
  }

  /** Lets a user log in again. */
  enable(typed: string): Promise<UserSummary> {
    return this.#change(typed, { disabled: false }, "enabled")
  }

  /** How many users strangers are locked out of. */
  countLocked(): Promise<number> {
    const { inARow } = loginLimits.failuresOfStrangers
    return this.#parts.store.failures.countFull(inARow)
  }

  /** How many have to wait now because of wrong passwords. */
  waiting(): ReturnType<LoginGuard["waiting"]> {
    return this.#parts.guard.waiting()
  }

  /** Ends all sessions of a user. */
  logOut(typed: string): Promise<UserSummary> {
    return this.#reset(typed, {}, "logged_out")
  }

  /**
   * Ends all sessions of all users, and voids all tokens given before. Gives how many there were.
   */
  async logOutAll(): Promise<{ readonly users: number; readonly sessions: number }> {
    const { store, audit, windowNow } = this.#parts
    const done = await store.users.reviveAll(windowNow())
    audit("store.revived", { count: done.sessions })
    return done
  }

  /** Ends one session, and gives its user. @throws AuthError `not_found` */
  async endSession(sid: string): Promise<{ readonly username: string }> {
    const { store, audit, windowNow } = this.#parts
    const ended = await store.sessions.end(sid, { window: windowNow() })
    if (ended === null) throw new AuthError("not_found", "There is no such session")
    auditEnded([ended], { reason: "operator" }, audit)
    return { username: ended.username }
  }

  /** Unlocks a user: forgets all failed logins, and all wrong codes. */
  async unlock(typed: string): Promise<void> {
    const username = await this.#requireUser(typed)
    await this.#parts.guard.unlock(username)
    // Refused for a user without factors, who has no wrong codes.
    await this.#parts.store.users.change(username, { factors: { forgetFailures: true } })
    this.#parts.audit("user.unlocked", { user: username, reason: "operator" })
  }

  /** Deletes a user and ends the sessions. The name stays reserved. */
  async delete(typed: string): Promise<void> {
    const { store, audit, windowNow } = this.#parts
    const username = requireName(typed)
    const deleted = await store.users.delete(username, windowNow())
    if (deleted === null) throw unknownUser(username)
    audit("user.deleted", { user: username })
    auditEnded(deleted.ended, { reason: "deleted" }, audit)
  }

  /** Frees the name of a deleted user. */
  async release(typed: string): Promise<void> {
    const { store, audit } = this.#parts
    const username = requireName(typed)
    if (!(await store.users.release(username))) {
      throw new AuthError("not_found", `The name ${quotedName(username)} is not reserved`)
    }
    audit("user.released", { user: username })
  }

  /** Gives a user a role. @throws AuthError `invalid_request` */
  async addRole(typed: string, role: string): Promise<UserSummary> {
    return this.#change(typed, { addRole: requireRole(role) }, "role_added")
  }

  /** Removes a role from a user. */
  removeRole(typed: string, role: string): Promise<UserSummary> {
    return this.#change(typed, { removeRole: role }, "role_removed")
  }

  /** Sets a claim in a user's tokens. @throws AuthError `invalid_request` */
  async setClaim(typed: string, name: string, value: unknown): Promise<UserSummary> {
    return this.#change(typed, { setClaim: requireClaim({ name, value }) }, "claim_set")
  }

  /** Removes a claim from a user's tokens. */
  removeClaim(typed: string, name: string): Promise<UserSummary> {
    return this.#change(typed, { unsetClaim: name }, "claim_removed")
  }

  /**
   * Adds the first users to a store that never had one. The passwords are not checked.
   * @returns false when the store ever had a user; then nothing is added
   */
  async seed(users: readonly Credentials[]): Promise<boolean> {
    const { store, audit } = this.#parts
    // The store decides below. This check saves most starts the hashing.
    if ((await store.users.count()) > 0) return false
    const asking = { ...this.#parts, asker: operator }
    const made: User[] = []
    for (const { username, password } of users) {
      made.push(await makeUserRecord({ username: requireName(username), password }, asking))
    }
    if ((await store.users.seed(made)) === "in_use") return false
    for (const { username } of made) audit("user.seeded", { user: username })
    return true
  }

  /**
   * Creates users who come from elsewhere, or only says what would become of them. Their passwords
   * are not checked: they have them already.
   */
  async createAll(
    users: readonly User[],
    options: { readonly isTrial: boolean },
  ): Promise<readonly CreationOutcome[]> {
    const { store, audit } = this.#parts
    const outcomes = await store.users.createAll(users, options)
    const count = outcomes.filter((outcome) => outcome === "created").length
    if (count > 0 && !options.isTrial) audit("user.imported", { count })
    return outcomes
  }

  /** All users with their password hashes, in slices. */
  slices(): AsyncIterable<readonly User[]> {
    return this.#parts.store.users.slices()
  }

  async #change(typed: string, change: UserChange, reason: string): Promise<UserSummary> {
    const { store, audit } = this.#parts
    const username = requireName(typed)
    const changed = await store.users.change(username, change)
    if (changed === "unknown") throw unknownUser(username)
    if (typeof changed === "string") throw refusedChange(changed, change, username)
    audit("user.changed", { user: username, reason })
    return summary(changed)
  }

  /** Changes a user and makes all earlier tokens of the user invalid. */
  async #reset(typed: string, reset: UserReset, reason: string): Promise<UserSummary> {
    const { store, audit, windowNow } = this.#parts
    const username = requireName(typed)
    const outcome = await store.users.reset(username, reset, { window: windowNow() })
    if (typeof outcome === "string") throw unknownUser(username)
    audit("user.changed", { user: username, reason })
    auditEnded(outcome.ended, { reason }, audit)
    return summary(outcome.user)
  }

  async #requireUser(typed: string): Promise<string> {
    const username = requireName(typed)
    if ((await this.#parts.store.users.find(username)) === null) throw unknownUser(username)
    return username
  }
}

function summary(user: User): UserSummary {
  const { passwordHash: _hash, link: _link, factors: _factors, ...rest } = user
  return rest
}
