// Warnings of a command, on the terminal.

import { systemClock } from "../clock.ts"
import { createLog, type Log } from "../telemetry/log.ts"
import type { Terminal } from "./terminal.ts"

/** The log of a command: warnings and audit lines for people, where mistakes are printed. */
export function logAt({ printError }: Terminal): Log {
  const write = (line: () => string) => printError(line())
  return createLog({ level: "warn", clock: systemClock, forPeople: true, write })
}

/** Takes warnings of the store. */
export function warningsAt(terminal: Terminal): (event: string, message: string) => void {
  const log = logAt(terminal)
  return (event, message) => log.warn(event, { message })
}
