// A log that keeps its events, so that tests can say exactly what was logged and that nothing
// secret was.

import type { Clock } from "../../src/clock.ts"
import { createLog, type Log } from "../../src/telemetry/log.ts"
import { createFakeClock } from "./fake_clock.ts"

/** An event as its JSON line has it. */
export type LoggedEvent = Readonly<Record<string, unknown>>

/** A log and what was written to it. */
export interface CollectedLog {
  readonly log: Log
  /** All events, parsed. */
  readonly events: LoggedEvent[]
  /** All lines, as they would be printed. */
  readonly lines: string[]
  /** The names of all events but the access log's, and forgets everything so far. */
  takeNames(): string[]
  /** The audit trail, without the time of each event, and forgets everything so far. */
  takeAudit(): LoggedEvent[]
}

/** Makes a log of all levels; without a clock its time stands still. */
export function createCollectedLog(clock: Clock = createFakeClock()): CollectedLog {
  const lines: string[] = []
  const events: LoggedEvent[] = []
  const log = createLog({
    level: "debug",
    clock,
    forPeople: false,
    write(makeLine) {
      const line = makeLine()
      lines.push(line)
      events.push(JSON.parse(line) as LoggedEvent)
    },
  })
  return {
    log,
    events,
    lines,
    takeNames: () =>
      events
        .splice(0)
        .map(({ event }) => String(event))
        .filter((name) => name !== "request"),
    takeAudit: () =>
      events
        .splice(0)
        .filter(({ level }) => level === "audit")
        .map(({ time: _, level: __, ...event }) => event),
  }
}
