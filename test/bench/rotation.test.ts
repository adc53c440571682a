import assert from "node:assert/strict"
import { test } from "node:test"
import { orderOfRound } from "../../bench/rotation.ts"

test("orderOfRound() lets each be first, and goes backwards every second round", () => {
  const orders = [0, 1, 2, 3].map((round) => orderOfRound(["a", "b", "c"], round).join(""))
  assert.deepEqual(orders, ["abc", "acb", "cab", "cba"])
})

test("orderOfRound() leaves the list as it is", () => {
  const items = Object.freeze(["a", "b"])
  assert.deepEqual(orderOfRound(items, 1), ["a", "b"])
  assert.deepEqual(orderOfRound([], 3), [])
})
