// The part of the store that counts failed logins. What store.ts promises of every method holds
// here, too.

import type { FailedLogins } from "./records.ts"

/** Who failed to log in: a stranger, or a device that has logged in to the account before. */
export type LoginSource = "stranger" | "device"

/** Failed logins: how often in a row each user's password was wrong. */
export interface FailureStore {
  /** The failed logins of a user since the last successful one, or null without any. */
  find(username: string): Promise<FailedLogins | null>

  /**
   * Counts a failed login and gives the new count. Concurrent calls for one user get different
   * numbers. For null, for an unknown name, and for a user with `most` from this source already, an
   * engine counts under a key that no user can have. So neither the time nor the disk reveals which
   * users exist.
   */
  count(
    username: string | null,
    source: LoginSource,
    options?: { readonly most: number },
  ): Promise<FailedLogins>

  /** Takes back a failed login that `count` counted, unless it was cleared since. */
  uncount(username: string, source: LoginSource): Promise<void>

  /** How many users have at least so many failures of strangers. */
  countFull(least: number): Promise<number>

  /** Forgets the failed logins of a user and gives them, or null when there were none. */
  clear(username: string): Promise<FailedLogins | null>
}
