// What wrong passwords and codes have done to a user: unlike the user's record, logins change it.

import type { Store } from "../store/store.ts"
import { requireName, unknownUser } from "./create_user.ts"
import { mfaLimits } from "./limits.ts"
import type { LoginGuard } from "./login_guard.ts"

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
  {
    store,
    guard,
  }: {
    readonly store: Pick<Store, "users" | "failures">
    readonly guard: Pick<LoginGuard, "isLocked">
  },
): Promise<UserLock> {
  const username = requireName(typed)
  const user = await store.users.find(username)
  if (user === null) throw unknownUser(username)
  const { strangers = 0, devices = 0 } = (await store.failures.find(username)) ?? {}
  const wrongCodes = user.factors?.failures ?? 0
  return {
    isLocked: await guard.isLocked(username),
    ...{ strangers, devices, wrongCodes },
    areCodesLocked: wrongCodes >= mfaLimits.failuresOfAccount.inARow,
  }
}
