// The list that a check of a release prints.

import assert from "node:assert/strict"
import { test } from "node:test"
import { runSteps, type Step } from "../../release/report.ts"

const good: Step = { name: "package", run: () => "made" }
const absent: Step = { name: "arm64", missing: () => "no such machine", run: () => "run" }
const there: Step = { name: "systemd", missing: () => null, run: async () => "rated" }
const bad: Step = { name: "sbom", run: () => assert.fail("of another format") }

const cases: readonly (readonly [string, readonly Step[], number, readonly string[]])[] = [
  ["all steps", [good, there], 0, ["ok      package: made", "ok      systemd: rated"]],
  [
    "a step that can't be run, at the end",
    [absent, good],
    0,
    ["ok      package: made", "Not run here:\n  arm64: no such machine"],
  ],
  ["a failure, and nothing after it", [absent, bad, good], 1, ["FAILED  sbom: of another format"]],
]

for (const [what, steps, exitCode, printed] of cases) {
  test(`runSteps() prints ${what}`, async () => {
    const lines: string[] = []
    assert.equal(await runSteps(steps, (line) => lines.push(line)), exitCode)
    assert.deepEqual(lines, printed)
  })
}
