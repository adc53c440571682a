// How often an admin may ask over HTTP for what takes long. Each process counts for itself.

import { tooManyRequests } from "../errors.ts"
import { createRateLimit } from "../limit/rate_limit.ts"
import { adminLimits } from "./limits.ts"

/** Counts one use of a kind by an admin. @throws AuthError `too_many_requests` */
export type RequireAdminRate = (kind: keyof typeof adminLimits, username: string) => void

/** Makes the limits. `seconds` reads a clock that never goes back. */
export function createAdminRates(seconds: () => number): RequireAdminRate {
  const limitOf = (kind: keyof typeof adminLimits) =>
    createRateLimit([{ ...adminLimits[kind], keyOf: (username: string) => username }], { seconds })
  const limits = {
    passwords: limitOf("passwords"),
    links: limitOf("links"),
    searches: limitOf("searches"),
    serviceTokens: limitOf("serviceTokens"),
  }
  return (kind, username) => {
    const wait = limits[kind].take(username)
    if (wait > 0) throw tooManyRequests(wait)
  }
}
