import assert from "node:assert/strict"
import { test } from "node:test"
import { type Bucket, refilled, secondsUntilToken } from "../../src/limit/token_bucket.ts"

const rate = { capacity: 3, secondsPerToken: 10 }

const refills: readonly (readonly [name: string, before: Bucket, now: number, after: Bucket])[] = [
  ["at once", { tokens: 1, at: 100 }, 100, { tokens: 1, at: 100 }],
  ["after one token's time", { tokens: 1, at: 100 }, 110, { tokens: 2, at: 110 }],
  ["after half of it", { tokens: 0, at: 100 }, 105, { tokens: 0.5, at: 105 }],
  ["to its capacity and no further", { tokens: 0, at: 100 }, 100_000, { tokens: 3, at: 100_000 }],
  ["when it was full", { tokens: 3, at: 100 }, 110, { tokens: 3, at: 110 }],
  ["at an instant that seems earlier", { tokens: 1, at: 100 }, 50, { tokens: 1, at: 100 }],
]

for (const [name, before, now, after] of refills) {
  test(`refilled() ${name}`, () => {
    assert.deepEqual(refilled(before, rate, now), after)
  })
}

test("refilled() in many small steps gives what one large step gives", () => {
  // Numbers that add up without rounding.
  const exact = { capacity: 3, secondsPerToken: 8 }
  let bucket: Bucket = { tokens: 0, at: 0 }
  for (let now = 0.25; now <= 20; now += 0.25) bucket = refilled(bucket, exact, now)
  assert.deepEqual(bucket, { tokens: 2.5, at: 20 })
})

const waits: readonly (readonly [tokens: number, seconds: number])[] = [
  [3, 0],
  [1, 0],
  [0.5, 5],
  [0, 10],
]

for (const [tokens, seconds] of waits) {
  test(`secondsUntilToken() of ${tokens} tokens is ${seconds}`, () => {
    assert.equal(secondsUntilToken({ tokens, at: 100 }, rate), seconds)
  })
}
