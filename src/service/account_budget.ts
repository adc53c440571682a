// How often in a row an account's password may be missed, by everybody together: a hundred times
// (NIST SP 800-63B-4 §3.2.2), of which some are kept for devices that have logged in to it before,
// so that strangers can't lock its user out. It lasts: the store counts, and only a login that
// succeeds, or the operator, makes it start anew.

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
  const unwritten = new Map<string, number>()

  return {
    async claim(username, source) {
      const key = keyOf(username, source)
      const giveBack = () => void add(underWay, key, -1)
      // Before the store is asked: a failure of others that is being written counts twice rather
      // than not at all.
      const doubted = add(underWay, key, 1) + (unwritten.get(key) ?? 0)
      let failed: FailedLogins | null = null
      try {
        if (username !== null) failed = await store.findFailedLogins(username)
      } catch (error) {
        giveBack()
        throw error
      }
      const most = failuresMax[source]
      const place = countOf(failed, source) + doubted
      const isOpen = place <= most
      return {
        isOpen,
        giveBack,
        async spend() {
          try {
            const counted = await store.countFailedLogin(isOpen ? username : null, source)
            return counted.username === username && countOf(counted, source) === most
          } catch (error) {
            if (!(error instanceof Unavailable)) throw error
            if (isOpen) add(unwritten, key, 1)
            return username !== null && place === most
          } finally {
            giveBack()
          }
        },
      }
    },

    async renew(username) {
      const failed = await store.findFailedLogins(username)
      const wasSpent = sources.some((source) => {
        const count = countOf(failed, source) + (unwritten.get(keyOf(username, source)) ?? 0)
        return count >= failuresMax[source]
      })
      if (failed !== null) await store.clearFailedLogins(username)
      for (const source of sources) unwritten.delete(keyOf(username, source))
      return wasSpent
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
