// A delay that doubles with each failure, for each of many keys, in bounded memory. A few failures
// are free: people mistype.

import { BoundedMap } from "./bounded_map.ts"

const longestSeconds = 900
/** After so much peace a key starts anew. */
const forgottenSeconds = 3600

interface Failures {
  readonly count: number
  /** When the next attempt may be made. */
  readonly until: number
}

/** Counts failures, by key. */
export interface Delays {
  /** Seconds until the next attempt may be made; 0 for now. */
  wait(key: string): number
  /** How many failures of a key are counted. */
  failures(key: string): number
  /** Counts an attempt, as failed until more is known. Gives the seconds until the next one. */
  count(key: string): number
  /** Forgets the last attempt that was counted. */
  giveBack(key: string): void
  /** Forgets all failures of a key. */
  forgive(key: string): void
  /** The same for all keys that start like this. */
  forgiveAll(prefix: string): void
}

/** Makes delays of which the first follows `freeFailures` failures. `seconds` is never set. */
export function createDelays({
  freeFailures,
  entriesMax,
  seconds,
}: {
  readonly freeFailures: number
  readonly entriesMax: number
  readonly seconds: () => number
}): Delays {
  const failures = new BoundedMap<Failures>(entriesMax)
  const delayAfter = (count: number) =>
    count < freeFailures ? 0 : Math.min(longestSeconds, 2 ** (count - freeFailures))
  const countOf = (key: string) => {
    const { count = 0, until = 0 } = failures.get(key) ?? {}
    return seconds() - until > forgottenSeconds ? 0 : count
  }
  const set = (key: string, count: number) => {
    const delay = delayAfter(count)
    failures.set(key, { count, until: seconds() + delay })
    return delay
  }

  return {
    wait: (key) => Math.max(0, (failures.get(key)?.until ?? 0) - seconds()),
    failures: countOf,
    count: (key) => set(key, countOf(key) + 1),
    giveBack(key) {
      const count = countOf(key) - 1
      // It was due when it was counted, so it is due again.
      if (count > 0) failures.set(key, { count, until: seconds() })
      else failures.delete(key)
    },
    forgive: (key) => failures.delete(key),
    forgiveAll(prefix) {
      for (const key of [...failures.keys()]) if (key.startsWith(prefix)) failures.delete(key)
    },
  }
}
