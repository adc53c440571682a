// How often a client may do something, by its address: an IPv4 address or an IPv6 /64 has the rate,
// and an IPv6 /48 ten times the rate, so that the owner of a /48 is not 65,536 clients.

import { networksOf } from "../domain/ip_address.ts"
import { createLimiter, type Limiter } from "./limiter.ts"
import type { Rate } from "./token_bucket.ts"

const clientsOfWideNetwork = 10

/** Makes a limiter whose keys are addresses. `seconds` is a clock that is never set. */
export function createClientLimiter(
  rate: Rate,
  options: { readonly entriesMax: number; readonly seconds: () => number },
): Limiter {
  const ofClients = createLimiter(rate, options)
  const ofWideNetworks = createLimiter(
    {
      capacity: rate.capacity * clientsOfWideNetwork,
      secondsPerToken: rate.secondsPerToken / clientsOfWideNetwork,
    },
    options,
  )
  const buckets = (address: string): readonly (readonly [Limiter, string])[] => {
    const [client = "", wide] = networksOf(address)
    const ofClient = [ofClients, client] as const
    return wide === undefined ? [ofClient] : [ofClient, [ofWideNetworks, wide]]
  }
  const wait = (address: string) =>
    Math.max(...buckets(address).map(([limiter, key]) => limiter.wait(key)))

  return {
    wait,
    take(address) {
      const seconds = wait(address)
      if (seconds === 0) for (const [limiter, key] of buckets(address)) limiter.take(key)
      return seconds
    },
    giveBack(address) {
      for (const [limiter, key] of buckets(address)) limiter.giveBack(key)
    },
  }
}
