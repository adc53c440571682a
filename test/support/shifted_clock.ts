// The clock of a Postern process, which a test sets ahead: no test waits for a day, or for the next
// code of an authenticator app.

import { writeFileSync } from "node:fs"
import { join } from "node:path"

/** A clock that a test can set ahead. */
export interface ShiftedClock {
  /** With these settings a process goes by the clock. */
  readonly settings: Readonly<Record<string, string>>
  /** Epoch seconds. */
  now(): number
  /** Lets so many seconds pass. */
  advance(seconds: number): void
}

/** Loaded before the program: reads the file each time somebody asks for the time. */
const program = `import { readFileSync } from "node:fs"
const now = Date.now
Date.now = () => now() + 1000 * Number(readFileSync(process.env.TEST_CLOCK_FILE, "utf8"))
`

/** Makes a clock that is right. Its files are in a directory of the test. */
export function shiftedClock(directory: string): ShiftedClock {
  const [file, script] = [join(directory, "clock"), join(directory, "clock.mjs")]
  let ahead = 0
  writeFileSync(file, "0")
  writeFileSync(script, program)
  return {
    settings: { TEST_CLOCK_FILE: file, NODE_OPTIONS: `--import=${script}` },
    now: () => Math.floor(Date.now() / 1000) + ahead,
    advance(seconds) {
      ahead += seconds
      writeFileSync(file, String(ahead))
    },
  }
}
