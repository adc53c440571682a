// How often something may happen, for each of many keys: a token bucket (token_bucket.ts) for each,
// in bounded memory.

import { BoundedMap } from "./bounded_map.ts"
import { type Bucket, type Rate, refilled, secondsUntilToken } from "./token_bucket.ts"

/** Counts what happens, by key. */
export interface Limiter {
  /** Seconds until it may happen; 0 for now. Counts nothing. */
  wait(key: string): number
  /** Counts it if it may happen now, and gives 0; else the seconds to wait. */
  take(key: string): number
  /** Takes back what was counted. */
  giveBack(key: string): void
}

/** Makes a limiter. `seconds` is a clock that is never set. */
export function createLimiter(
  rate: Rate,
  { entriesMax, seconds }: { readonly entriesMax: number; readonly seconds: () => number },
): Limiter {
  const buckets = new BoundedMap<Bucket>(entriesMax)
  const bucketOf = (key: string): Bucket => {
    const now = seconds()
    return refilled(buckets.get(key) ?? { tokens: rate.capacity, at: now }, rate, now)
  }
  const add = (key: string, bucket: Bucket, tokens: number) =>
    buckets.set(key, { ...bucket, tokens: Math.min(rate.capacity, bucket.tokens + tokens) })

  return {
    wait: (key) => secondsUntilToken(bucketOf(key), rate),
    take(key) {
      const bucket = bucketOf(key)
      const wait = secondsUntilToken(bucket, rate)
      if (wait === 0) add(key, bucket, -1)
      return wait
    },
    giveBack: (key) => add(key, bucketOf(key), 1),
  }
}
