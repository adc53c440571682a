// The warning of `postern status` about service tokens that expire.

import assert from "node:assert/strict"
import { test } from "node:test"
import { warningsOf } from "../../../src/cli/status/status_warnings.ts"
import { startOfTests as now } from "../../support/fake_clock.ts"
import { amounts, sampleAnswer, sampleFacts } from "./sample_facts.ts"

const rows: readonly (readonly [expires: readonly number[], text: string | null])[] = [
  [[], null],
  [[60], "The service token 't0' expires, 2026-11-23T15:31:00Z"],
  [[0], "The service token 't0' has expired, 2026-11-23T15:30:00Z"],
  [[-60, 1, 2], "The service token 't0' has expired, 2026-11-23T15:29:00Z, and 2 more expire soon"],
]

for (const [expires, text] of rows) {
  test(`warningsOf() service tokens that expire in ${expires.join(", ") || "more"} s`, () => {
    const expiringTokens = expires.map((seconds, at) => ({
      ...{ name: `t${at}`, expiresAt: now + seconds },
    }))
    const answer = sampleAnswer({ content: { ...amounts, expiringTokens } })
    const [warning, ...others] = warningsOf(sampleFacts({ service: { answer, problem: null } }))
    assert.equal(warning?.text ?? null, text)
    assert.deepEqual(others, [])
    if (warning !== undefined) assert.equal(warning.code, "service_tokens")
  })
}
