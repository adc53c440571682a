// How far a long work is, on one line of a terminal.

import { monotonicMillis } from "../clock.ts"
import type { Terminal } from "./terminal.ts"

const millisBetween = 200

/** Shows how far a work is. */
export interface Progress {
  show(text: () => string): void
  /** Removes the line. */
  end(): void
}

/** Makes a progress. It shows nothing where standard error is no terminal. */
export function createProgress({ showsProgress, printError }: Terminal): Progress {
  let shownAt = Number.NEGATIVE_INFINITY
  let width = 0
  return {
    show(text) {
      const now = monotonicMillis()
      if (!showsProgress || now - shownAt < millisBetween) return
      shownAt = now
      const shown = text()
      printError(`\r${shown.padEnd(width)}`)
      width = shown.length
    },
    end() {
      if (width > 0) printError(`\r${" ".repeat(width)}\r`)
      width = 0
    },
  }
}
