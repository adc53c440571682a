// The use cases around users: add, list, change, check a password. No HTTP and no files; the
// command line, the control socket and the sessions all come through here.

import { type Audit, auditEnded } from "../audit.ts"
import type { Clock } from "../clock.ts"
import { AuthError } from "../errors.ts"
import type { PasswordHasher } from "../password/hash.ts"
import { refusePassword } from "../password/policy.ts"
import type { Session } from "../store/session.ts"
import type { Ending, Store, User, UserChange, UserReset } from "../store/store.ts"
import { canonicalUsername, usernameRule } from "../username.ts"
import {
  type CredentialCheck,
  type Credentials,
  createCredentialCheck,
} from "./credential_check.ts"
import { withClaim, withoutClaim, withoutRole, withRole } from "./user_rights.ts"

/** What may be told about a user: all but the hash. */
export type UserSummary = Omit<User, "passwordHash">

/** The use cases. Those that name a user throw AuthError `not_found` when there is none. */
export interface Accounts {
  /** @throws AuthError `invalid_request` for a name or password that won't do, `username_taken` */
  add(credentials: Credentials): Promise<UserSummary>
  list(): Promise<readonly UserSummary[]>
  /** The user of a name as somebody typed it, or null. */
  find(typed: string): Promise<UserSummary | null>
  /** Sets a password and ends the user's sessions. */
  setPassword(credentials: Credentials): Promise<UserSummary>
  /**
   * Sets a password for who knows the current one, ends the user's sessions and starts `successor`.
   * @returns null when `current` is wrong
   * @throws AuthError `invalid_request` when `next` won't do, `invalid_token` when the user was
   *   disabled meanwhile
   */
  changePassword(
    passwords: { readonly username: string; readonly current: string; readonly next: string },
    successor: Session,
  ): Promise<UserReset | null>
  /** Keeps a user from logging in, and ends the sessions. */
  disable(username: string): Promise<UserSummary>
  enable(username: string): Promise<UserSummary>
  /** Ends all sessions of a user. */
  logOut(username: string): Promise<UserSummary>
  /** Removes a user for good, and its sessions; the name stays reserved. */
  remove(username: string): Promise<void>
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
  check(credentials: Credentials): Promise<User | null>
}

/** What the use cases work with. */
export interface AccountParts {
  readonly store: Store
  readonly hasher: PasswordHasher
  readonly clock: Clock
  readonly audit: Audit
  /** How sessions end now. */
  readonly endingNow: () => Ending
}

const secondsAheadMax = 60

/** Makes the use cases. */
export function createAccounts(parts: AccountParts): Accounts {
  const { store, hasher } = parts
  const check = createCredentialCheck(parts)
  const reset = (typed: string, changes: UserChange, reason: string) =>
    resetUser(requireName(typed), { changes, reason }, parts)
  const change = (typed: string, changing: (user: User) => UserChange, reason: string) =>
    changeUser(requireName(typed), { changing, reason }, parts)
  return {
    add: (credentials) => addUser(credentials, parts),
    list: async () => (await store.listUsers()).map(summary),

    async find(typed) {
      const username = canonicalUsername(typed)
      const user = username === null ? null : await store.findUser(username)
      return user === null ? null : summary(user)
    },

    async setPassword({ username: typed, password }) {
      const username = requireName(typed)
      if ((await store.findUser(username)) === null) throw unknownUser(username)
      requireChoosable({ username, password })
      return reset(username, { passwordHash: await hasher.hash(password) }, "password_set")
    },

    changePassword: (passwords, successor) =>
      changePassword(passwords, successor, { ...parts, check }),
    disable: async (typed) => reset(typed, { disabled: true }, "disabled"),
    enable: async (typed) => change(typed, () => ({ disabled: false }), "enabled"),
    logOut: async (typed) => reset(typed, {}, "logged_out"),
    remove: (typed) => removeUser(typed, parts),
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

async function addUser(
  { username: typed, password }: Credentials,
  parts: AccountParts,
): Promise<UserSummary> {
  const username = requireName(typed)
  requireChoosable({ username, password })
  const user = await newUser({ username, password }, parts)
  const outcome = await parts.store.addUser(user)
  if (outcome !== "added") throw notFree(username, outcome)
  parts.audit("user.added", { user: username })
  return summary(user)
}

async function seedUsers(users: readonly Credentials[], parts: AccountParts): Promise<boolean> {
  const { store, audit } = parts
  // The store decides, but most starts need not hash anything to know.
  if ((await store.countUsers()) > 0) return false
  const made: User[] = []
  for (const { username, password } of users) {
    made.push(await newUser({ username: requireName(username), password }, parts))
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

async function changePassword(
  passwords: Parameters<Accounts["changePassword"]>[0],
  successor: Session,
  parts: AccountParts & { readonly check: CredentialCheck },
): Promise<UserReset | null> {
  const { store, hasher, endingNow, check } = parts
  const { username, current, next } = passwords
  requireChoosable({ username, password: next })
  const user = await check({ username, password: current })
  if (user === null) return null
  const passwordHash = await hasher.hash(next)
  const ending = endingNow()
  const changing = (before: User) => {
    // Since the check: no session starts of a user who may not log in.
    if (before.disabled) throw new AuthError("invalid_token", "Token has been revoked")
    return { passwordHash, ...refusingBefore(before, ending.at) }
  }
  const options = { ending, ifPasswordHash: user.passwordHash, successor }
  const outcome = await store.resetUser(username, changing, options)
  // Another hash by now may be of the same password: check again.
  return outcome ?? changePassword(passwords, successor, parts)
}

async function newUser(
  { username, password }: Credentials,
  { hasher, clock }: AccountParts,
): Promise<User> {
  const passwordHash = await hasher.hash(password)
  const nothingYet = { roles: [], claims: {}, disabled: false, tokensNotBefore: 0 }
  return { username, passwordHash, createdAt: clock.now(), ...nothingYet }
}

// Refuses tokens that belong to no session, which Flask-JWT-Extended made, from before now. They
// carry whole seconds, so those of this second go too. What is dated far ahead is of a clock that
// was wrong, and not kept.
function refusingBefore({ tokensNotBefore: before }: User, now: number): UserChange {
  const latest = before > now + secondsAheadMax ? now : Math.max(now, before - 1)
  return { tokensNotBefore: latest + 1 }
}

function requireName(typed: string): string {
  const username = canonicalUsername(typed)
  if (username !== null) return username
  throw new AuthError("invalid_request", `That can't be a username: it needs ${usernameRule}`)
}

function requireChoosable(credentials: Credentials): void {
  const reason = refusePassword(credentials)
  if (reason !== null) throw new AuthError("invalid_request", reason)
}

function notFree(username: string, outcome: "taken" | "reserved"): AuthError {
  return new AuthError(
    "username_taken",
    outcome === "taken"
      ? `There is a user '${username}' already`
      : `The name '${username}' was a user's who was deleted, and stays reserved`,
  )
}

function unknownUser(username: string): AuthError {
  return new AuthError("not_found", `There is no user '${username}'`)
}

function summary({ passwordHash: _, ...rest }: User): UserSummary {
  return rest
}
