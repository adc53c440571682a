// Shows how far long work is: on a terminal on one line, which goes on; elsewhere a line every five
// seconds.

import { monotonicMillis } from "../clock.ts"
import type { Terminal } from "./terminal.ts"

const millisBetweenShows = 200
const millisBetweenLines = 5000

/** Shows progress where mistakes are printed. */
export interface Progress {
  /** Shows a text, if it is time to. */
  show(text: () => string): void
  /** Removes what is shown on a terminal, before something else is printed. */
  end(): void
}

/** Makes a progress that shows nothing yet. */
export function createProgress(
  { showsProgress, printError }: Pick<Terminal, "showsProgress" | "printError">,
  now = monotonicMillis,
): Progress {
  let shownAt = showsProgress ? Number.NEGATIVE_INFINITY : now()
  let width = 0
  return {
    show(text) {
      if (now() - shownAt < (showsProgress ? millisBetweenShows : millisBetweenLines)) return
      shownAt = now()
      const line = text()
      printError(showsProgress ? `\r${line.padEnd(width)}` : `${line}\n`)
      if (showsProgress) width = line.length
    },
    end() {
      if (width > 0) printError(`\r${" ".repeat(width)}\r`)
      width = 0
    },
  }
}
