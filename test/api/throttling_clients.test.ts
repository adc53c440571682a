// One client with many accounts and unknown names: F-07 and F-13. A client may fail a hundred times
// at once, with any names. The memory that it fills harms no other client.

import assert from "node:assert/strict"
import { test } from "node:test"
import { prepareService, takeEvents } from "../support/api_scenario.ts"
import type { TestService } from "../support/test_service.ts"
import {
  addressOf,
  assertDelayed,
  type Guess,
  guess,
  guessInTurn,
  lockOut,
  tally,
} from "./guesses.ts"

const right = "wonderland"
const thief = addressOf(7)
const failuresOfClientMax = 100

/** Names that nobody has, or somebody. */
function names(count: number): readonly string[] {
  return Array.from({ length: count }, (_, number) => `user${number}`)
}

/** Adds users who all have alice's password. */
async function addUsers(service: TestService, usernames: readonly string[]): Promise<void> {
  const alice = await service.store.users.find("alice")
  assert.ok(alice !== null)
  await Promise.all(usernames.map((username) => service.store.users.create({ ...alice, username })))
}

/** A guess for each name, all by one client. */
function sprayed(usernames: readonly string[]): readonly Guess[] {
  return usernames.map((username) => ({ username, address: thief }))
}

test("POST /login by one client at a thousand accounts looks at a hundred passwords", async (t) => {
  const { service, tokens } = await prepareService(t)
  await addUsers(service, names(1000))
  takeEvents(service)
  const statuses = await guessInTurn(service, sprayed(names(1000)))
  assert.deepEqual(statuses.slice(0, failuresOfClientMax), Array(failuresOfClientMax).fill(401))
  assert.deepEqual(tally(statuses), { 401: failuresOfClientMax, 429: 900 })
  const failed = names(failuresOfClientMax).map((name) => `login.failed ${name}`)
  assert.deepEqual(takeEvents(service), failed.toSpliced(99, 0, "client.throttled login"))

  // The right password of anybody, too, but from elsewhere, or from a device that is known.
  for (const username of ["alice", "user999"]) {
    assertDelayed(await guess(service, { username, password: right, address: thief }), 10)
    assert.equal((await guess(service, { username, password: right })).status, 200)
  }
  const { device_token: deviceToken } = tokens
  const known = { password: right, address: thief, deviceToken }
  assert.equal((await guess(service, known)).status, 200)
  assertDelayed(await guess(service, { username: "bob", address: thief, deviceToken }), 10)
})

test("POST /login by one client goes on with one failure in ten seconds", async (t) => {
  const { service } = await prepareService(t)
  await guessInTurn(service, sprayed(names(failuresOfClientMax)))
  const later: number[] = []
  for (let seconds = 0; seconds < 100; seconds += 1) {
    service.clock.advance(1)
    later.push((await guess(service, { username: `late${seconds}`, address: thief })).status)
  }
  assert.deepEqual(tally(later), { 401: 10, 429: 90 })
  service.clock.advance(2000)
  assert.deepEqual(tally(await guessInTurn(service, sprayed(names(200)))), { 401: 100, 429: 100 })
})

for (const [what, usernames] of [
  ["unknown names", names(150)],
  ["names that can't be one", names(150).map((name) => `${name}/ ${name}`)],
] as const) {
  test(`POST /login by one client with ${what} looks at a hundred passwords at most`, async (t) => {
    const { service } = await prepareService(t)
    const statuses = await guessInTurn(service, sprayed(usernames))
    // All that can't be names are as one: a few are free.
    const looked = what === "unknown names" ? failuresOfClientMax : 5
    assert.deepEqual(tally(statuses), { 401: looked, 429: 150 - looked })
  })
}

test("POST /login by one client with many spellings of few names is at few accounts", async (t) => {
  const { service } = await prepareService(t)
  const spellings = ["alice", "ALICE ", "\u00a0ａｌｉｃｅ", "bob", "BOB\n", " ｂｏｂ"]
  const guesses = Array.from({ length: 60 }, (_, number) => spellings[number % 6] ?? "")
  assert.deepEqual(tally(await guessInTurn(service, sprayed(guesses))), { 401: 10, 429: 50 })
})

test("POST /login with the right password gives a client back only the failure that it was charged", async (t) => {
  const { service } = await prepareService(t)
  let failures = 0
  for (const username of names(300)) {
    failures += Number((await guess(service, { username, address: thief })).status === 401)
    const own = { username: "bob", password: "builder", address: thief }
    const { status } = await guess(service, own)
    assert.equal(status, failures < failuresOfClientMax ? 200 : 429)
  }
  assert.equal(failures, failuresOfClientMax)
})

test("POST /login with the right password 300 times is no failure", async (t) => {
  const { service } = await prepareService(t)
  const guesses = Array.from({ length: 300 }, () => ({ password: right, address: thief }))
  assert.deepEqual(tally(await guessInTurn(service, guesses)), { 200: 300 })
})

test("POST /login that succeeds 300 times has to wait, at that account and by that client", async (t) => {
  const { service, tokens } = await prepareService(t)
  const own = { password: right, address: thief }
  await guessInTurn(service, Array(299).fill(own))
  takeEvents(service)
  assert.equal((await guess(service, own)).status, 200)
  assert.deepEqual(takeEvents(service).slice(0, 2), [
    "client.throttled alice logins",
    "login.succeeded alice",
  ])
  for (const password of [right, "a-guess"]) {
    assertDelayed(await guess(service, { ...own, password }), 2)
  }
  assert.deepEqual(takeEvents(service), [])
  const { device_token: deviceToken } = tokens
  for (const other of [
    { password: right },
    { ...own, deviceToken },
    { username: "bob", password: "builder", address: thief },
  ]) {
    assert.equal((await guess(service, other)).status, 200)
  }
  service.clock.advance(2)
  assert.equal((await guess(service, own)).status, 200)
  assertDelayed(await guess(service, own), 2)
})

test("POST /login by 500 people of one office is fine, all within a minute", async (t) => {
  const { service } = await prepareService(t)
  await addUsers(service, names(500))
  const guesses = names(500).map((username) => ({ username, password: right, address: thief }))
  assert.deepEqual(tally(await guessInTurn(service, guesses)), { 200: 500 })
})

test("POST /login 200 times at once by one client at 200 accounts looks at a hundred", async (t) => {
  const { service } = await prepareService(t)
  await addUsers(service, names(200))
  takeEvents(service)
  const replies = await Promise.all(sprayed(names(200)).map((one) => guess(service, one)))
  assert.deepEqual(tally(replies.map(({ status }) => status)), { 401: 100, 429: 100 })
  const others = takeEvents(service).filter((event) => !event.startsWith("login.failed user"))
  assert.deepEqual(new Set(others), new Set(["client.throttled login"]))
})

test("POST /login with 2,000 unknown names from as many clients changes nothing for others", async (t) => {
  const { service, tokens } = await prepareService(t)
  const { device_token: deviceToken } = tokens
  await guessInTurn(service, Array(5).fill({ address: thief }))
  await lockOut(service, "bob")
  const random = Array.from({ length: 2000 }, (_, number) => ({
    username: `random-${number}`,
    address: addressOf(0x10_0000 + number),
  }))
  assert.deepEqual(tally(await guessInTurn(service, random)), { 401: 2000 })
  assertDelayed(await guess(service, { password: right, address: thief }), 1)
  assert.equal((await guess(service, { password: right })).status, 200)
  assert.equal((await guess(service, { password: right, deviceToken })).status, 200)
  const locked = await guess(service, { username: "bob", password: "builder" })
  assert.equal(locked.status, 401)
  const reply = await service.call("GET", "/me", { token: tokens.access_token })
  assert.equal(reply.status, 200)
})
