// How late the event loop is: a timer that should come at an instant notes by how much it is late.
// As long would a request have waited that came at that instant. The counts are never reset, so
// several who read them don't take them from each other.

import { monotonicMillis } from "../clock.ts"
import { type DurationCounts, Durations } from "../system/durations.ts"

/** The delays so far. */
interface LoopDelay {
  readonly delays: DurationCounts
  stop(): void
}

const millisBetween = 50

/** Starts to measure. `millis` reads a clock that is never set. */
export function startLoopDelay(millis: () => number = monotonicMillis): LoopDelay {
  const delays = new Durations()
  let dueAt = millis() + millisBetween
  const timer = setInterval(() => {
    const now = millis()
    // Timers may come a fraction of a millisecond early.
    delays.add(Math.max(0, now - dueAt) / 1000)
    dueAt = now + millisBetween
  }, millisBetween).unref()
  return { delays, stop: () => clearInterval(timer) }
}
