// Values that are there at once go on at once; promises later, with the same outcome.

import assert from "node:assert/strict"
import { test } from "node:test"
import { type Awaitable, after, recover } from "../src/awaitable.ts"

const failure = new TypeError("no")

const fails = (): never => {
  throw failure
}

test("after() goes on at once with a value that is there", () => {
  assert.equal(
    after(2, (number) => number + 1),
    3,
  )
  assert.throws(() => after(2, fails), failure)
})

test("after() goes on with a promise when it is fulfilled, and not when it is rejected", async () => {
  const later = after(Promise.resolve(2), (number) => number + 1)
  assert.ok(later instanceof Promise)
  assert.equal(await later, 3)
  await assert.rejects(async () => after(Promise.resolve(2), fails), failure)
  const calls: number[] = []
  const refused: Promise<number> = Promise.reject(failure)
  await assert.rejects(async () => after(refused, (number) => calls.push(number)), failure)
  assert.deepEqual(calls, [])
})

const works: readonly (readonly [string, () => Awaitable<string>, string, boolean])[] = [
  ["a value, at once", () => "done", "done", false],
  ["a promise", async () => "done", "done", true],
  ["what is thrown, at once", fails, "TypeError: no", false],
  ["what is rejected", async () => fails(), "TypeError: no", true],
]

for (const [what, work, outcome, isLater] of works) {
  test(`recover() answers ${what}`, async () => {
    const answer = recover(work, String)
    assert.equal(answer instanceof Promise, isLater)
    assert.equal(await answer, outcome)
  })
}
