// Makes sets of recovery codes. A set costs ten hashes, so an account gets only so many.

import type { Clock } from "../../clock.ts"
import type { RecoveryCode } from "../../domain/factors.ts"
import { tooManyRequests } from "../../errors.ts"
import { makeRecoveryCode, recoveryCodesCount } from "../../factor/recovery_code.ts"
import { createRateLimit } from "../../limit/rate_limit.ts"
import type { Asker } from "../../password/fair_queue.ts"
import type { PasswordHasher } from "../../password/hash.ts"
import { enrolmentLimits } from "../limits.ts"

/** A set of codes. */
interface RecoveryCodeSet {
  /** For the store. */
  readonly kept: readonly RecoveryCode[]
  /** For the user, who sees them this once. */
  readonly shown: readonly string[]
}

/**
 * Makes a set for a user.
 * @throws AuthError `too_many_requests`
 * @throws Unavailable when too many wait for a hash
 */
export type MakeRecoveryCodes = (username: string, asker: Asker) => Promise<RecoveryCodeSet>

/** Makes the maker. */
export function createRecoveryCodes({
  hasher,
  clock: { steady: seconds },
}: {
  readonly hasher: PasswordHasher
  readonly clock: Clock
}): MakeRecoveryCodes {
  const keyOf = (username: string) => username
  const sets = createRateLimit([{ ...enrolmentLimits.recoveryCodes, keyOf }], { seconds })
  return async (username, asker) => {
    const wait = sets.take(username)
    if (wait > 0) throw tooManyRequests(wait)
    const codes = Array.from({ length: recoveryCodesCount }, (_, index) => makeRecoveryCode(index))
    const kept = codes.map(async ({ index, text }) => ({
      index,
      hash: await hasher.hash(text, asker),
    }))
    return { kept: await Promise.all(kept), shown: codes.map(({ shown }) => shown) }
  }
}
