// The failures in a row at each account, which the store counts: those of strangers, and those of
// devices. A count is on disk before its attempt is answered, so it survives a restart.

import { Unavailable } from "../errors.ts"
import type { LoginSource } from "../store/failure_store.ts"
import type { FailedLogins, Store } from "../store/store.ts"
import { loginLimits } from "./limits.ts"
import type { LoginAttempt } from "./login_attempt.ts"

/** A failure that is counted at an account before the password is compared. */
export interface Charge {
  readonly username: string
  readonly source: LoginSource
  /** Whether the account has no room for another failure from this source. */
  readonly isLast: boolean
}

const failuresMax: Readonly<Record<LoginSource, number>> = {
  stranger: loginLimits.failuresOfStrangers.inARow,
  device: loginLimits.failuresOfDevices.inARow,
}
const sources: readonly LoginSource[] = ["stranger", "device"]

/** Counts a failure. Null for an unknown user (null), and when the account has no room. */
export async function chargeAccount(
  username: string | null,
  { device }: LoginAttempt,
  { failures }: Store,
): Promise<Charge | null> {
  // When the devices' count is full, a device counts as a stranger.
  const tried: readonly LoginSource[] = device === null ? ["stranger"] : ["device", "stranger"]
  for (const source of tried) {
    const counted = await failures.count(username, source, { most: failuresMax[source] })
    if (username === null) return null
    if (counted.username === username) {
      return { username, source, isLast: isFull(counted, source) }
    }
  }
  return null
}

/** Takes back the charge of an undecided attempt, if the store can write. */
export async function giveChargeBack(charge: Charge | null, { failures }: Store): Promise<void> {
  try {
    if (charge !== null) await failures.uncount(charge.username, charge.source)
  } catch (error) {
    // The caller throws the error that stopped the attempt, which matters more.
    if (!(error instanceof Unavailable)) throw error
  }
}

/** Whether the account is still full, so that no login has succeeded since its last charge. */
export async function isFullBy(charge: Charge, { failures }: Store): Promise<boolean> {
  return charge.isLast && isFull(await failures.find(charge.username), charge.source)
}

/** Forgets all failures at an account. True when it was full without `charge`. */
export async function clearAccount(
  username: string,
  { failures }: Store,
  charge: Charge | null = null,
): Promise<boolean> {
  const failed = await failures.clear(username)
  return sources.some((source) => isFull(failed, source, source === charge?.source ? 1 : 0))
}

/** Whether strangers are locked out of an account with these failures. */
export function isLockedForStrangers(failed: FailedLogins | null): boolean {
  return isFull(failed, "stranger")
}

function isFull(failed: FailedLogins | null, source: LoginSource, charged = 0): boolean {
  if (failed === null) return false
  const count = source === "stranger" ? failed.strangers : failed.devices
  return count - charged >= failuresMax[source]
}
