// Rate limits: token buckets by key, in bounded memory. A bucket holds up to `capacity` tokens. An
// event takes one token, and a token comes back every `secondsPerToken`.
//
// An event can have several buckets, for instance one for the client's IPv6 /64 and one for the /48
// around it. An event takes a token from each of its buckets, or from none.

import { networksOf } from "../domain/ip_address.ts"
import { BoundedMap } from "../system/bounded_map.ts"

/** Burst size and sustained rate. */
export interface Rate {
  readonly capacity: number
  readonly secondsPerToken: number
}

/** A rate with its buckets. `keyOf` names the bucket of an event; null for an event without one. */
interface RateOf<E> extends Rate {
  readonly keyOf: (event: E) => string | null
}

/** Limits events of type `E`. */
export interface RateLimit<E> {
  /** Seconds until the event may happen; 0 when it may happen now. Takes nothing. */
  wait(event: E): number
  /** The number of keys of the first rate that have to wait now. */
  waiting(): number
  /** Takes the event's tokens and gives 0. If one is missing, takes none and gives the wait. */
  take(event: E): number
  /** Puts the event's tokens back. */
  giveBack(event: E): void
}

/** The tokens in a bucket at one time. A full bucket has no entry. */
interface Bucket {
  readonly tokens: number
  readonly at: number
}

/** The most keys that are remembered. The oldest key is forgotten first. */
const keysMaxDefault = 20_000

/** An IPv6 /48 usually belongs to one customer. It counts as ten clients, not as 65,536. */
const clientsOfWideNetwork = 10

/**
 * The rates of a client. An IPv4 address or an IPv6 /64 has the rate, an IPv6 /48 has ten times the
 * rate. `addressOf` gives null for an event that counts for no client.
 */
export function ratesOfClient<E>(
  { capacity, secondsPerToken }: Rate,
  addressOf: (event: E) => string | null,
): readonly RateOf<E>[] {
  const keyAt = (index: number) => (event: E) => {
    const address = addressOf(event)
    return address === null ? null : (networksOf(address)[index] ?? null)
  }
  return [
    { capacity, secondsPerToken, keyOf: keyAt(0) },
    {
      capacity: capacity * clientsOfWideNetwork,
      secondsPerToken: secondsPerToken / clientsOfWideNetwork,
      keyOf: keyAt(1),
    },
  ]
}

/** Makes a limit. `seconds` reads a clock that never goes back. */
export function createRateLimit<E>(
  rates: readonly RateOf<E>[],
  { seconds, keysMax = keysMaxDefault }: RateLimitOptions,
): RateLimit<E> {
  const tables = rates.map((rate) => ({ ...rate, buckets: new BoundedMap<Bucket>(keysMax) }))
  type Table = (typeof tables)[number]

  function tokensIn({ buckets, capacity, secondsPerToken }: Table, key: string): number {
    const bucket = buckets.get(key)
    if (bucket === null) return capacity
    const passed = Math.max(0, seconds() - bucket.at)
    return Math.min(capacity, bucket.tokens + passed / secondsPerToken)
  }

  function add(event: E, change: number): void {
    for (const table of tables) {
      const key = table.keyOf(event)
      if (key === null) continue
      const tokens = tokensIn(table, key) + change
      if (tokens >= table.capacity) table.buckets.delete(key)
      else table.buckets.set(key, { tokens, at: seconds() })
    }
  }

  function wait(event: E): number {
    const waits = tables.map((table) => {
      const key = table.keyOf(event)
      if (key === null) return 0
      return Math.max(0, (1 - tokensIn(table, key)) * table.secondsPerToken)
    })
    return Math.max(0, ...waits)
  }

  return {
    wait,
    waiting: () =>
      tables.slice(0, 1).reduce((sum, table) => {
        const isEmpty = (key: string) => tokensIn(table, key) < 1
        return sum + [...table.buckets.keys()].filter(isEmpty).length
      }, 0),
    take(event) {
      const seconds = wait(event)
      if (seconds === 0) add(event, -1)
      return seconds
    },
    giveBack: (event) => add(event, 1),
  }
}

/** The clock of a limit, and how many keys it remembers. */
interface RateLimitOptions {
  readonly seconds: () => number
  readonly keysMax?: number
}
