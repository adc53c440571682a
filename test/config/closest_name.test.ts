import assert from "node:assert/strict"
import { test } from "node:test"
import { closestName } from "../../src/config/closest_name.ts"

const names = ["serve", "user list", "POSTERN_PORT", "POSTERN_HOST", "key"]

const rows: readonly (readonly [typed: string, closest: string | null])[] = [
  ["serve", "serve"],
  ["sreve", "serve"],
  ["sérvé", "serve"],
  ["SERVE", "serve"],
  ["user lst", "user list"],
  ["POSTERN_PROT", "POSTERN_PORT"],
  ["postern_host", "POSTERN_HOST"],
  ["POSTERN_POST", "POSTERN_PORT"],
  ["kex", "key"],
  ["xyz", null],
  ["servers up", null],
  ["", null],
  ["x".repeat(100_000), null],
]

for (const [typed, closest] of rows) {
  test(`closestName() of ${JSON.stringify(typed.slice(0, 20))} is ${closest}`, () => {
    assert.equal(closestName(typed, names), closest)
  })
}
