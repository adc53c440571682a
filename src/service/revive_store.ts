// After a backup was restored: what ended since then must not live again. Passwords, roles and
// users stay as the backup has them, since nobody can know better here (docs/backup.md).

import { secretNames } from "../token/keys/key_file.ts"
import type { Accounts } from "./accounts.ts"
import type { Keys } from "./keys.ts"
import type { ServiceTokens } from "./service_tokens.ts"

/** How many users have to log in again, and how many sessions and service tokens ended. */
export interface RevivedStore {
  readonly users: number
  readonly sessions: number
  readonly serviceTokens: number
}

/**
 * Ends all sessions, voids refresh tokens, device tokens and cookies, and apps' own tokens, and
 * revokes all service tokens: nobody knows which were revoked since.
 */
export async function reviveStore({
  accounts,
  keys,
  serviceTokens,
}: {
  readonly accounts: Pick<Accounts, "logOutAll">
  readonly keys: Pick<Keys, "retire">
  readonly serviceTokens: Pick<ServiceTokens, "revokeAll">
}): Promise<RevivedStore> {
  // The keys first: from then on nobody goes on with what the backup gave back.
  for (const name of secretNames) await keys.retire(name)
  const revoked = await serviceTokens.revokeAll()
  return { ...(await accounts.logOutAll()), serviceTokens: revoked }
}
