// The numbers of a limit, as a record. The code that enforces the limit and the route table that
// prints it use the same record.

import type { Rate } from "./rate_limit.ts"

/** The numbers of a rate limit, and what it counts. */
interface RateFigures extends Rate {
  /** What is counted, and for which client, account or session. */
  readonly counts: string
}

interface FailureFigures {
  /** What is counted, and for which client, account or session. */
  readonly counts: string
  readonly inARow: number
  /** What happens after so many failures. */
  readonly next: string
}

/** The limits of one use case. */
export type Limits = Readonly<Record<string, RateFigures | FailureFigures>>

/** One limit in words. */
export function limitText(limit: RateFigures | FailureFigures): string {
  if ("inARow" in limit) return `${limit.counts}: ${limit.inARow} in a row, then ${limit.next}`
  const { counts, capacity, secondsPerToken } = limit
  return `${counts}: ${capacity} at once, then 1 in ${secondsPerToken} s`
}
