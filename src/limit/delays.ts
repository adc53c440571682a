// Delays that double with each failure of a key, in bounded memory. The first failures cause no
// delay, because people mistype.

import { BoundedMap } from "../system/bounded_map.ts"

/** The longest delay. */
export const delaySecondsMax = 900
/** A key's failures are forgotten this long after its delay has ended. */
const forgottenAfterSeconds = 3600
/** The most keys that are remembered. The oldest key is forgotten first. */
const keysMaxDefault = 20_000

interface Failures {
  readonly count: number
  readonly nextTryAt: number
}

/** Failures by key. */
export interface Delays {
  /** Seconds until the next try; 0 when it may happen now. */
  wait(key: string): number
  /** The number of keys that have to wait now. */
  waiting(): number
  /** The number of failures that are counted for a key. */
  failures(key: string): number
  /** Counts a failure and starts the delay that follows it. */
  count(key: string): void
  /** Takes the last failure back, with its delay. */
  giveBack(key: string): void
  /** Forgets all failures of a key. */
  forget(key: string): void
  /** Forgets all failures of the keys that start with a prefix. */
  forgetAll(prefix: string): void
}

/**
 * Makes delays. Failure number `freeFailures` starts a delay of one second. Each further failure
 * doubles the delay, up to 15 minutes. `seconds` reads a clock that never goes back.
 */
export function createDelays({
  freeFailures,
  seconds,
  keysMax = keysMaxDefault,
}: {
  readonly freeFailures: number
  readonly seconds: () => number
  readonly keysMax?: number
}): Delays {
  const byKey = new BoundedMap<Failures>(keysMax)
  const failures = (key: string) => {
    const { count, nextTryAt } = byKey.get(key) ?? { count: 0, nextTryAt: 0 }
    return seconds() - nextTryAt > forgottenAfterSeconds ? 0 : count
  }
  const delayAfter = (count: number) =>
    count < freeFailures ? 0 : Math.min(delaySecondsMax, 2 ** (count - freeFailures))

  const wait = (key: string) => Math.max(0, (byKey.get(key)?.nextTryAt ?? 0) - seconds())

  return {
    wait,
    waiting: () => [...byKey.keys()].filter((key) => wait(key) > 0).length,
    failures,
    count(key) {
      const count = failures(key) + 1
      byKey.set(key, { count, nextTryAt: seconds() + delayAfter(count) })
    },
    giveBack(key) {
      const count = failures(key) - 1
      // The try was allowed when it was counted, so the next try is allowed now.
      if (count > 0) byKey.set(key, { count, nextTryAt: seconds() })
      else byKey.delete(key)
    },
    forget: (key) => byKey.delete(key),
    forgetAll(prefix) {
      for (const key of [...byKey.keys()]) if (key.startsWith(prefix)) byKey.delete(key)
    },
  }
}
