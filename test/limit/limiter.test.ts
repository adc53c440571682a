import assert from "node:assert/strict"
import { test } from "node:test"
import { createLimiter } from "../../src/limit/limiter.ts"
import { createFakeClock } from "../support/fake_clock.ts"

/** A limiter of three at once, and one in ten seconds; and its clock. */
function createLimited(entriesMax = 100) {
  const { now: seconds, advance } = createFakeClock()
  const limiter = createLimiter({ capacity: 3, secondsPerToken: 10 }, { entriesMax, seconds })
  const takeAll = (key: string) => {
    for (let count = 0; count < 3; count += 1) assert.equal(limiter.take(key), 0)
  }
  return { limiter, advance, takeAll }
}

test("take() counts up to the capacity, and then says how long to wait", () => {
  const { limiter, takeAll } = createLimited()
  takeAll("a")
  assert.equal(limiter.take("a"), 10)
  assert.equal(limiter.wait("a"), 10)
})

test("take() that had to wait counts nothing: who goes on asking waits no longer", () => {
  const { limiter, advance, takeAll } = createLimited()
  takeAll("a")
  for (let count = 0; count < 100; count += 1) limiter.take("a")
  advance(4)
  assert.equal(limiter.take("a"), 6)
  advance(6)
  assert.equal(limiter.take("a"), 0)
  assert.equal(limiter.take("a"), 10)
})

test("take() allows one for each ten seconds in the long run, however they are spread", () => {
  for (const step of [1, 3, 7, 10, 25]) {
    const { limiter, advance } = createLimited()
    let taken = 0
    for (let passed = 0; passed < 1000; passed += step) {
      while (limiter.take("a") === 0) taken += 1
      advance(step)
    }
    assert.ok(taken >= 100 && taken <= 103, `${taken} in steps of ${step} s`)
  }
})

test("take() of many at once allows no more than one after the other", async () => {
  const { limiter } = createLimited()
  const waits = await Promise.all(Array.from({ length: 200 }, async () => limiter.take("a")))
  assert.equal(waits.filter((wait) => wait === 0).length, 3)
})

test("take() of one key leaves the others alone", () => {
  const { limiter, takeAll } = createLimited()
  takeAll("a")
  assert.deepEqual([limiter.wait("a"), limiter.wait("b"), limiter.take("b")], [10, 0, 0])
})

test("wait() counts nothing", () => {
  const { limiter, takeAll } = createLimited()
  for (let count = 0; count < 100; count += 1) assert.equal(limiter.wait("a"), 0)
  takeAll("a")
})

test("giveBack() takes back one, and never more than was taken", () => {
  const { limiter, takeAll } = createLimited()
  takeAll("a")
  limiter.giveBack("a")
  assert.deepEqual([limiter.take("a"), limiter.take("a")], [0, 10])
  for (let count = 0; count < 100; count += 1) limiter.giveBack("a")
  takeAll("a")
  assert.equal(limiter.take("a"), 10)
})

test("take() goes by a clock that stands still, and by one that seems to go back", () => {
  const { limiter, advance, takeAll } = createLimited()
  takeAll("a")
  advance(0)
  assert.equal(limiter.take("a"), 10)
  advance(-1000)
  assert.equal(limiter.take("a"), 10)
  advance(1005)
  assert.equal(limiter.take("a"), 5)
  advance(5)
  assert.equal(limiter.take("a"), 0)
})

test("take() forgets who was counted longest ago when there are too many, and forgives", () => {
  const { limiter, takeAll } = createLimited(2)
  for (const key of ["a", "b"]) takeAll(key)
  limiter.take("c")
  assert.deepEqual(
    ["a", "b", "c"].map((key) => limiter.wait(key)),
    [0, 10, 0],
  )
})
