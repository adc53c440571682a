import assert from "node:assert/strict"
import { test } from "node:test"
import { createDelays } from "../../src/limit/delays.ts"
import { createFakeClock } from "../support/fake_clock.ts"

/** Delays after five failures, and their clock. */
function createDelayed(keysMax = 100) {
  const { now: seconds, advance } = createFakeClock()
  const delays = createDelays({ freeFailures: 5, keysMax, seconds })
  const fail = (key: string, times: number) => {
    for (let count = 0; count < times; count += 1) delays.count(key)
  }
  /** Fails once more, and gives the delay after that. */
  const delayAfter = (key: string) => {
    delays.count(key)
    return delays.wait(key)
  }
  return { delays, advance, fail, delayAfter }
}

test("count() makes five failures free, and doubles the delay with each more, up to 900 s", () => {
  const { delays, advance, delayAfter } = createDelayed()
  const counted = Array.from({ length: 18 }, () => {
    const delay = delayAfter("a")
    assert.equal(delays.wait("a"), delay)
    advance(delay)
    assert.equal(delays.wait("a"), 0)
    return delay
  })
  assert.deepEqual(counted.slice(0, 9), [0, 0, 0, 0, 1, 2, 4, 8, 16])
  assert.deepEqual(counted.slice(9), [32, 64, 128, 256, 512, 900, 900, 900, 900])
})

test("count() never delays for longer than 900 s, after however many failures", () => {
  const { fail, delayAfter } = createDelayed()
  fail("a", 5000)
  assert.equal(delayAfter("a"), 900)
})

test("wait() goes down with time, and counts nothing", () => {
  const { delays, advance, fail, delayAfter } = createDelayed()
  assert.equal(delays.wait("a"), 0)
  fail("a", 8)
  for (const expected of [8, 5, 2, 0, 0]) {
    assert.equal(delays.wait("a"), expected)
    advance(3)
  }
  assert.equal(delayAfter("a"), 16)
})

test("count() of one key leaves the others alone", () => {
  const { delays, fail, delayAfter } = createDelayed()
  fail("a", 20)
  assert.deepEqual([delays.wait("b"), delayAfter("b")], [0, 0])
})

test("count() starts again after more than an hour of peace, and not before", () => {
  const { delays, advance, fail, delayAfter } = createDelayed()
  fail("a", 9)
  advance(16 + 3600)
  assert.equal(delayAfter("a"), 32)
  advance(32 + 3601)
  assert.deepEqual([delays.wait("a"), delayAfter("a")], [0, 0])
  fail("a", 3)
  assert.equal(delayAfter("a"), 1)
})

test("forget() forgets all failures of the key, and of no other", () => {
  const { delays, fail, delayAfter } = createDelayed()
  for (const key of ["a", "ab"]) fail(key, 9)
  delays.forget("a")
  assert.deepEqual([delays.wait("a"), delays.wait("ab")], [0, 16])
  assert.equal(delayAfter("a"), 0)
})

test("giveBack() forgets the last one: it was due, and is due again", () => {
  const { delays, advance, fail, delayAfter } = createDelayed()
  fail("a", 7)
  advance(4)
  delays.count("a")
  delays.giveBack("a")
  assert.equal(delays.wait("a"), 0)
  assert.equal(delayAfter("a"), 8)
})

test("giveBack() of the only failure leaves no count, and without a failure does nothing", () => {
  const { delays, fail, delayAfter } = createDelayed()
  fail("a", 1)
  for (const _ of ["the only one", "none"]) delays.giveBack("a")
  fail("a", 4)
  assert.deepEqual([delays.wait("a"), delayAfter("a")], [0, 1])
})

test("forgetAll() forgets the keys that start like this, and no others", () => {
  const { delays, fail } = createDelayed()
  const keys = ["al 192.0.2.7", "al 2001:db8::/64", "alice 192.0.2.7", " al 192.0.2.7", "a al "]
  for (const key of keys) fail(key, 6)
  delays.forgetAll("al ")
  assert.deepEqual(
    keys.map((key) => delays.wait(key)),
    [0, 0, 2, 2, 2],
  )
})

test("count() forgets the oldest keys when there are too many", () => {
  const { delays, fail } = createDelayed(2)
  for (const key of ["a", "b", "c"]) fail(key, 6)
  assert.deepEqual(
    ["a", "b", "c"].map((key) => delays.wait(key)),
    [0, 2, 2],
  )
})

test("waiting() counts the keys that have to wait now", () => {
  const { delays, fail, advance } = createDelayed()
  for (const key of ["a", "b"]) fail(key, 6)
  fail("c", 1)
  assert.equal(delays.waiting(), 2)
  advance(2)
  assert.equal(delays.waiting(), 0)
})
