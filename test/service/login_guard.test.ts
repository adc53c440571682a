// The limits that the guard keeps in memory. The account's count is in login_guard_account.test.ts.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { LoginAttempt } from "../../src/service/login_attempt.ts"
import { attemptOn, countOf, createGuarded, type Guarded, inTurn } from "./guarded.ts"

const onUnknownName = (index: number, members: Partial<LoginAttempt> = {}) =>
  attemptOn(`nobody${index}`, members)

/** Spends a client's failures on unknown names. */
async function exhaust({ fail }: Guarded, members: Partial<LoginAttempt> = {}): Promise<void> {
  const outcomes = await inTurn(101, (index) => fail(onUnknownName(index, members)))
  assert.deepEqual([countOf(outcomes, "out"), outcomes.at(-1)], [100, 10])
}

test("verify() delays a client at an account after five failures, and no other client", async () => {
  const { fail } = await createGuarded()
  assert.deepEqual(await inTurn(6, () => fail(attemptOn("alice"))), [...Array(5).fill("out"), 1])
  for (const other of [
    attemptOn("bob"),
    attemptOn("alice", { address: "192.0.2.8" }),
    attemptOn("alice", { device: "d1" }),
    attemptOn("alic"),
    attemptOn(null),
  ]) {
    assert.equal(await fail(other), "out")
  }
})

/** Addresses of one client, and addresses of two. */
const clients: readonly (readonly [one: string, other: string, isSame: boolean])[] = [
  ["192.0.2.7", "::ffff:192.0.2.7", true],
  ["2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", true],
  ["2001:db8::1", "2001:0DB8:0000::1", true],
  ["2001:db8::1", "2001:db8:0:1::1", false],
  ["192.0.2.7", "192.0.2.70", false],
  ["no address", "none either", true],
]

for (const [one, other, isSame] of clients) {
  test(`verify() counts ${one} and ${other} as ${isSame ? "one client" : "two clients"}`, async () => {
    const [pair, client] = [await createGuarded(), await createGuarded()]
    const attempt = attemptOn("alice", { address: other })
    await inTurn(5, () => pair.fail(attemptOn("alice", { address: one })))
    assert.equal(await pair.fail(attempt), isSame ? 1 : "out")
    await exhaust(client, { address: one })
    assert.equal(await client.fail(attempt), isSame ? 10 : "out")
  })
}

test("verify() of devices neither charges nor refunds their client", async () => {
  const guarded = await createGuarded()
  const { fail, succeed } = guarded
  await inTurn(20, (index) => fail(attemptOn("alice", { device: `d${index}` })))
  await exhaust(guarded)
  assert.equal(await succeed(attemptOn("alice", { device: "d1" })), "in")
  assert.equal(await fail(attemptOn("bob")), 10)
})

test("verify() of a success gives back only its own charge", async () => {
  const guarded = await createGuarded()
  assert.deepEqual(
    await inTurn(150, () => guarded.succeed(attemptOn("alice"))),
    Array(150).fill("in"),
  )
  await exhaust(guarded)
})

test("verify() does not count concurrent undecided attempts as failures", async () => {
  for (const [hashesAtATime, free] of [
    [1, 5],
    [4, 5],
    [5, 6],
    [16, 17],
  ] as const) {
    const { fail } = await createGuarded({ hashesAtATime })
    const outcomes = await inTurn(free + 1, () => fail(attemptOn("alice")))
    assert.deepEqual([countOf(outcomes, "out"), outcomes.at(-1)], [free, 1], `${hashesAtATime}`)
  }
})

test("verify() counts an IPv6 /48 as ten clients", async () => {
  const { fail } = await createGuarded()
  const of = (index: number) => ({ address: `2001:db8:7:${index.toString(16)}::1` })
  const outcomes = await inTurn(1000, (index) => fail(onUnknownName(index, of(index))))
  assert.equal(countOf(outcomes, "out"), 1000)
  assert.equal(await fail(attemptOn("alice", of(2000))), 1)
  assert.equal(await fail(attemptOn("alice", { address: "2001:db8:8::1" })), "out")
})

test("verify() compares 100 of 10,000 invented names of one client, and accepts others", async () => {
  const { fail, succeed } = await createGuarded()
  const outcomes = await inTurn(10_000, (index) => fail(onUnknownName(index)))
  assert.equal(countOf(outcomes, "out"), 100)
  assert.equal(await succeed(attemptOn("bob", { address: "192.0.2.8" })), "in")
})

// That the memory is bounded is in kept_memory.test.ts.
test("verify() keeps its limits, and locks nobody out, after 25,000 names from as many networks", async () => {
  const { fail, succeed } = await createGuarded()
  const outcomes = await inTurn(25_000, (index) => {
    const network = `2001:${(index >> 8).toString(16)}:${(index & 255).toString(16)}::1`
    return fail(onUnknownName(index, { address: network }))
  })
  assert.equal(countOf(outcomes, "out"), 25_000)
  assert.deepEqual(await inTurn(6, () => fail(attemptOn("alice"))), [...Array(5).fill("out"), 1])
  assert.equal(await succeed(attemptOn("bob", { address: "192.0.2.8" })), "in")
})

test("verify() allows an account and a client 300 logins at once, then one in two seconds", async () => {
  const { succeed, advance, takeEvents } = await createGuarded()
  const alice = attemptOn("alice")
  assert.equal(countOf(await inTurn(299, () => succeed(alice)), "in"), 299)
  assert.deepEqual(takeEvents(), [])
  assert.equal(await succeed(alice), "in")
  assert.deepEqual(takeEvents(), ["client.throttled"])
  assert.equal(await succeed(alice), 2)
  for (const other of [
    attemptOn("bob"),
    attemptOn("alice", { address: "192.0.2.8" }),
    attemptOn("alice", { device: "d1" }),
  ]) {
    assert.equal(await succeed(other), "in")
  }
  advance(100)
  assert.equal(countOf(await inTurn(60, () => succeed(alice)), "in"), 50)
})

test("verify() counts the logins of all devices of an account together", async () => {
  const { succeed } = await createGuarded()
  const outcomes = await inTurn(301, (index) =>
    succeed(attemptOn("alice", { device: `d${index}` })),
  )
  assert.deepEqual([countOf(outcomes, "in"), outcomes.at(-1)], [300, 2])
  assert.equal(await succeed(attemptOn("alice")), "in")
  assert.equal(await succeed(attemptOn("bob", { device: "d1" })), "in")
})

test("verify() allows a client 3,000 logins at once for all accounts, then one a second", async () => {
  const { store, succeed, advance } = await createGuarded()
  const alice = await store.users.find("alice")
  assert.ok(alice !== null)
  await inTurn(11, (index) => store.users.create({ ...alice, username: `user${index}` }))
  const logIn = (index: number) => succeed(attemptOn(`user${index % 11}`))
  assert.equal(countOf(await inTurn(3000, logIn), "in"), 3000)
  assert.equal(await succeed(attemptOn("alice")), 1)
  assert.equal(await succeed(attemptOn("alice", { device: "d1" })), "in")
  assert.equal(await succeed(attemptOn("alice", { address: "192.0.2.8" })), "in")
  advance(7)
  assert.equal(countOf(await inTurn(10, () => succeed(attemptOn("bob"))), "in"), 7)
})
