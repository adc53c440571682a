// The first users of a store that never had one, from the settings.

import type { User } from "../domain/user.ts"
import type { Audit } from "../telemetry/audit.ts"
import { type CreateUserParts, makeUserRecord, requireName } from "./create_user.ts"
import type { Credentials } from "./credential_check.ts"
import { operator } from "./login_attempt.ts"

/** Adds the users, whose passwords are not checked. False when the store ever had a user. */
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
