// Progress on a terminal, and elsewhere.

import assert from "node:assert/strict"
import { test } from "node:test"
import { createProgress } from "../../src/cli/progress.ts"

function progressAt(showsProgress: boolean) {
  let now = 0
  let text = ""
  const printError = (part: string) => {
    text += part
  }
  const progress = createProgress({ showsProgress, printError }, () => now)
  return {
    progress,
    /** Shows at an instant in milliseconds, and gives what was printed since. */
    show(at: number, line: string): string {
      now = at
      text = ""
      progress.show(() => line)
      return text
    },
    clear(): string {
      text = ""
      progress.end()
      return text
    },
  }
}

test("createProgress() writes over its line on a terminal, five times a second", () => {
  const { show, clear } = progressAt(true)
  assert.equal(clear(), "")
  assert.equal(show(0, "1 of 100"), "\r1 of 100")
  assert.equal(show(199, "2 of 100"), "")
  assert.equal(show(200, "done"), "\rdone    ")
  assert.equal(clear(), "\r    \r")
  assert.equal(clear(), "")
})

test("createProgress() writes a line each five seconds elsewhere, and nothing before", () => {
  const { show, clear } = progressAt(false)
  assert.equal(show(0, "1 of 100"), "")
  assert.equal(show(4999, "2 of 100"), "")
  assert.equal(show(5000, "3 of 100"), "3 of 100\n")
  assert.equal(show(9999, "4 of 100"), "")
  assert.equal(show(10_000, "5 of 100"), "5 of 100\n")
  assert.equal(clear(), "")
})
