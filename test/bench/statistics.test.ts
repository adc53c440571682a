import assert from "node:assert/strict"
import { test } from "node:test"
import { percentile, spreadOf, table } from "../../bench/statistics.ts"

test("percentile() is the measurement below which so many lie", () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index)
  assert.deepEqual(
    [0, 1, 50, 99, 100].map((percent) => percentile(hundred, percent)),
    [1, 1, 50, 99, 100],
  )
  assert.equal(percentile([], 50), Number.NaN)
})

test("spreadOf() gives median, least and most", () => {
  assert.deepEqual(spreadOf([10, 9, 2]), { median: 9, min: 2, max: 10 })
  assert.deepEqual(spreadOf([4, 1, 2, 3]), { median: 2.5, min: 1, max: 4 })
  assert.deepEqual(spreadOf([5]), { median: 5, min: 5, max: 5 })
  assert.equal(spreadOf([]).median, Number.NaN)
})

test("table() puts numbers to the right", () => {
  assert.equal(
    table([
      ["name", "ms"],
      ["a", "10.5"],
    ]),
    "name    ms\na     10.5\n",
  )
})
