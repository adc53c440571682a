// One client and one account: F-05, F-08, F-10, F-11 and F-15. A few failures are free,
// then each next guess has to wait longer.

import assert from "node:assert/strict"
import { test } from "node:test"
import { assertRefused, prepareService, takeEvents } from "../support/api_scenario.ts"
import {
  addressOf,
  assertDelayed,
  badCredentials,
  guess,
  guessInTurn,
  guessUntilDelayed,
  tally,
} from "./guesses.ts"

const right = "wonderland"
const fiveFailures = Array(5).fill("login.failed alice")
const delayed = new Set(["login.delayed alice"])

test("POST /login a thousand times by one client looks at five passwords", async (t) => {
  const { service } = await prepareService(t)
  takeEvents(service)
  const statuses = await guessInTurn(service, Array(1000).fill({}))
  assert.deepEqual(
    [statuses.slice(0, 5), tally(statuses)],
    [Array(5).fill(401), { 401: 5, 429: 995 }],
  )
  assertDelayed(await guess(service, { password: right }), 1)
  assert.deepEqual(takeEvents(service), [
    ...fiveFailures.slice(1),
    "login.delayed alice",
    "login.failed alice",
  ])
  const reply = await guess(service, { password: right, address: addressOf(1) })
  assert.equal(reply.status, 200, reply.body)
})

test("POST /login by one client has to wait twice as long each time, at most 15 minutes", async (t) => {
  const { service } = await prepareService(t)
  await guessUntilDelayed(service)
  const waits: number[] = []
  for (let guesses = 0; guesses < 13; guesses += 1) {
    const wait = Number((await guess(service)).headers["Retry-After"])
    waits.push(wait)
    service.clock.advance(wait - 1)
    assertDelayed(await guess(service), 1)
    service.clock.advance(1)
    assertRefused(await guess(service), badCredentials)
  }
  assert.deepEqual(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900])
})

test("POST /login during the wait does not prolong the wait", async (t) => {
  const { service } = await prepareService(t)
  await guessUntilDelayed(service)
  service.clock.advance(1)
  assertRefused(await guess(service), badCredentials)
  for (let tries = 0; tries < 50; tries += 1) assertDelayed(await guess(service), 2)
  service.clock.advance(2)
  assert.equal((await guess(service, { password: right })).status, 200)
})

test("POST /login forgets failures after an hour of peace, and not before", async (t) => {
  const { service } = await prepareService(t)
  await guessUntilDelayed(service)
  service.clock.advance(3600)
  assertRefused(await guess(service), badCredentials)
  assertDelayed(await guess(service), 2)
  service.clock.advance(2 + 3601)
  await guessUntilDelayed(service)
})

test("POST /login with the right password starts the delay again, for that account only", async (t) => {
  const { service } = await prepareService(t)
  await guessInTurn(service, Array(4).fill({}))
  await guessInTurn(service, Array(4).fill({ username: "bob" }))
  assert.equal((await guess(service, { password: right })).status, 200)
  await guessUntilDelayed(service)
  assertRefused(await guess(service, { username: "bob" }), badCredentials)
  assertDelayed(await guess(service, { username: "bob" }), 1)
})

test("POST /login 200 times at once by one client looks at five passwords", async (t) => {
  const { service } = await prepareService(t)
  takeEvents(service)
  const replies = await Promise.all(Array.from({ length: 200 }, () => guess(service)))
  assert.deepEqual(tally(replies.map(({ status }) => status)), { 401: 5, 429: 195 })
  assert.equal((await service.store.failures.find("alice"))?.strangers, 5)
  // The last two are undecided together: either may be the one that tells.
  const events = takeEvents(service).sort()
  assert.deepEqual([new Set(events.slice(0, -5)), events.slice(-5)], [delayed, fiveFailures])
})

test("POST /login 200 times at once takes the right password only among the first", async (t) => {
  for (const [place, status] of [
    [3, 200],
    [150, 429],
  ] as const) {
    const { service } = await prepareService(t)
    const passwords = Array.from({ length: 200 }, (_, index) => (index === place ? right : "x"))
    const replies = await Promise.all(passwords.map((password) => guess(service, { password })))
    assert.equal(replies[place]?.status, status)
  }
})

test("POST /login 20 times at once with the right password is no failure", async (t) => {
  const { service } = await prepareService(t)
  const guesses = Array.from({ length: 20 }, () => guess(service, { password: right }))
  const replies = await Promise.all(guesses)
  assert.deepEqual(tally(replies.map(({ status }) => status)), { 200: 20 })
  await guessUntilDelayed(service)
})

const spellings = [
  ["one /64", (number: number) => `2001:db8:1:2::${(number * 0x101).toString(16)}`],
  ["one /64, of other interfaces", (number: number) => `2001:db8:1:2:${number + 1}:2:3:4`],
  [
    "one IPv4 address, spelled in ways",
    (number: number) =>
      ["192.0.2.7", "::ffff:192.0.2.7", "::FFFF:C000:0207", "0:0:0:0:0:ffff:c000:207"][number % 4],
  ],
  [
    "one IPv6 address, spelled in ways",
    (number: number) => ["2001:db8::1", "2001:DB8::1", "2001:0db8:0:0:0:0:0:0001"][number % 3],
  ],
] as const

for (const [what, spelled] of spellings) {
  test(`POST /login from 100 addresses of ${what}, is of one client`, async (t) => {
    const { service } = await prepareService(t)
    const guesses = Array.from({ length: 100 }, (_, number) => ({ address: spelled(number) ?? "" }))
    assert.deepEqual(tally(await guessInTurn(service, guesses)), { 401: 5, 429: 95 })
  })
}

for (const [one, other] of [
  ["192.0.2.7", "192.0.2.8"],
  ["2001:db8:1:2::1", "2001:db8:1:3::1"],
  ["192.0.2.7", "::192.0.2.7"],
  ["::ffff:192.0.2.7", "::ffff:192.0.2.8"],
] as const) {
  test(`POST /login from ${one} and from ${other} is of two clients`, async (t) => {
    const { service } = await prepareService(t)
    await guessUntilDelayed(service, { address: one })
    await guessUntilDelayed(service, { address: other })
  })
}

test("POST /login with a name spelled in other ways is at one account", async (t) => {
  const { service } = await prepareService(t)
  const names = ["alice", "Alice", "ALICE", "ａｌｉｃｅ", "ⓐlice"]
  const statuses = await guessInTurn(
    service,
    names.map((username) => ({ username })),
  )
  assert.deepEqual(tally(statuses), { 401: 5 })
  for (const username of names) assertDelayed(await guess(service, { username }), 1)
  assert.equal((await service.store.failures.find("alice"))?.strangers, 5)
})

test("POST /login with names that can't be one has to wait, whatever the names", async (t) => {
  const { service } = await prepareService(t)
  const names = ["al ice", "a/b", "-", "a\0", "é"]
  await guessInTurn(
    service,
    names.map((username) => ({ username })),
  )
  assertDelayed(await guess(service, { username: "another one" }), 1)
  assert.equal((await guess(service, { password: right })).status, 200)
})
