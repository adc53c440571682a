// After a backup was restored: what ended since then must not live again. Passwords, roles and
// users stay as the backup has them, since nobody can know better here (docs/backup.md).

import { secretNames } from "../token/keys/key_file.ts"
import type { Accounts } from "./accounts.ts"
import type { Keys } from "./keys.ts"

/** How many users have to log in again, and how many sessions ended. */
export interface RevivedStore {
  readonly users: number
  readonly sessions: number
}

/** Ends all sessions, and voids refresh tokens, device tokens and cookies, and apps' own tokens. */
export async function reviveStore({
  accounts,
  keys,
}: {
  readonly accounts: Pick<Accounts, "logOutAll">
  readonly keys: Pick<Keys, "retire">
}): Promise<RevivedStore> {
  // The keys first: from then on nobody goes on with what the backup gave back.
  for (const name of secretNames) await keys.retire(name)
  return accounts.logOutAll()
}
