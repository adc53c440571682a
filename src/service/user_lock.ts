// What wrong passwords and codes have done to a user: unlike the user's record, logins change it.

import type { Store } from "../store/store.ts"
import { isLockedForStrangers } from "./account_failures.ts"
import { requireName, unknownUser } from "./create_user.ts"
import { mfaLimits } from "./limits.ts"

/** Failures in a row, and whether they lock. */
export interface UserLock {
  /** Whether strangers are locked out. */
  readonly isLocked: boolean
  readonly strangers: number
  readonly devices: number
  readonly wrongCodes: number
  /** Whether no code counts. */
  readonly areCodesLocked: boolean
}

/** The failures of the user of a typed name. @throws AuthError `invalid_request`, `not_found` */
export async function readLock(
  typed: string,
  { store }: { readonly store: Store },
): Promise<UserLock> {
  const username = requireName(typed)
  const user = await store.users.find(username)
  if (user === null) throw unknownUser(username)
  const failed = await store.failures.find(username)
  const { strangers = 0, devices = 0 } = failed ?? {}
  const wrongCodes = user.factors?.failures ?? 0
  return {
    isLocked: isLockedForStrangers(failed),
    ...{ strangers, devices, wrongCodes },
    areCodesLocked: wrongCodes >= mfaLimits.failuresOfAccount.inARow,
  }
}
