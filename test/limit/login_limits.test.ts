import assert from "node:assert/strict"
import { test } from "node:test"
import { type Attempt, createLoginLimits } from "../../src/limit/login_limits.ts"
import { createFakeClock } from "../support/fake_clock.ts"

const address = "192.0.2.7"

/** An attempt by a stranger; `members` replaces what matters to a test. */
function attemptOn(username: string | null, members: Partial<Attempt> = {}): Attempt {
  return { username, address, device: null, ...members }
}

/** Limits, their clock, and a way to fail as often as is allowed at once. */
function createLimited(hashesAtATime = 2) {
  const { now: seconds, advance } = createFakeClock()
  const limits = createLoginLimits({ hashesAtATime, seconds })
  const fail = (attempt: Attempt, times = 1) => {
    for (let count = 0; count < times; count += 1) {
      assert.equal(limits.wait(attempt), 0, `failure ${count + 1}`)
      limits.count(attempt)
    }
  }
  /** Uses up a client's budget with names that are nobody's. */
  const exhaust = (members: Partial<Attempt> = {}) => {
    for (let index = 0; index < 100; index += 1) fail(attemptOn(`nobody${index}`, members))
  }
  return { limits, advance, fail, exhaust }
}

test("wait() delays a client's attempts on an account after five, and nobody else's", () => {
  const { limits, fail } = createLimited()
  fail(attemptOn("alice"), 5)
  const others = [
    attemptOn("bob"),
    attemptOn("alice", { address: "192.0.2.8" }),
    attemptOn("alice", { device: "d1" }),
    attemptOn("alic"),
    attemptOn(null),
  ]
  assert.equal(limits.wait(attemptOn("alice")), 1)
  assert.deepEqual(
    others.map((other) => limits.wait(other)),
    others.map(() => 0),
  )
})

/** Addresses that are one client, and addresses that are two. */
const clients: readonly (readonly [one: string, other: string, isSame: boolean])[] = [
  ["192.0.2.7", "::ffff:192.0.2.7", true],
  ["2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", true],
  ["2001:db8::1", "2001:0DB8:0000::1", true],
  ["2001:db8::1", "2001:db8:0:1::1", false],
  ["192.0.2.7", "192.0.2.70", false],
  ["no address", "none either", true],
]

for (const [one, other, isSame] of clients) {
  test(`wait() takes ${one} and ${other} for ${isSame ? "one client" : "two clients"}`, () => {
    const [pair, client] = [createLimited(), createLimited()]
    const attempt = attemptOn("alice", { address: other })
    pair.fail(attemptOn("alice", { address: one }), 5)
    assert.equal(pair.limits.wait(attempt), isSame ? 1 : 0)
    client.exhaust({ address: one })
    assert.equal(client.limits.wait(attempt), isSame ? 10 : 0)
  })
}

test("wait() counts names that can't be names as one account", () => {
  const { limits, fail } = createLimited()
  fail(attemptOn(null), 5)
  assert.equal(limits.wait(attemptOn(null)), 1)
  assert.equal(limits.wait(attemptOn("alice")), 0)
})

test("wait() keeps out a client that failed a hundred times, then lets it try each ten seconds", () => {
  const { limits, advance, exhaust, fail } = createLimited()
  exhaust()
  const fresh = attemptOn("alice")
  assert.equal(limits.wait(fresh), 10)
  assert.equal(limits.wait(attemptOn("alice", { address: "192.0.2.8" })), 0)
  advance(4)
  assert.equal(limits.wait(fresh), 6)
  advance(6)
  fail(fresh)
  assert.equal(limits.wait(fresh), 10)
  advance(1000)
  exhaust()
})

test("wait() judges a known device by itself: neither by its client nor as a stranger", () => {
  const { limits, fail, exhaust } = createLimited()
  exhaust()
  fail(attemptOn("alice", { device: "d1" }), 5)
  assert.equal(limits.wait(attemptOn("alice", { device: "d1" })), 1)
  assert.equal(limits.wait(attemptOn("alice", { device: "d1", address: "192.0.2.8" })), 1)
  for (const other of [attemptOn("alice", { device: "d2" }), attemptOn("bob", { device: "d1" })]) {
    assert.equal(limits.wait(other), 0)
  }
})

test("count() of a known device takes nothing of its client's budget", () => {
  const { limits, fail, exhaust } = createLimited()
  for (let index = 0; index < 100; index += 1) fail(attemptOn("alice", { device: `d${index}` }))
  exhaust()
  // Nor does its success give the client anything.
  limits.succeeded(attemptOn("alice", { device: "d1" }))
  limits.giveBack(attemptOn("alice", { device: "d2" }))
  assert.equal(limits.wait(attemptOn("bob")), 10)
})

test("succeeded() forgives the pair, and of the client's budget takes back its own part", () => {
  const { limits, fail, exhaust } = createLimited()
  exhaust()
  limits.succeeded(attemptOn("nobody7"))
  fail(attemptOn("bob"))
  assert.equal(limits.wait(attemptOn("bob")), 10)
  const [alice, device] = [attemptOn("alice"), attemptOn("alice", { device: "d1" })]
  for (const attempt of [alice, device]) for (let n = 0; n < 5; n += 1) limits.count(attempt)
  limits.succeeded(device)
  assert.deepEqual(limits.reached(device), { budget: false, delay: false, rate: false })
  limits.succeeded(alice)
  assert.deepEqual(limits.reached(alice), { budget: false, delay: false, rate: false })
  for (const attempt of [alice, device]) for (let n = 0; n < 4; n += 1) limits.count(attempt)
  assert.equal(limits.reached(device).delay, false)
  assert.equal(limits.reached(alice).delay, false)
})

test("giveBack() leaves everything as if there had been no attempt", () => {
  const { limits, fail } = createLimited()
  fail(attemptOn("alice"), 4)
  for (let index = 0; index < 200; index += 1) {
    limits.count(attemptOn("alice"))
    limits.giveBack(attemptOn("alice"))
  }
  assert.equal(limits.wait(attemptOn("alice")), 0)
  fail(attemptOn("alice"))
  assert.deepEqual(limits.reached(attemptOn("alice")), { budget: false, delay: true, rate: false })
  for (let index = 0; index < 95; index += 1) fail(attemptOn(`nobody${index}`))
  assert.equal(limits.wait(attemptOn("bob")), 10)
})

test("reached() says what is over", () => {
  const { limits, fail } = createLimited()
  const alice = attemptOn("alice")
  fail(alice, 4)
  assert.deepEqual(limits.reached(alice), { budget: false, delay: false, rate: false })
  fail(alice)
  assert.deepEqual(limits.reached(alice), { budget: false, delay: true, rate: false })
  for (let index = 0; index < 95; index += 1) fail(attemptOn(`nobody${index}`))
  assert.deepEqual(limits.reached(alice), { budget: true, delay: true, rate: false })
  assert.deepEqual(limits.reached(attemptOn("bob")), { budget: true, delay: false, rate: false })
  const device = attemptOn("alice", { device: "d1" })
  assert.deepEqual(limits.reached(device), { budget: false, delay: false, rate: false })
})

test("forgive() lets every client and device try the account again, and no other account", () => {
  const { limits, fail } = createLimited()
  const of = (username: string) => [
    attemptOn(username),
    attemptOn(username, { address: "2001:db8::1" }),
    attemptOn(username, { device: "d1" }),
  ]
  const others = [...of("alice"), ...of("a"), ...of("bal"), attemptOn(null)]
  for (const attempt of [...of("al"), ...others]) fail(attempt, 5)
  limits.forgive("al")
  assert.deepEqual(
    of("al").map((attempt) => limits.wait(attempt)),
    [0, 0, 0],
  )
  assert.deepEqual(
    others.map((attempt) => limits.wait(attempt)),
    others.map(() => 1),
  )
})

test("createLoginLimits() takes attempts that are undecided at a time for no failures", () => {
  for (const [hashesAtATime, free] of [
    [1, 5],
    [4, 5],
    [5, 6],
    [16, 17],
  ] as const) {
    const { limits, fail } = createLimited(hashesAtATime)
    fail(attemptOn("alice"), free)
    assert.equal(limits.wait(attemptOn("alice")), 1, `${hashesAtATime}`)
  }
})

test("wait() lets all others in while 100,000 names are made up at one address", () => {
  const { limits, fail } = createLimited()
  fail(attemptOn("alice", { address: "192.0.2.8" }), 5)
  let counted = 0
  for (let index = 0; index < 100_000; index += 1) {
    const attempt = attemptOn(`nobody${index}`)
    if (limits.wait(attempt) > 0) continue
    limits.count(attempt)
    counted += 1
  }
  assert.equal(counted, 100)
  assert.equal(limits.wait(attemptOn("bob", { address: "192.0.2.8" })), 0)
  assert.equal(limits.wait(attemptOn("alice", { address: "192.0.2.8" })), 1)
})

test("wait() locks nobody out when 100,000 names come from as many networks, and limits go on", () => {
  const { limits, fail } = createLimited()
  for (let index = 0; index < 100_000; index += 1) {
    const network = `2001:${(index >> 16).toString(16)}:${(index & 0xffff).toString(16)}::1`
    fail(attemptOn(`nobody${index}`, { address: network }))
  }
  fail(attemptOn("alice"), 5)
  assert.equal(limits.wait(attemptOn("alice")), 1)
  assert.equal(limits.wait(attemptOn("bob", { address: "192.0.2.8" })), 0)
})

test("wait() takes the owner of an IPv6 /48 for ten clients and not for 65,536", () => {
  const { limits, fail } = createLimited()
  const of = (index: number) => ({ address: `2001:db8:7:${index.toString(16)}::1` })
  for (let index = 0; index < 1000; index += 1) fail(attemptOn(`nobody${index}`, of(index)))
  assert.equal(limits.wait(attemptOn("alice", of(2000))), 1)
  assert.equal(limits.wait(attemptOn("alice", { address: "2001:db8:8::1" })), 0)
})

/** Logs in as often as is allowed at once, and gives how often that was. */
function logInUntilDelayed({ limits }: ReturnType<typeof createLimited>, attempt: Attempt): number {
  let count = 0
  for (; limits.wait(attempt) === 0; count += 1) {
    limits.count(attempt)
    limits.succeeded(attempt)
  }
  return count
}

test("succeeded() allows an account and a client 300 logins at once, then one in two seconds", () => {
  const limited = createLimited()
  const { limits, advance } = limited
  const alice = attemptOn("alice")
  assert.equal(limits.reached(alice).rate, false)
  assert.equal(logInUntilDelayed(limited, alice), 300)
  assert.deepEqual(limits.reached(alice), { budget: false, delay: false, rate: true })
  assert.equal(limits.wait(alice), 2)
  for (const other of [
    attemptOn("bob"),
    attemptOn("alice", { address: "192.0.2.8" }),
    attemptOn("alice", { device: "d1" }),
  ]) {
    assert.equal(limits.wait(other), 0)
  }
  advance(100)
  assert.equal(logInUntilDelayed(limited, alice), 50)
})

test("succeeded() counts all devices of an account together, and none with strangers", () => {
  const limited = createLimited()
  const { limits } = limited
  for (let index = 0; index < 300; index += 1) {
    limits.succeeded(attemptOn("alice", { device: `d${index}` }))
  }
  assert.equal(limits.wait(attemptOn("alice", { device: "d300" })), 2)
  assert.equal(limits.wait(attemptOn("alice")), 0)
  assert.equal(limits.wait(attemptOn("bob", { device: "d1" })), 0)
})

test("succeeded() allows a client 3,000 logins at once, whatever the accounts, then one a second", () => {
  const limited = createLimited()
  const { limits, advance } = limited
  for (let index = 0; index < 3000; index += 1) {
    const attempt = attemptOn(`user${index % 100}`)
    assert.equal(limits.wait(attempt), 0)
    limits.succeeded(attempt)
  }
  const fresh = attemptOn("alice")
  assert.equal(limits.wait(fresh), 1)
  assert.equal(limits.wait(attemptOn("alice", { device: "d1" })), 0)
  assert.equal(limits.wait(attemptOn("alice", { address: "192.0.2.8" })), 0)
  advance(7)
  assert.equal(logInUntilDelayed(limited, fresh), 7)
})

test("failures() counts those in a row of an account and a client", () => {
  const { limits, fail } = createLimited()
  const session = attemptOn("alice", { device: "session s1" })
  assert.equal(limits.failures(session), 0)
  fail(session, 4)
  assert.equal(limits.failures(session), 4)
  assert.equal(limits.failures(attemptOn("alice")), 0)
  limits.succeeded(session)
  assert.equal(limits.failures(session), 0)
})
