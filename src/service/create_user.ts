// Creates users, and checks the username and password of a new user. The first users of a store
// that never had one come from the settings.

import type { Clock } from "../clock.ts"
import type { User } from "../domain/user.ts"
import { canonicalUsername, quotedName, usernameRule } from "../domain/username.ts"
import { AuthError } from "../errors.ts"
import type { Asker } from "../password/fair_queue.ts"
import type { PasswordHasher } from "../password/hash.ts"
import { findPasswordFault } from "../password/policy.ts"
import type { Store } from "../store/store.ts"
import type { Audit } from "../telemetry/audit.ts"
import type { Credentials } from "./credential_check.ts"
import { operator } from "./login_attempt.ts"

/** What creating users works with. */
export interface CreateUserParts {
  readonly store: Store
  readonly hasher: PasswordHasher
  readonly clock: Clock
}

/** The same, and who asks for the hash. */
interface AskedParts extends CreateUserParts {
  readonly asker: Asker
}

/**
 * The canonical form of a username.
 * @throws AuthError `invalid_request`
 */
export function requireName(typed: string): string {
  const username = canonicalUsername(typed)
  if (username !== null) return username
  throw new AuthError("invalid_request", `That can't be a username: it needs ${usernameRule}`)
}

/**
 * Refuses a password that a user may not choose.
 * @throws AuthError `invalid_request`, `password_blocked`
 */
export async function requireChoosable(credentials: Credentials): Promise<void> {
  const refusal = await findPasswordFault(credentials)
  if (refusal !== null) throw refusal
}

/** Makes the record of a new user, and stores nothing. The username is canonical. */
async function makeUserRecord(
  { username, password }: Credentials,
  { hasher, clock, asker }: AskedParts,
): Promise<User> {
  const passwordHash = await hasher.hash(password, asker)
  const noRights = { roles: [], claims: {} }
  const nothingYet = { ...noRights, disabled: false, tokensNotBefore: 0, link: null, factors: null }
  return { username, passwordHash, createdAt: clock.now(), ...nothingYet }
}

/**
 * Creates a user in the store. The username is canonical.
 * @throws AuthError `username_taken`
 */
export async function createUser(credentials: Credentials, parts: AskedParts): Promise<User> {
  const user = await makeUserRecord(credentials, parts)
  const outcome = await parts.store.users.create(user)
  if (outcome !== "created") throw nameTaken(user.username, outcome)
  return user
}

/** Adds the first users, whose passwords are not checked. False when the store ever had a user. */
export async function seedUsers(
  users: readonly Credentials[],
  { audit, ...parts }: CreateUserParts & { readonly audit: Audit },
): Promise<boolean> {
  const { store } = parts
  // The store decides below. This check saves most starts the hashing.
  if ((await store.users.count()) > 0) return false
  const asking = { ...parts, asker: operator }
  const made: User[] = []
  for (const { username, password } of users) {
    made.push(await makeUserRecord({ username: requireName(username), password }, asking))
  }
  if ((await store.users.seed(made)) === "in_use") return false
  for (const { username } of made) audit("user.seeded", { user: username })
  return true
}

/** The error for a name that no user has. The username is canonical. */
export function unknownUser(username: string): AuthError {
  return new AuthError("not_found", `There is no user ${quotedName(username)}`)
}

/** The error for a name that is taken or reserved. */
export function nameTaken(username: string, state: "taken" | "reserved"): AuthError {
  return new AuthError(
    "username_taken",
    state === "taken"
      ? `There is a user ${quotedName(username)} already`
      : `The name ${quotedName(username)} was a user's who was deleted, and stays reserved`,
  )
}
