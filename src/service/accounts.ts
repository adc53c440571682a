// The use cases around users: add, list, change, check a password. No HTTP and no files; the
// command line, the control socket and the sessions all come through here.

import { canonicalUsername, quotedName } from "../domain/username.ts"
import { AuthError } from "../errors.ts"
import type { Ending, User, UserChange } from "../store/store.ts"
import { type Audit, auditEnded } from "../telemetry/audit.ts"
import {
  type CredentialCheck,
  type CredentialCheckParts,
  type Credentials,
  createCredentialCheck,
} from "./credential_check.ts"
import { operator } from "./login_attempt.ts"
import { addUser, type NewUserParts, newUser, requireChoosable, requireName } from "./new_user.ts"
import { type ChangePassword, createChangePassword } from "./password_change.ts"
import { refusingBefore } from "./tokens_not_before.ts"
import { withClaim, withoutClaim, withoutRole, withRole } from "./user_rights.ts"

/** What may be told about a user: all but the hash. */
export type UserSummary = Omit<User, "passwordHash">

/** The same, and whether strangers guessed so often that they are kept out. */
export interface ListedUser extends UserSummary {
  readonly isLocked: boolean
}

/** The use cases. Those that name a user throw AuthError `not_found` when there is none. */
export interface Accounts {
  /**
   * @throws AuthError `invalid_request` and `password_blocked` for a name or password that won't
   *   do, `username_taken`
   */
  add(credentials: Credentials): Promise<UserSummary>
  list(): Promise<readonly ListedUser[]>
  /** The user of a name as somebody typed it, or null. */
  find(typed: string): Promise<UserSummary | null>
  /** Sets a password, ends the user's sessions, and unlocks. */
  setPassword(credentials: Credentials): Promise<UserSummary>
  /** Sets a password for who knows the current one. */
  readonly changePassword: ChangePassword
  /** Keeps a user from logging in, and ends the sessions. */
  disable(username: string): Promise<UserSummary>
  enable(username: string): Promise<UserSummary>
  /** Ends all sessions of a user. */
  logOut(username: string): Promise<UserSummary>
  /** Lets everybody try the user's password again. */
  unlock(username: string): Promise<void>
  /** Removes a user for good, and its sessions; the name stays reserved. */
  remove(username: string): Promise<void>
  /** Lets the name of a user who was removed be given again. */
  release(username: string): Promise<void>
  /** @throws AuthError `invalid_request` */
  addRole(username: string, role: string): Promise<UserSummary>
  removeRole(username: string, role: string): Promise<UserSummary>
  /** Gives a user's tokens a claim. @throws AuthError `invalid_request` */
  setClaim(username: string, name: string, value: unknown): Promise<UserSummary>
  removeClaim(username: string, name: string): Promise<UserSummary>
  /**
   * Fills a store that never had a user. Passwords are taken as they are.
   * @returns false when the store was in use, and nothing was done
   */
  seed(users: readonly Credentials[]): Promise<boolean>
  /** The user whose password this is and who may log in, or null; both take the same time. */
  readonly check: CredentialCheck
}

/** What the use cases work with. */
export interface AccountParts extends NewUserParts, CredentialCheckParts {
  readonly audit: Audit
  /** How sessions end now. */
  readonly endingNow: () => Ending
}

/** Makes the use cases. */
export function createAccounts(parts: AccountParts): Accounts {
  const { store, hasher, audit, guard } = parts
  const check = createCredentialCheck(parts)
  const reset = (typed: string, changes: UserChange, reason: string) =>
    resetUser(requireName(typed), { changes, reason }, parts)
  const change = (typed: string, changing: (user: User) => UserChange, reason: string) =>
    changeUser(requireName(typed), { changing, reason }, parts)
  return {
    add: (credentials) => add(credentials, parts),
    list: () => list(parts),

    async find(typed) {
      const username = canonicalUsername(typed)
      const user = username === null ? null : await store.findUser(username)
      return user === null ? null : summary(user)
    },

    async setPassword({ username: typed, password }) {
      const username = requireName(typed)
      if ((await store.findUser(username)) === null) throw unknownUser(username)
      await requireChoosable({ username, password })
      const passwordHash = await hasher.hash(password, operator)
      const user = await reset(username, { passwordHash }, "password_set")
      if (await guard.unlock(username)) {
        audit("user.unlocked", { user: username, reason: "password_set" })
      }
      return user
    },

    changePassword: createChangePassword({ ...parts, check }),
    disable: async (typed) => reset(typed, { disabled: true }, "disabled"),
    enable: async (typed) => change(typed, () => ({ disabled: false }), "enabled"),
    logOut: async (typed) => reset(typed, {}, "logged_out"),
    unlock: (typed) => unlock(typed, parts),
    remove: (typed) => removeUser(typed, parts),
    release: (typed) => releaseName(typed, parts),
    addRole: async (typed, role) => change(typed, (user) => withRole(user, role), "role_added"),
    removeRole: async (typed, role) =>
      change(typed, (user) => withoutRole(user, role), "role_removed"),
    setClaim: async (typed, name, value) =>
      change(typed, (user) => withClaim(user, name, value), "claim_set"),
    removeClaim: async (typed, name) =>
      change(typed, (user) => withoutClaim(user, name), "claim_removed"),
    seed: (users) => seedUsers(users, parts),
    check,
  }
}

async function add(
  { username: typed, password }: Credentials,
  parts: AccountParts,
): Promise<UserSummary> {
  const username = requireName(typed)
  await requireChoosable({ username, password })
  const user = await addUser({ username, password }, { ...parts, asker: operator })
  parts.audit("user.added", { user: username })
  return summary(user)
}

async function list({ store, guard }: AccountParts): Promise<readonly ListedUser[]> {
  const users = await store.listUsers()
  const locked = users.map(({ username }) => guard.isLocked(username))
  const isLockedByIndex = await Promise.all(locked)
  return users.map((user, at) => ({ ...summary(user), isLocked: isLockedByIndex[at] === true }))
}

async function seedUsers(users: readonly Credentials[], parts: AccountParts): Promise<boolean> {
  const { store, audit } = parts
  // The store decides, but most starts need not hash anything to know.
  if ((await store.countUsers()) > 0) return false
  const asking = { ...parts, asker: operator }
  const made: User[] = []
  for (const { username, password } of users) {
    made.push(await newUser({ username: requireName(username), password }, asking))
  }
  if ((await store.seedUsers(made)) === "in_use") return false
  for (const { username } of made) audit("user.seeded", { user: username })
  return true
}

async function changeUser(
  username: string,
  { changing, reason }: { changing: (user: User) => UserChange; reason: string },
  { store, audit }: AccountParts,
): Promise<UserSummary> {
  const changed = await store.changeUser(username, changing)
  if (changed === null) throw unknownUser(username)
  audit("user.changed", { user: username, reason })
  return summary(changed)
}

/** A change after which nothing that was given to the user before holds. */
async function resetUser(
  username: string,
  { changes, reason }: { changes: UserChange; reason: string },
  { store, audit, endingNow }: AccountParts,
): Promise<UserSummary> {
  const ending = endingNow()
  const changing = (user: User) => ({ ...changes, ...refusingBefore(user, ending.at) })
  const outcome = await store.resetUser(username, changing, { ending })
  if (outcome === null) throw unknownUser(username)
  audit("user.changed", { user: username, reason })
  auditEnded(outcome.ended, { reason }, audit)
  return summary(outcome.user)
}

async function removeUser(typed: string, parts: AccountParts): Promise<void> {
  const { store, audit, endingNow } = parts
  const username = requireName(typed)
  const outcome = await store.deleteUser(username, endingNow())
  if (outcome === null) throw unknownUser(username)
  audit("user.deleted", { user: username })
  auditEnded(outcome.ended, { reason: "deleted" }, audit)
}

async function unlock(typed: string, parts: AccountParts): Promise<void> {
  const username = requireName(typed)
  if ((await parts.store.findUser(username)) === null) throw unknownUser(username)
  await parts.guard.unlock(username)
  parts.audit("user.unlocked", { user: username, reason: "operator" })
}

async function releaseName(typed: string, { store, audit }: AccountParts): Promise<void> {
  const username = requireName(typed)
  if (!(await store.releaseName(username))) {
    throw new AuthError("not_found", `The name ${quotedName(username)} is not reserved`)
  }
  audit("user.released", { user: username })
}

function unknownUser(username: string): AuthError {
  return new AuthError("not_found", `There is no user ${quotedName(username)}`)
}

function summary({ passwordHash: _, ...rest }: User): UserSummary {
  return rest
}
