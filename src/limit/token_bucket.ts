// The token bucket, as arithmetic: a bucket holds tokens up to its capacity, an event takes one,
// and they come back with time. No clock and no memory here: limiter.ts has those.

/** How many events at once, and how often for long. */
export interface Rate {
  readonly capacity: number
  readonly secondsPerToken: number
}

/** What is in a bucket at an instant, in seconds of any clock. May be a fraction of a token. */
export interface Bucket {
  readonly tokens: number
  readonly at: number
}

/** The bucket at a later instant. One that seems earlier changes nothing. */
export function refilled({ tokens, at }: Bucket, rate: Rate, now: number): Bucket {
  if (now <= at) return { tokens, at }
  return { tokens: Math.min(rate.capacity, tokens + (now - at) / rate.secondsPerToken), at: now }
}

/** Seconds until the bucket has a whole token; 0 when it has. */
export function secondsUntilToken({ tokens }: Bucket, { secondsPerToken }: Rate): number {
  return tokens >= 1 ? 0 : (1 - tokens) * secondsPerToken
}
