// What an import counts and tells while it goes on.

import type { Progress } from "../progress.ts"

/** Users by what becomes of them. */
export interface TransferCounts {
  /** Checked and good, and not there yet. */
  users: number
  /** Of them: with a hash that is not this service's own. */
  foreign: number
  withoutPassword: number
  /** There already, with the same hash. */
  same: number
  /** Lines that are no users, or whose names are taken. */
  bad: number
}

/** Where mistakes and progress are shown. */
export interface TransferReport {
  readonly progress: Progress
  /** Prints what is to be said about a line. */
  readonly line: (number: number, text: string) => void
}

/** Nothing counted yet. */
export function noCounts(): TransferCounts {
  return { users: 0, foreign: 0, withoutPassword: 0, same: 0, bad: 0 }
}
