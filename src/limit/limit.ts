// The figures of a limit as a record: one place for the code that enforces them and for the route
// table, which prints them.

import type { Rate } from "./rate_limit.ts"

/** A rate: a burst, then one event at a time. */
export interface RateFigures extends Rate {
  /** What is counted, and for whom. */
  readonly counts: string
}

/** A number of failures in a row. */
export interface FailureFigures {
  /** What is counted, and for whom. */
  readonly counts: string
  readonly inARow: number
  /** What happens then. */
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
