// A clock that moves only by hand.

import { type Clock, createClock } from "../../src/clock.ts"

/** 2026-11-23T15:30:00Z. */
export const startOfTests = 1_795_447_800

/** A clock for tests. */
export interface FakeClock extends Clock {
  /** Lets so many seconds pass. Negative ones set the clock back. */
  advance(seconds: number): void
  /** Sets the clock ahead or back, while no time passes. */
  set(seconds: number): void
}

/** Makes a clock that stands at `startOfTests`. */
export function createFakeClock(lastUse: number | null = null): FakeClock {
  let wall = startOfTests
  let monotonic = 5000
  const machine = { wallSeconds: () => wall, monotonicSeconds: () => monotonic }
  return {
    ...createClock(lastUse, machine),
    advance(seconds) {
      wall += seconds
      monotonic += Math.max(0, seconds)
    },
    set(seconds) {
      wall += seconds
    },
  }
}
