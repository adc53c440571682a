// What an operator can do with users: create, list, change and delete them. The command line and
// the control socket call this. It also checks and changes passwords for sessions.ts.

import type { Caller } from "../domain/caller.ts"
import type { User } from "../domain/user.ts"
import { hasVersion } from "../domain/user_condition.ts"
import { canonicalUsername, quotedName } from "../domain/username.ts"
import { AuthError, Unavailable } from "../errors.ts"
import type { RevocationWindow } from "../store/store.ts"
import type { PageQuestion } from "../store/user_pages.ts"
import type { CreationOutcome } from "../store/user_transfer.ts"
import { type Audit, type AuditFields, auditEnded } from "../telemetry/audit.ts"
import {
  type Act,
  byOperator,
  changedSinceSeen,
  isRefusedCondition,
  refusedCondition,
} from "./act.ts"
import {
  type CreateUserParts,
  createUser,
  requireChoosable,
  requireName,
  seedUsers,
  unknownUser,
} from "./create_user.ts"
import {
  type CheckedUser,
  type CredentialCheckParts,
  type Credentials,
  checkLogin,
  type LoginCredentials,
} from "./credential_check.ts"
import { loginLimits } from "./limits.ts"
import type { LoginAttempt } from "./login_attempt.ts"
import type { LoginGuard } from "./login_guard.ts"
import { type ChangePassword, createChangePassword } from "./password_change.ts"
import { changeUserBy, resetUserBy } from "./user_changes.ts"
import { requireClaim, requireRole } from "./user_rights.ts"
import {
  type ListedPage,
  type ListedUser,
  listUsers,
  pageOfUsers,
  readLock,
  type UserLock,
  type UserView,
  viewOf,
} from "./user_view.ts"

interface AccountParts extends CreateUserParts, CredentialCheckParts {
  readonly audit: Audit
  /** The times that decide how a session ends now. */
  readonly windowNow: () => RevocationWindow
}

/**
 * The use cases. Each takes a username as somebody typed it. Each throws AuthError
 * `invalid_request` for an invalid username, and `not_found` for an unknown one. Changes are the
 * operator's unless an act says otherwise, and throw what its conditions refuse (act.ts).
 */
export class Accounts {
  readonly #parts: AccountParts
  /** Sets a password for a user who knows the current one. */
  readonly changePassword: ChangePassword

  constructor(parts: AccountParts) {
    this.#parts = parts
    this.changePassword = createChangePassword(parts)
  }

  /** Checks a login. Gives its user, or null. Both take the same time. */
  check(credentials: LoginCredentials, caller: Caller): Promise<CheckedUser | null> {
    return checkLogin(credentials, caller, this.#parts)
  }

  /** @throws AuthError `password_blocked`, `username_taken` */
  async create(
    { username: typed, password }: Credentials,
    { asker, fields }: Act = byOperator,
  ): Promise<UserView> {
    const username = requireName(typed)
    await requireChoosable({ username, password })
    const user = await createUser({ username, password }, { ...this.#parts, asker })
    this.#parts.audit("user.added", { ...fields, user: username })
    // As the store has it: under a released name it is another record.
    return (await this.find(username)) ?? viewOf(user)
  }

  /** All users, ordered by name. */
  list(): Promise<readonly ListedUser[]> {
    return listUsers(this.#parts)
  }

  /** A page of users, ordered by name. */
  page(question: PageQuestion): Promise<ListedPage> {
    return pageOfUsers(question, this.#parts)
  }

  /** What wrong passwords and codes have done to a user. */
  readLock(typed: string): Promise<UserLock> {
    return readLock(typed, this.#parts)
  }

  /** The user of a name, or null. */
  async find(typed: string): Promise<UserView | null> {
    const username = canonicalUsername(typed)
    const user = username === null ? null : await this.#parts.store.users.find(username)
    return user === null ? null : viewOf(user)
  }

  /**
   * Sets a password, ends the user's sessions, and unlocks. @throws AuthError `password_blocked`
   */
  async setPassword(
    { username: typed, password }: Credentials,
    act: Act = byOperator,
  ): Promise<UserView> {
    const { hasher } = this.#parts
    const username = await this.#requireUser(typed, act)
    await requireChoosable({ username, password })
    const passwordHash = await hasher.hash(password, act.asker)
    const reset = { typed: username, reset: { passwordHash }, reason: "password_set" }
    const user = await resetUserBy(reset, act, this.#parts)
    await this.forgetFailures(username, act.fields)
    return user
  }

  /** Forgets the failed logins of a user who has a new password. The username is canonical. */
  async forgetFailures(username: string, fields: AuditFields = {}): Promise<void> {
    const { guard, audit } = this.#parts
    const unlocked = { ...fields, user: username, reason: "password_set" }
    if (await guard.unlock(username)) audit("user.unlocked", unlocked)
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
  disable(typed: string, act: Act = byOperator): Promise<UserView> {
    return resetUserBy({ typed, reset: { disabled: true }, reason: "disabled" }, act, this.#parts)
  }

  /** Lets a user log in again. */
  enable(typed: string, act: Act = byOperator): Promise<UserView> {
    return changeUserBy({ typed, change: { disabled: false }, reason: "enabled" }, act, this.#parts)
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
  logOut(typed: string, act: Act = byOperator): Promise<UserView> {
    return resetUserBy({ typed, reset: {}, reason: "logged_out" }, act, this.#parts)
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
  async endSession(
    sid: string,
    { fields }: Act = byOperator,
  ): Promise<{ readonly username: string }> {
    const { store, audit, windowNow } = this.#parts
    const ended = await store.sessions.end(sid, { window: windowNow() })
    if (ended === null) throw new AuthError("not_found", "There is no such session")
    auditEnded([ended], { ...fields, reason: "operator" }, audit)
    return { username: ended.username }
  }

  /** Unlocks a user: forgets all failed logins, and all wrong codes. */
  async unlock(typed: string, { condition, fields }: Act = byOperator): Promise<UserView> {
    const { store, guard, audit } = this.#parts
    const username = requireName(typed)
    // Refused for a user without factors, who has no wrong codes.
    const change = { factors: { forgetFailures: true } } as const
    const outcome = await store.users.change(username, change, condition)
    if (outcome === "unknown") throw unknownUser(username)
    if (typeof outcome === "string" && isRefusedCondition(outcome)) throw refusedCondition(outcome)
    await guard.unlock(username)
    audit("user.unlocked", { ...fields, user: username, reason: "operator" })
    const user = await this.find(username)
    if (user === null) throw unknownUser(username)
    return user
  }

  /** Deletes a user and ends the sessions. The name stays reserved. */
  async delete(typed: string, { condition, fields }: Act = byOperator): Promise<void> {
    const { store, audit, windowNow } = this.#parts
    const username = requireName(typed)
    const deleted = await store.users.delete(username, windowNow(), condition)
    if (deleted === null) throw unknownUser(username)
    if (typeof deleted === "string") throw refusedCondition(deleted)
    audit("user.deleted", { ...fields, user: username })
    auditEnded(deleted.ended, { ...fields, reason: "deleted" }, audit)
  }

  /** Frees the name of a deleted user. */
  async release(typed: string, { fields }: Act = byOperator): Promise<void> {
    const { store, audit } = this.#parts
    const username = requireName(typed)
    if (!(await store.users.release(username))) {
      throw new AuthError("not_found", `The name ${quotedName(username)} is not reserved`)
    }
    audit("user.released", { ...fields, user: username })
  }

  /** Gives a user a role. @throws AuthError `invalid_request` */
  async addRole(typed: string, role: string, act: Act = byOperator): Promise<UserView> {
    const change = { addRole: requireRole(role) }
    return changeUserBy({ typed, change, reason: "role_added" }, act, this.#parts)
  }

  /** Removes a role from a user. */
  removeRole(typed: string, role: string, act: Act = byOperator): Promise<UserView> {
    const change = { removeRole: role }
    return changeUserBy({ typed, change, reason: "role_removed" }, act, this.#parts)
  }

  /** Sets a claim in a user's tokens. @throws AuthError `invalid_request` */
  async setClaim(
    typed: string,
    name: string,
    value: unknown,
    act: Act = byOperator,
  ): Promise<UserView> {
    const change = { setClaim: requireClaim({ name, value }) }
    return changeUserBy({ typed, change, reason: "claim_set" }, act, this.#parts)
  }

  /** Removes a claim from a user's tokens. */
  removeClaim(typed: string, name: string, act: Act = byOperator): Promise<UserView> {
    const change = { unsetClaim: name }
    return changeUserBy({ typed, change, reason: "claim_removed" }, act, this.#parts)
  }

  /**
   * Adds the first users to a store that never had one. The passwords are not checked.
   * @returns false when the store ever had a user; then nothing is added
   */
  seed(users: readonly Credentials[]): Promise<boolean> {
    return seedUsers(users, this.#parts)
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

  async #requireUser(typed: string, { condition }: Act): Promise<string> {
    const username = requireName(typed)
    const user = await this.#parts.store.users.find(username)
    if (user === null) throw unknownUser(username)
    if (!hasVersion(user, condition)) throw changedSinceSeen()
    return username
  }
}
