// One account and many clients: F-06, F-14 and F-16. All strangers together have 70 failures. After
// that their right passwords fail like wrong ones. Known devices still log in, and unlock.

import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import { assertRefused, prepareService, takeEvents } from "../support/api_scenario.ts"
import {
  createTestService,
  type TestService,
  type TestServiceOptions,
} from "../support/test_service.ts"
import {
  addressOf,
  badCredentials,
  type Guess,
  guess,
  guessInTurn,
  lockOut,
  tally,
} from "./guesses.ts"

const right = "wonderland"
const lockedAlice = [...Array(70).fill("login.failed alice")].toSpliced(69, 0, "user.locked alice")

/** A service whose alice is locked for strangers, and the device token that she has. */
async function prepareLocked(t: TestContext, options: TestServiceOptions = {}) {
  const { service, token, tokens } = await prepareService(t, options)
  await lockOut(service)
  takeEvents(service)
  return { service, token, deviceToken: tokens.device_token }
}

/** Holds that alice's right password is refused when it comes from a stranger. */
async function assertLocked(service: TestService, options: Guess = {}): Promise<void> {
  assertRefused(await guess(service, { password: right, ...options }), badCredentials)
}

test("POST /login by a thousand clients at one account looks at 70 passwords", async (t) => {
  const { service } = await prepareService(t)
  takeEvents(service)
  const guesses = Array.from({ length: 1000 }, (_, number) => ({ address: addressOf(number) }))
  assert.deepEqual(tally(await guessInTurn(service, guesses)), { 401: 1000 })
  // The first of each network of a minute are lines, the others are counted.
  assert.deepEqual(takeEvents(service), [...lockedAlice, ...Array(530).fill("login.failed alice")])
  service.clock.advance(60)
  service.summarizeAudit()
  assert.deepEqual(
    service.log.events.splice(0).map(({ event, client, count }) => [event, client, count]),
    [["login.failed", undefined, 400]],
  )
  const failed = await service.store.failures.find("alice")
  assert.deepEqual([failed?.strangers, failed?.devices], [70, 0])
  for (const number of [1, 500, 2000]) await assertLocked(service, { address: addressOf(number) })
})

test("POST /login by 200 clients at once looks at 70 passwords, and locks the account once", async (t) => {
  const { service } = await prepareService(t)
  takeEvents(service)
  const guesses = Array.from({ length: 200 }, (_, number) => ({ address: addressOf(number) }))
  const replies = await Promise.all(guesses.map((one) => guess(service, one)))
  assert.deepEqual(tally(replies.map(({ status }) => status)), { 401: 200 })
  assert.equal((await service.store.failures.find("alice"))?.strangers, 70)
  await assertLocked(service)
  const others = takeEvents(service).filter((event) => event !== "login.failed alice")
  assert.deepEqual(others, ["user.locked alice"])
})

test("POST /login by 300 clients at once locks, though some are turned away", async (t) => {
  const { service } = await prepareService(t)
  takeEvents(service)
  const guesses = Array.from({ length: 300 }, (_, number) => ({ address: addressOf(number) }))
  const replies = await Promise.all(guesses.map((one) => guess(service, one)))
  // Two are under way and 200 may wait, and all are at one account.
  assert.deepEqual(tally(replies.map(({ status }) => status)), { 401: 202, 503: 98 })
  assert.equal((await service.store.failures.find("alice"))?.strangers, 70)
  const events = takeEvents(service).filter((event) => event.startsWith("user."))
  assert.deepEqual(events, ["user.locked alice"])
  await assertLocked(service)
})

test("POST /login with the right password among 200 guesses at once logs in", async (t) => {
  const { service } = await prepareService(t)
  const guesses: Guess[] = Array.from({ length: 200 }, (_, number) => ({
    address: addressOf(number),
  }))
  guesses[20] = { password: right }
  const replies = await Promise.all(guesses.map((one) => guess(service, one)))
  assert.deepEqual(tally(replies.map(({ status }) => status)), { 200: 1, 401: 199 })
  assert.equal(replies[20]?.status, 200)
})

test("POST /login with the right password, before it is locked, starts the account again", async (t) => {
  const { service } = await prepareService(t)
  const guesses = Array.from({ length: 69 }, (_, number) => ({ address: addressOf(number) }))
  for (const last of [200, 401]) {
    assert.deepEqual(tally(await guessInTurn(service, guesses)), { 401: 69 })
    if (last === 401) assertRefused(await guess(service), badCredentials)
    assert.equal((await guess(service, { password: right })).status, last)
    service.clock.advance(4000)
  }
})

test("POST /login of a locked account answers alike for ever, and to everybody", async (t) => {
  const { service } = await prepareLocked(t)
  const wrong = await guess(service, { address: addressOf(1) })
  service.clock.advance(30 * 86_400)
  assert.deepEqual(await guess(service, { password: right, address: addressOf(2) }), wrong)
  assert.deepEqual(await guess(service, { username: "nobody", address: addressOf(3) }), wrong)
  const bobs = await guess(service, { username: "bob", password: "builder" })
  assert.equal(bobs.status, 200)
  const { isLocked } = (await service.accounts.list())[0] ?? {}
  assert.equal(isLocked, true)
})

test("a locked account leaves its sessions as they are", async (t) => {
  const { service, tokens } = await prepareService(t)
  await lockOut(service)
  const { access_token: token, refresh_token: refreshToken } = tokens
  assert.equal((await service.call("GET", "/me", { token })).status, 200)
  const json = { refresh_token: refreshToken }
  assert.equal((await service.call("POST", "/refresh", { json })).status, 200)
})

test("POST /login with a device token and the right password logs in, and unlocks", async (t) => {
  const { service, deviceToken } = await prepareLocked(t)
  await assertLocked(service)
  takeEvents(service)
  const reply = await guess(service, { password: right, deviceToken })
  assert.equal(reply.status, 200, reply.body)
  assert.deepEqual(takeEvents(service), ["user.unlocked alice login", "login.succeeded alice"])
  assert.equal((await guess(service, { password: right })).status, 200)
  assert.deepEqual(takeEvents(service), ["login.succeeded alice"])
})

test("a stranger who guesses a hundred times locks out neither device nor user", async (t) => {
  const { service, tokens } = await prepareService(t)
  const stranger = addressOf(1)
  for (let guesses = 0; guesses < 100; guesses += 1) {
    await guess(service, { address: stranger })
    service.clock.advance(900)
  }
  await assertLocked(service)
  const { device_token: deviceToken } = tokens
  assert.equal((await guess(service, { password: right, deviceToken })).status, 200)
})

test("POST /login with a device token is judged by the device, wherever it is", async (t) => {
  const { service, tokens } = await prepareService(t)
  const { device_token: deviceToken } = tokens
  const other = await guess(service, { password: right })
  takeEvents(service)
  const guesses = Array.from({ length: 6 }, (_, number) => ({
    deviceToken,
    address: addressOf(number),
  }))
  assert.deepEqual(await guessInTurn(service, guesses), [401, 401, 401, 401, 401, 429])
  assert.deepEqual(takeEvents(service), [
    ...Array(4).fill("login.failed alice"),
    "login.delayed alice",
    "login.failed alice",
  ])
  const failed = await service.store.failures.find("alice")
  assert.deepEqual([failed?.strangers, failed?.devices], [0, 5])
  const { device_token: another } = JSON.parse(other.body)
  assert.equal((await guess(service, { password: right, deviceToken: another })).status, 200)
})

test("a device token gives its thief 30 guesses, and then not even the right one", async (t) => {
  const { service, deviceToken } = await prepareLocked(t)
  const statuses: number[] = []
  for (let guesses = 0; guesses < 40; guesses += 1) {
    statuses.push((await guess(service, { deviceToken })).status)
    service.clock.advance(900)
  }
  assert.deepEqual(tally(statuses), { 401: 40 })
  const failed = await service.store.failures.find("alice")
  assert.deepEqual([failed?.strangers, failed?.devices], [70, 30])
  const events = takeEvents(service)
  assert.equal(events.filter((event) => event === "user.locked alice").length, 1)
  await assertLocked(service, { deviceToken })
  service.clock.advance(900)
  await service.accounts.unlock("alice")
  assert.equal((await guess(service, { password: right, deviceToken })).status, 200)
})

test("100 failures are the most that an account takes, of strangers and devices together", async (t) => {
  const { service } = await prepareService(t)
  const devices: string[] = []
  for (let logins = 0; logins < 50; logins += 1) {
    devices.push((await service.start("alice", right)).device_token ?? "")
  }
  await lockOut(service)
  await guessInTurn(
    service,
    devices.map((deviceToken) => ({ deviceToken })),
  )
  const failed = await service.store.failures.find("alice")
  assert.deepEqual([failed?.strangers, failed?.devices], [70, 30])
  for (const deviceToken of devices) await assertLocked(service, { deviceToken })
})

const unlocks: readonly (readonly [
  how: string,
  unlock: (service: TestService) => Promise<unknown>,
  password: string,
  events: readonly string[],
])[] = [
  [
    "unlock()",
    (service) => service.accounts.unlock("ALICE"),
    right,
    ["user.unlocked alice operator"],
  ],
  [
    "setPassword()",
    ({ accounts }) => accounts.setPassword({ username: "alice", password: "another-long-one" }),
    "another-long-one",
    [
      "user.changed alice password_set",
      "session.ended alice password_set",
      "user.unlocked alice password_set",
    ],
  ],
]

for (const [how, unlock, password, events] of unlocks) {
  test(`${how} lets strangers log in again, at once, and counts from nothing`, async (t) => {
    const { service } = await prepareLocked(t)
    const delayed = { address: addressOf(1) }
    await guessInTurn(service, Array(6).fill(delayed))
    takeEvents(service)
    await unlock(service)
    assert.deepEqual(takeEvents(service), events)
    assert.equal((await guess(service, { ...delayed, password })).status, 200)
    assert.equal(await service.store.failures.find("alice"), null)
    const { isLocked } = (await service.accounts.list())[0] ?? {}
    assert.equal(isLocked, false)
  })
}

test("a restart keeps the lock, its count, and what the device token is worth", async (t) => {
  const options = { generated: true }
  const { service, deviceToken } = await prepareLocked(t, options)
  await lockOut(service, "bob")
  await service.accounts.unlock("bob")
  await guess(service, { username: "bob", address: addressOf(1) })
  await service.store.close()
  const again = await createTestService(t, { ...options, directory: service.directory })
  await assertLocked(again)
  assert.equal((await again.store.failures.find("bob"))?.strangers, 1)
  assert.equal((await guess(again, { password: right, deviceToken })).status, 200)
  await again.store.close()
  const third = await createTestService(t, { ...options, directory: service.directory })
  assert.equal((await guess(third, { password: right })).status, 200)
})
