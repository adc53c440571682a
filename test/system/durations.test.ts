import assert from "node:assert/strict"
import { test } from "node:test"
import { Durations } from "../../src/system/durations.ts"

test("Durations counts each under the first bound that it does not exceed, and sums them", () => {
  const durations = new Durations([0.1, 1])
  assert.deepEqual([durations.counts, durations.sumSeconds], [[0, 0, 0], 0])
  for (const seconds of [0, 0.0625, 0.1, 0.125, 1, 1.25, 64]) durations.add(seconds)
  assert.deepEqual(durations.bounds, [0.1, 1])
  assert.deepEqual(durations.counts, [3, 2, 2])
  assert.equal(durations.sumSeconds, 66.5375)
})

test("Durations has bounds from a millisecond to five seconds, unless given", () => {
  const { bounds, counts } = new Durations()
  assert.deepEqual([bounds[0], bounds.at(-1), bounds.length], [0.001, 5, 12])
  assert.deepEqual(
    bounds,
    [...bounds].sort((a, b) => a - b),
  )
  assert.equal(counts.length, 13)
})
