// The use cases of operators around users: create, list, change, delete, and check a password. The
// command line and the control socket come through here.

import type { User, UserChange, UserReset } from "../domain/user.ts"
import { canonicalUsername, quotedName } from "../domain/username.ts"
import { AuthError } from "../errors.ts"
import type { RevocationWindow } from "../store/store.ts"
import { type Audit, auditEnded } from "../telemetry/audit.ts"
import {
  type CredentialCheck,
  type CredentialCheckParts,
  type Credentials,
  createCredentialCheck,
} from "./credential_check.ts"
import { operator } from "./login_attempt.ts"
import {
  createUser,
  type NewUserParts,
  newUser,
  requireChoosable,
  requireName,
} from "./new_user.ts"
import { type ChangePassword, createChangePassword } from "./password_change.ts"
import { refusedChange, requireClaim, requireRole } from "./user_rights.ts"

/** What may be told about a user: all but the hash. */
export type UserSummary = Omit<User, "passwordHash">

/** The same, and whether strangers guessed so often that they are kept out. */
export interface ListedUser extends UserSummary {
  readonly isLocked: boolean
}

/** What the use cases work with. */
export interface AccountParts extends NewUserParts, CredentialCheckParts {
  readonly audit: Audit
  /** How sessions end now. */
  readonly windowNow: () => RevocationWindow
}

/**
 * The use cases. Each takes a name as somebody typed it, and throws AuthError `invalid_request`
 * when it can't be a name, and `not_found` when no user has it.
 */
export class Accounts {
  readonly #parts: AccountParts
  /** The user whose password this is and who may log in, or null; both take the same time. */
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
    const { store, guard } = this.#parts
    const users = await store.users.list()
    return Promise.all(
      users.map(async (user) => ({
        ...summary(user),
        isLocked: await guard.isLocked(user.username),
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
    const { hasher, audit } = this.#parts
    const username = await this.#requireUser(typed)
    await requireChoosable({ username, password })
    const passwordHash = await hasher.hash(password, operator)
    const user = await this.#reset(username, { passwordHash }, "password_set")
    if (await this.#parts.guard.unlock(username)) {
      audit("user.unlocked", { user: username, reason: "password_set" })
    }
    return user
  }

  /** Keeps a user from logging in, and ends the sessions. */
  disable(typed: string): Promise<UserSummary> {
    return this.#reset(typed, { disabled: true }, "disabled")
  }

  /** Lets a user log in again. */
  enable(typed: string): Promise<UserSummary> {
    return this.#change(typed, { disabled: false }, "enabled")
  }

  /** Ends all sessions of a user. */
  logOut(typed: string): Promise<UserSummary> {
    return this.#reset(typed, {}, "logged_out")
  }

  /** Lets everybody try the user's password again. */
  async unlock(typed: string): Promise<void> {
    const username = await this.#requireUser(typed)
    await this.#parts.guard.unlock(username)
    this.#parts.audit("user.unlocked", { user: username, reason: "operator" })
  }

  /** Deletes a user for good, and ends the sessions; the name stays reserved. */
  async delete(typed: string): Promise<void> {
    const { store, audit, windowNow } = this.#parts
    const username = requireName(typed)
    const deleted = await store.users.delete(username, windowNow())
    if (deleted === null) throw unknownUser(username)
    audit("user.deleted", { user: username })
    auditEnded(deleted.ended, { reason: "deleted" }, audit)
  }

  /** Makes the name of a deleted user free. */
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

  /** Takes a role from a user. */
  removeRole(typed: string, role: string): Promise<UserSummary> {
    return this.#change(typed, { removeRole: role }, "role_removed")
  }

  /** Gives a user's tokens a claim. @throws AuthError `invalid_request` */
  async setClaim(typed: string, name: string, value: unknown): Promise<UserSummary> {
    return this.#change(typed, { setClaim: requireClaim({ name, value }) }, "claim_set")
  }

  /** Takes a claim from a user's tokens. */
  removeClaim(typed: string, name: string): Promise<UserSummary> {
    return this.#change(typed, { unsetClaim: name }, "claim_removed")
  }

  /**
   * Fills a store that never had a user. Passwords are taken as they are.
   * @returns false when the store was in use, and nothing was done
   */
  async seed(users: readonly Credentials[]): Promise<boolean> {
    const { store, audit } = this.#parts
    // The store decides, but most starts need not hash anything to know.
    if ((await store.users.count()) > 0) return false
    const asking = { ...this.#parts, asker: operator }
    const made: User[] = []
    for (const { username, password } of users) {
      made.push(await newUser({ username: requireName(username), password }, asking))
    }
    if ((await store.users.seed(made)) === "in_use") return false
    for (const { username } of made) audit("user.seeded", { user: username })
    return true
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

  /** A change after which no token given to the user before is valid. */
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

function unknownUser(username: string): AuthError {
  return new AuthError("not_found", `There is no user ${quotedName(username)}`)
}

function summary({ passwordHash: _, ...rest }: User): UserSummary {
  return rest
}
