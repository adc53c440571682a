// What the doctor concludes from its own connections and those that Postern saw.

import assert from "node:assert/strict"
import { test } from "node:test"
import { isDirect, type Sample } from "../../../src/cli/doctor/evidence.ts"

/** Questions from ports of the doctor, with the ports from which they arrived. */
function samplesOf(...ports: readonly (readonly [own: number | null, arrived: number[]])[]) {
  return ports.map(([own, arrived]) => ({
    exchange: { link: own === null ? null : { localPort: own } },
    seen: arrived.map((port) => ({ peer: { port } })),
  })) as unknown as readonly Sample[]
}

for (const [name, firsts, samples, expected] of [
  ["each arrived from its own port", samplesOf([40_001, [40_001]]), samplesOf([2, [2]]), true],
  ["a question did not arrive", samplesOf([40_001, [40_001]]), samplesOf([2, []]), true],
  ["nothing arrived", samplesOf([40_001, []]), [], false],
  ["a proxy had the same port by chance", samplesOf([1, [1]]), samplesOf([2, [7]]), false],
  ["a proxy had the first port later", samplesOf([1, [7]]), samplesOf([2, [1]]), false],
  ["a question arrived twice", samplesOf([1, [1, 8]]), [], false],
  ["it arrived without a connection", samplesOf([null, [7]]), [], false],
] as const) {
  test(`isDirect() is ${expected} where ${name}`, () => {
    assert.equal(isDirect({ firsts, samples }), expected)
  })
}
