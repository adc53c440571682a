import assert from "node:assert/strict"
import { test } from "node:test"
import { reportFailure } from "../../src/cli/failure_report.ts"
import { OperatorError, Unavailable } from "../../src/errors.ts"
import { createFakeTerminal } from "../support/fake_terminal.ts"

function report(error: unknown) {
  const terminal = createFakeTerminal()
  const exitCode = reportFailure(error, terminal)
  assert.equal(terminal.stdout(), "")
  return { exitCode, stderr: terminal.stderr() }
}

test("reportFailure() a mistake prints its lines and its hint", () => {
  const details = ["  POSTERN_A: one", "  POSTERN_B: two"]
  const mistake = new OperatorError("There are mistakes:", { details, hint: "Mend.", exitCode: 78 })
  assert.equal(mistake.message, "There are mistakes:\n  POSTERN_A: one\n  POSTERN_B: two")
  assert.deepEqual(report(mistake), {
    exitCode: 78,
    stderr: "postern: There are mistakes:\n  POSTERN_A: one\n  POSTERN_B: two\nhint: Mend.\n",
  })
})

/** What a value may hold, and how it is printed. */
const hostile: readonly (readonly [value: string, printed: string])[] = [
  ["a\nhint: a false one", "a\\u000ahint: a false one"],
  ["a\r\u001b[2Jb", "a\\u000d\\u001b[2Jb"],
  ["\u001b]0;title\u0007", "\\u001b]0;title\\u0007"],
  ["\u009b31m\u007f\u0085", "\\u009b31m\\u007f\\u0085"],
  ["a\u202eb\u2066c\u200fd\u061ce", "a\\u202eb\\u2066c\\u200fd\\u061ce"],
  ["\u2028\u2029\ufeff", "\\u2028\\u2029\\ufeff"],
  ["\0\t\b", "\\u0000\\u0009\\u0008"],
  ["\ud800", "\\ud800"],
  ["Zoë 🦊 'quoted' \\ %s", "Zoë 🦊 'quoted' \\ %s"],
]

for (const [value, printed] of hostile) {
  test(`reportFailure() a mistake that quotes ${JSON.stringify(value)} prints ${printed}`, () => {
    const options = { details: [`  X: ${value}`], hint: `Not ${value}.`, exitCode: 78 } as const
    assert.deepEqual(report(new OperatorError(`'${value}' is wrong`, options)), {
      exitCode: 78,
      stderr: `postern: '${printed}' is wrong\n  X: ${printed}\nhint: Not ${printed}.\n`,
    })
  })
}

test("reportFailure() a bug prints its stack, escaped", () => {
  const { exitCode, stderr } = report(new TypeError("\u001b[2Ja bug"))
  assert.equal(exitCode, 1)
  assert.match(stderr, /^postern: this is a bug: TypeError: \\u001b\[2Ja bug\n {4}at /)
})

test("reportFailure() prints an unexpected system error as a mistake with a hint", () => {
  const full = Object.assign(new Error("ENOSPC: no space left on device, write"), {
    code: "ENOSPC",
    syscall: "write",
  })
  const expected = {
    exitCode: 69,
    stderr:
      "postern: ENOSPC: no space left on device, write\n" +
      "hint: The disk is full, or can hold no more files. Make room on it.\n",
  }
  assert.deepEqual(report(full), expected)
  assert.deepEqual(report(new Unavailable("Not stored", { cause: full })), expected)
  const missing = Object.assign(new Error("ENOENT: no such file"), {
    code: "ENOENT",
    syscall: "open",
  })
  assert.equal(report(missing).exitCode, 1)
})

test("reportFailure() prints Unavailable without a cause by its message", () => {
  const { exitCode, stderr } = report(new Unavailable("The store is closed"))
  assert.equal(exitCode, 69)
  assert.match(stderr, /^postern: The store is closed\nhint: Check POSTERN_DATA_DIR, /)
})
