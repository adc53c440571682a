import assert from "node:assert/strict"
import { test } from "node:test"
import { createRateLimit, ratesOfClient } from "../../src/limit/rate_limit.ts"
import { createFakeClock } from "../support/fake_clock.ts"

const rate = { capacity: 3, secondsPerToken: 10 }
const keyOf = (key: string) => key

/** A limit of three at once and then one in ten seconds, and its clock. */
function createLimited(keysMax = 100) {
  const { now: seconds, advance } = createFakeClock()
  const limit = createRateLimit([{ ...rate, keyOf }], { keysMax, seconds })
  const takeAll = (key: string) => {
    for (let count = 0; count < 3; count += 1) assert.equal(limit.take(key), 0)
  }
  return { limit, advance, takeAll }
}

test("take() counts up to the capacity, and then says how long to wait", () => {
  const { limit, takeAll } = createLimited()
  takeAll("a")
  assert.equal(limit.take("a"), 10)
  assert.equal(limit.wait("a"), 10)
})

test("take() that has to wait takes nothing: asking again does not prolong the wait", () => {
  const { limit, advance, takeAll } = createLimited()
  takeAll("a")
  for (let count = 0; count < 100; count += 1) limit.take("a")
  advance(4)
  assert.equal(limit.take("a"), 6)
  advance(6)
  assert.equal(limit.take("a"), 0)
  assert.equal(limit.take("a"), 10)
})

test("take() allows one in ten seconds in the long run, however they are spread", () => {
  for (const step of [1, 3, 7, 10, 25]) {
    const { limit, advance } = createLimited()
    let taken = 0
    for (let passed = 0; passed < 1000; passed += step) {
      while (limit.take("a") === 0) taken += 1
      advance(step)
    }
    assert.ok(taken >= 100 && taken <= 103, `${taken} in steps of ${step} s`)
  }
})

test("take() of one key leaves the others alone", () => {
  const { limit, takeAll } = createLimited()
  takeAll("a")
  assert.deepEqual([limit.wait("a"), limit.wait("b"), limit.take("b")], [10, 0, 0])
})

test("take() keeps names of JavaScript's own members apart from these members", () => {
  const { limit, takeAll } = createLimited()
  for (const name of ["__proto__", "constructor"]) {
    takeAll(name)
    assert.equal(limit.take(name), 10)
  }
})

test("wait() takes nothing", () => {
  const { limit, takeAll } = createLimited()
  for (let count = 0; count < 100; count += 1) assert.equal(limit.wait("a"), 0)
  takeAll("a")
})

test("giveBack() puts back one, and never more than was taken", () => {
  const { limit, takeAll } = createLimited()
  takeAll("a")
  limit.giveBack("a")
  assert.deepEqual([limit.take("a"), limit.take("a")], [0, 10])
  for (let count = 0; count < 100; count += 1) limit.giveBack("a")
  takeAll("a")
  assert.equal(limit.take("a"), 10)
})

test("take() goes by a clock that stands still, and by one that seems to go back", () => {
  const { limit, advance, takeAll } = createLimited()
  takeAll("a")
  advance(0)
  assert.equal(limit.take("a"), 10)
  advance(-1000)
  assert.equal(limit.take("a"), 10)
  advance(1005)
  assert.equal(limit.take("a"), 5)
  advance(5)
  assert.equal(limit.take("a"), 0)
})

test("take() forgets the key that was counted longest ago when there are too many", () => {
  const { limit, takeAll } = createLimited(2)
  for (const key of ["a", "b"]) takeAll(key)
  limit.take("c")
  assert.deepEqual(
    ["a", "b", "c"].map((key) => limit.wait(key)),
    [0, 10, 0],
  )
})

test("take() takes a token of each bucket of an event, or none", () => {
  const { now: seconds } = createFakeClock()
  const each = { capacity: 2, secondsPerToken: 10, keyOf }
  const all = { ...rate, keyOf: (key: string) => (key === "free" ? null : "all") }
  const limit = createRateLimit([each, all], { seconds })
  assert.deepEqual(["a", "a", "a", "b", "b"].map(limit.take), [0, 0, 10, 0, 10])
  for (let count = 0; count < 10; count += 1) assert.equal(limit.take("c"), 10)
  assert.deepEqual(["free", "free", "free"].map(limit.take), [0, 0, 10])
  limit.giveBack("a")
  assert.deepEqual(["c", "a"].map(limit.take), [0, 10])
})

/** The limit of clients by their address. */
function createClientLimited() {
  const { now: seconds, advance } = createFakeClock()
  const limit = createRateLimit(ratesOfClient(rate, keyOf), { seconds })
  const takeUntilDelayed = (address: (index: number) => string) => {
    for (let count = 0; ; count += 1) if (limit.take(address(count)) > 0) return count
  }
  return { limit, advance, takeUntilDelayed }
}

const clients: readonly (readonly [
  what: string,
  address: (index: number) => string,
  capacity: number,
])[] = [
  ["an IPv4 address", () => "192.0.2.7", 3],
  ["an IPv4 address as IPv6", () => "::ffff:192.0.2.7", 3],
  ["an IPv6 /64", (index) => `2001:db8:1:2::${index.toString(16)}`, 3],
  ["an IPv6 /48", (index) => `2001:db8:1:${index.toString(16)}::1`, 30],
]

for (const [what, address, capacity] of clients) {
  test(`ratesOfClient() allows ${what} ${capacity} at once, and other clients as well`, () => {
    const { limit, takeUntilDelayed } = createClientLimited()
    assert.equal(takeUntilDelayed(address), capacity)
    for (const other of ["192.0.2.8", "2001:db8:2::1"]) assert.equal(limit.take(other), 0)
  })
}

test("ratesOfClient() refills a /48 ten times as fast as a /64", () => {
  const { limit, advance, takeUntilDelayed } = createClientLimited()
  const of = (index: number) => `2001:db8:1:${index.toString(16)}::1`
  takeUntilDelayed(of)
  assert.equal(limit.wait(of(200)), 1)
  advance(5)
  assert.equal(
    takeUntilDelayed((index) => of(300 + index)),
    5,
  )
})

test("waiting() counts the keys of the first rate that have to wait now", () => {
  const { limit, advance, takeAll } = createLimited()
  for (const key of ["a", "b"]) takeAll(key)
  limit.take("c")
  assert.equal(limit.waiting(), 2)
  advance(10)
  assert.equal(limit.waiting(), 0)
  const clients = createClientLimited()
  clients.takeUntilDelayed((index) => `2001:db8:1:${index.toString(16)}::1`)
  assert.equal(clients.limit.waiting(), 0, "the /48 waits, and none of its clients alone")
})
