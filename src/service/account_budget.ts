// How often in a row an account's password may be missed, by everybody together: a hundred times
// (NIST SP 800-63B-4 §3.2.2), of which some are kept for devices that have logged in to it before,
// so that strangers can't lock its user out. It lasts: the store counts, and only a login that
// succeeds, or the operator, makes it start anew.
//
// Each attempt that fails is counted by the store in one step, whether its password was compared or
// not: so failures at once lock an account as those one after the other do. Whether a password is
// compared is decided before, by what the store has and what is under way here. A failure may count
// as both for a moment, so that fewer passwords are compared than might be, and never more.

import { Unavailable } from "../errors.ts"
import type { FailedLogins, LoginSource, Store } from "../store/store.ts"

const failuresMax: Readonly<Record<LoginSource, number>> = { stranger: 70, device: 30 }
const sources: readonly LoginSource[] = ["stranger", "device"]

/** One attempt's part of the budget. */
export interface Claim {
  /** Whether the budget allowed it. What is not open must fail, whatever the password. */
  readonly isOpen: boolean
  /** The attempt did not fail. */
  giveBack(): void
  /**
   * It failed: resolves when that is in the store, to whether the budget is spent with it. Where it
   * can't be written it stays counted here, and nobody can tell by the answer.
   */
  spend(): Promise<boolean>
}

/** The budget of each account. */
export interface AccountBudget {
  /** Claims a part, of a user's account or, with the same work, of nobody's: null. */
  claim(username: string | null, source: LoginSource): Promise<Claim>
  /** Makes an account start anew. True when strangers or its devices were locked out. */
  renew(username: string): Promise<boolean>
}

/** Whether strangers can't log in to an account any more, even with the password. */
export function isLocked(failed: FailedLogins | null): boolean {
  return countOf(failed, "stranger") >= failuresMax.stranger
}

/** Makes the budget of the accounts in a store. */
export function createAccountBudget(store: Store): AccountBudget {
  // By account and source, for users there are, and for nobody: what can be made up has no entry.
  const underWay = new Map<string, number>()
  const failures = createFailures(store)

  return {
    async claim(username, source) {
      const key = keyOf(username, source)
      const giveBack = () => void add(underWay, key, -1)
      // Before the store is asked: what is written meanwhile counts twice rather than not at all.
      const doubted = add(underWay, key, 1) + failures.unwritten(username, source)
      let failed: FailedLogins | null = null
      try {
        if (username !== null) failed = await store.findFailedLogins(username)
      } catch (error) {
        giveBack()
        throw error
      }
      return {
        isOpen: countOf(failed, source) + doubted <= failuresMax[source],
        giveBack,
        async spend() {
          try {
            return (await failures.count(username, source)) === failuresMax[source]
          } finally {
            giveBack()
          }
        },
      }
    },

    async renew(username) {
      const forgotten = await store.clearFailedLogins(username)
      const spent = sources.map(
        (source) =>
          countOf(forgotten, source) + failures.unwritten(username, source) >= failuresMax[source],
      )
      failures.forget(username)
      return spent.includes(true)
    },
  }
}

/** Failures as the store counts them, with those that it has no room for. */
function createFailures(store: Store) {
  const byKey = new Map<string, number>()
  const unwritten = (username: string | null, source: LoginSource) =>
    byKey.get(keyOf(username, source)) ?? 0

  return {
    /** How many could not be written. */
    unwritten,

    /** Counts one, and gives the sum; null where it is nobody's, or one more than there may be. */
    async count(username: string | null, source: LoginSource): Promise<number | null> {
      const most = failuresMax[source]
      try {
        const options = { most: most - unwritten(username, source) }
        const counted = await store.countFailedLogin(username, source, options)
        if (counted.username !== username) return null
        return countOf(counted, source) + unwritten(username, source)
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error
        if (username === null) return null
        const written = countOf(await store.findFailedLogins(username), source)
        const sum = written + unwritten(username, source) + 1
        if (sum > most) return null
        add(byKey, keyOf(username, source), 1)
        return sum
      }
    },

    /** Forgets those of an account that could not be written. */
    forget(username: string): void {
      for (const source of sources) byKey.delete(keyOf(username, source))
    },
  }
}

function keyOf(username: string | null, source: LoginSource): string {
  return `${username ?? ""} ${source}`
}

function countOf(failed: FailedLogins | null, source: LoginSource): number {
  if (failed === null) return 0
  return source === "stranger" ? failed.strangers : failed.devices
}

/** Adds to a key's count, and gives the sum; what is 0 has no entry. */
function add(counts: Map<string, number>, key: string, count: number): number {
  const sum = (counts.get(key) ?? 0) + count
  if (sum === 0) counts.delete(key)
  else counts.set(key, sum)
  return sum
}
