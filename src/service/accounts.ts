// The use cases around users: add, list, change, check a password. No HTTP and no files; the
// command line, the control socket and the sessions all come through here.

import type { Clock } from "../clock.ts"
import { AuthError } from "../errors.ts"
import type { PasswordHasher } from "../password/hash.ts"
import { refusePassword } from "../password/policy.ts"
import type { Store, User, UserChange } from "../store/store.ts"
import { canonicalUsername, usernameRule } from "../username.ts"
import { type Credentials, createCredentialCheck } from "./credential_check.ts"

/** What may be told about a user: all but the hash. */
export type UserSummary = Omit<User, "passwordHash">

/** The use cases. Those that name a user throw AuthError `not_found` when there is none. */
export interface Accounts {
  /** @throws AuthError `invalid_request` for a name or password that won't do, `username_taken` */
  add(credentials: Credentials): Promise<UserSummary>
  list(): Promise<readonly UserSummary[]>
  /** Sets a password; tokens from before it are refused. */
  setPassword(credentials: Credentials): Promise<UserSummary>
  /** Keeps a user from logging in, and refuses the tokens it has. */
  disable(username: string): Promise<UserSummary>
  enable(username: string): Promise<UserSummary>
  /** Removes a user for good; the name stays reserved. */
  remove(username: string): Promise<void>
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
}

const secondsAheadMax = 60

/** Makes the use cases. */
export function createAccounts(parts: AccountParts): Accounts {
  const { store, hasher, clock } = parts
  return {
    async add({ username: typed, password }) {
      const username = requireName(typed)
      requireChoosable({ username, password })
      const user = await newUser({ username, password }, parts)
      const outcome = await store.addUser(user)
      if (outcome === "added") return summary(user)
      throw new AuthError(
        "username_taken",
        outcome === "taken"
          ? `There is a user '${username}' already`
          : `The name '${username}' was a user's who was deleted, and stays reserved`,
      )
    },

    list: async () => (await store.listUsers()).map(summary),

    async setPassword({ username: typed, password }) {
      const username = requireName(typed)
      if ((await store.findUser(username)) === null) throw unknownUser(username)
      requireChoosable({ username, password })
      return revoke(username, { passwordHash: await hasher.hash(password) }, parts)
    },

    disable: async (typed) => revoke(requireName(typed), { disabled: true }, parts),

    enable: async (typed) => change(requireName(typed), { disabled: false }, store),

    async remove(typed) {
      const username = requireName(typed)
      const outcome = await store.deleteUser(username, clock.now())
      if (outcome === "absent") throw unknownUser(username)
    },

    async seed(users) {
      // The store decides, but most starts need not hash anything to know.
      if ((await store.countUsers()) > 0) return false
      const made: User[] = []
      for (const { username, password } of users) {
        made.push(await newUser({ username: requireName(username), password }, parts))
      }
      return (await store.seedUsers(made)) === "seeded"
    },

    check: createCredentialCheck(parts),
  }
}

async function newUser(
  { username, password }: Credentials,
  { hasher, clock }: AccountParts,
): Promise<User> {
  const passwordHash = await hasher.hash(password)
  const createdAt = clock.now()
  return { username, passwordHash, roles: [], disabled: false, createdAt, tokensNotBefore: 0 }
}

async function change(username: string, change: UserChange, store: Store): Promise<UserSummary> {
  const changed = await store.changeUser(username, change)
  if (changed === null) throw unknownUser(username)
  return summary(changed)
}

// A change after which no token from before it holds. Tokens carry whole seconds, so those of this
// second go too, and those of logins after an earlier change in it, which are dated ahead. What is
// dated far ahead is of a clock that was wrong, and not added to.
async function revoke(
  username: string,
  changes: UserChange,
  { store, clock }: AccountParts,
): Promise<UserSummary> {
  const now = clock.now()
  const before = (await store.findUser(username))?.tokensNotBefore ?? 0
  const latest = before > now + secondsAheadMax ? now : Math.max(now, before)
  return change(username, { ...changes, tokensNotBefore: latest + 1 }, store)
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

function unknownUser(username: string): AuthError {
  return new AuthError("not_found", `There is no user '${username}'`)
}

function summary({ passwordHash: _, ...rest }: User): UserSummary {
  return rest
}
