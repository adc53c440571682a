// Gives a backup of a store to the operator. Whoever has it has all keys and hashes, so the audit
// trail says that it was given.

import { AuthError } from "../errors.ts"
import type { BackupOrigin, Counts } from "../store/copying.ts"
import { programVersion } from "../system/program_version.ts"
import type { GivenAnswer, LongAnswerParts } from "./given_answer.ts"

/** What a backup holds. */
export interface BackupSummary extends BackupOrigin {
  readonly counts: Counts
  readonly hasKeys: boolean
}

/**
 * A backup of this moment.
 * @throws AuthError `invalid_request` over a database
 */
export async function openBackup({ store, clock, audit }: LongAnswerParts): Promise<GivenAnswer> {
  const origin = { postern: programVersion, madeAt: clock.now() }
  const given = await store.backup(origin)
  if (given === null) {
    throw new AuthError("invalid_request", "The store is in a database, which pg_dump backs up")
  }
  audit("store.backed_up", {})
  const { counts, hasKeys, chunks } = given
  return { value: { ...origin, counts, hasKeys } satisfies BackupSummary, pieces: chunks }
}
