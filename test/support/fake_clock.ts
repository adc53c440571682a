// A clock that moves only by hand.

import type { Clock } from "../../src/clock.ts"

/** 2026-11-23T15:30:00Z. */
export const startOfTests = 1_795_447_800

/** A clock for tests. */
export interface FakeClock extends Clock {
  /** Moves time on by so many seconds, or back. */
  advance(seconds: number): void
  /** None unless a test puts one here. */
  steady?(): number
}

/** Makes a clock that stands at `startOfTests`. */
export function createFakeClock(): FakeClock {
  let now = startOfTests
  return {
    now: () => now,
    advance(seconds) {
      now += seconds
    },
  }
}
