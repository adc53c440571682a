// POST /register: the rows, what becomes of those who use it, and how many may (F-33 to F-35).

import assert from "node:assert/strict"
import { test } from "node:test"
import type { Reply } from "../../src/http/message.ts"
import { assertRefused, takeEvents, testScenarios } from "../support/api_scenario.ts"
import { createFaultyDisk } from "../support/faulty_disk.ts"
import { createTestService, type TestService } from "../support/test_service.ts"
import { addressOf, assertDelayed, guess, tally } from "./guesses.ts"
import { open, registeredPasswords, registerRows } from "./register_rows.ts"

testScenarios(registerRows)

const { good: password } = registeredPasswords

function register(service: TestService, username: string, address = addressOf(1)): Promise<Reply> {
  return service.call("POST", "/register", { json: { username, password }, address })
}

test("POST /register makes a user who has nothing but a name and a password", async (t) => {
  const service = await createTestService(t, open)
  assert.equal((await register(service, "Carol")).body, '{"username":"carol"}\n')
  const user = await service.store.users.find("carol")
  assert.ok(user !== null)
  const { passwordHash, ...rest } = user
  assert.match(passwordHash, /^\$argon2id\$v=19\$/)
  assert.deepEqual(rest, {
    ...{ username: "carol", createdAt: service.clock.now() },
    ...{ roles: [], claims: {}, disabled: false, tokensNotBefore: 0, link: null, factors: null },
  })
  const token = await service.logIn("carol", password)
  const { body } = await service.call("GET", "/me", { token })
  assert.deepEqual(JSON.parse(body), {
    ...{ username: "carol", roles: [], claims: {} },
    logged_in_at: service.clock.now(),
  })
})

const names = [
  ...["__proto__", "constructor", "prototype", "toString", "valueOf", "hasOwnProperty"],
  ...["isPrototypeOf", "__defineGetter__", "then", "length", "name", "0", "-0", "nan", "true"],
]

for (const name of names) {
  test(`POST /register takes '${name}' as plain text, or not at all`, async (t) => {
    const service = await createTestService(t, { ...open, generated: true })
    const reply = await register(service, name)
    if (name === "-0") return assert.equal(reply.status, 400)
    const username = name.toLowerCase()
    assert.deepEqual([reply.status, JSON.parse(reply.body)], [201, { username }])
    assert.equal((await register(service, name)).status, 409)
    const token = await service.logIn(name, password)
    const { body } = await service.call("GET", "/protected", { token })
    assert.deepEqual(JSON.parse(body), { logged_in_as: username })
    assert.equal((await guess(service, { username: name })).status, 401)

    await service.store.close()
    const again = await createTestService(t, {
      ...open,
      generated: true,
      directory: service.directory,
    })
    assert.equal((await guess(again, { username: name, password })).status, 200)
    await again.accounts.delete(name)
    assert.equal((await guess(again, { username: name, password })).status, 401)
    assert.equal((await register(again, name)).status, 409)
    assert.equal(({} as Record<string, unknown>)["polluted"], undefined)
    assert.deepEqual(Object.keys(Object.prototype), [])
  })
}

for (const [what, spellings] of [
  ["one name", ["carol"]],
  ["two spellings of one name", ["carol", "ＣＡＲＯＬ"]],
] as const) {
  test(`POST /register 50 times at once with ${what} makes one user`, async (t) => {
    const service = await createTestService(t, open)
    takeEvents(service)
    const replies = await Promise.all(
      Array.from({ length: 50 }, (_, number) =>
        register(service, spellings[number % spellings.length] ?? "", addressOf(number)),
      ),
    )
    assert.deepEqual(tally(replies.map(({ status }) => status)), { 201: 1, 409: 49 })
    assert.deepEqual(takeEvents(service), ["user.registered carol"])
    const all = await service.accounts.list()
    assert.deepEqual(
      all.map(({ username }) => username),
      ["alice", "bob", "carol"],
    )
  })
}

test("POST /register 50 times at once, each with a password of its own, keeps the winner's", async (t) => {
  const service = await createTestService(t, open)
  const passwords = Array.from({ length: 50 }, (_, number) => `${password}-${number}`)
  const replies = await Promise.all(
    passwords.map((own, number) =>
      service.call("POST", "/register", {
        json: { username: "carol", password: own },
        address: addressOf(number),
      }),
    ),
  )
  const winner = replies.findIndex(({ status }) => status === 201)
  const statuses: number[] = []
  for (const [number, own] of passwords.entries()) {
    const one = { username: "carol", password: own, address: addressOf(number) }
    statuses.push((await guess(service, one)).status)
  }
  assert.deepEqual(statuses, Array(50).fill(401).with(winner, 200))
})

test("POST /register lets a client make 30 users, and then one in two minutes", async (t) => {
  const service = await createTestService(t, open)
  takeEvents(service)
  for (let number = 0; number < 30; number += 1) {
    assert.equal((await register(service, `user${number}`)).status, 201)
  }
  const events = takeEvents(service)
  assert.deepEqual(events.slice(-3), [
    "user.registered user28",
    "client.throttled registration",
    "user.registered user29",
  ])
  assertDelayed(await register(service, "user30"), 120)
  // Other addresses of the same client are no way round it, another client is not held up.
  assert.equal((await register(service, "other", addressOf(2))).status, 201)
  service.clock.advance(119)
  assertDelayed(await register(service, "user30"), 1)
  service.clock.advance(1)
  assert.equal((await register(service, "user30")).status, 201)
  assertDelayed(await register(service, "user31"), 120)
})

test("POST /register counts by /64, and counts no request that is refused for its content", async (t) => {
  const service = await createTestService(t, open)
  for (let number = 0; number < 40; number += 1) {
    const address = `2001:db8:1:2::${number}`
    assert.equal((await register(service, "a b", address)).status, 400)
    assert.equal((await register(service, "admin", address)).status, 409)
    const reply = await register(service, `user${number}`, address)
    if (number < 30) assert.equal(reply.status, 201)
    else assertDelayed(reply, 120)
  }
})

test("POST /register counts names that are taken, and stops a client that lists them", async (t) => {
  const service = await createTestService(t, open)
  const statuses: number[] = []
  for (let tries = 0; tries < 50; tries += 1) {
    statuses.push((await register(service, "alice")).status)
  }
  assert.deepEqual(tally(statuses), { 409: 30, 429: 20 })
})

test("POST /register with taken names by 48 clients leaves a new name to everybody else", async (t) => {
  const disk = createFaultyDisk()
  const service = await createTestService(t, { ...open, disk })
  await service.accounts.delete("bob")
  const before = disk.operations.length
  takeEvents(service)
  const statuses: number[] = []
  for (let tries = 0; tries < 1200; tries += 1) {
    const username = tries % 2 === 0 ? "alice" : "bob"
    statuses.push((await register(service, username, addressOf(tries % 48))).status)
  }
  assert.deepEqual(tally(statuses), { 409: 1200 })
  assert.deepEqual([takeEvents(service), disk.operations.length], [[], before])
  assert.equal((await register(service, "carol", addressOf(100))).status, 201)
})

test("POST /register by the owner of a /48 makes 300 users, and others go on", async (t) => {
  const service = await createTestService(t, open)
  const statuses: number[] = []
  for (let number = 0; number < 400; number += 1) {
    const address = `2001:db8:7:${number.toString(16)}::1`
    statuses.push((await register(service, `user${number}`, address)).status)
  }
  assert.deepEqual(tally(statuses), { 201: 300, 429: 100 })
  assert.equal((await register(service, "carol", "2001:db8:8::1")).status, 201)
})

test("POST /register that the disk has no room for, or that comes too late, leaves the budgets as they are", async (t) => {
  const disk = createFaultyDisk()
  const service = await createTestService(t, { ...open, disk })
  disk.fail(() => ({ code: "ENOSPC" }))
  for (let number = 0; number < 60; number += 1) {
    assert.equal((await register(service, `user${number}`)).status, 503)
  }
  disk.fail()
  // Many at once with one name: all but one are too late.
  const late = await Promise.all(
    Array.from({ length: 20 }, (_, number) => register(service, "dora", addressOf(number + 10))),
  )
  assert.deepEqual(tally(late.map(({ status }) => status)), { 201: 1, 409: 19 })
  for (let number = 0; number < 30; number += 1) {
    assert.equal((await register(service, `own${number}`)).status, 201)
  }
})

test("POST /register 200 times at once by one client makes 30 users", async (t) => {
  const service = await createTestService(t, open)
  const calls = Array.from({ length: 200 }, (_, number) => register(service, `user${number}`))
  const replies = await Promise.all(calls)
  assert.deepEqual(tally(replies.map(({ status }) => status)), { 201: 30, 429: 170 })
})

test("POST /register by 1,100 clients makes a thousand users, then one in five seconds", async (t) => {
  const service = await createTestService(t, open)
  const statuses: number[] = []
  for (let at = 0; at < 1100; at += 100) {
    const replies = await Promise.all(
      Array.from({ length: 100 }, (_, number) =>
        register(service, `user${at + number}`, addressOf(at + number)),
      ),
    )
    statuses.push(...replies.map(({ status }) => status))
  }
  assert.deepEqual(tally(statuses), { 201: 1000, 429: 100 })
  assertDelayed(await register(service, "late", addressOf(5000)), 5)
  // Nobody is kept from logging in by it.
  assert.equal((await guess(service, { password: "wonderland" })).status, 200)
  service.clock.advance(5)
  assert.equal((await register(service, "late", addressOf(5000))).status, 201)
})

test("POST /register and POST /login have limits of their own", async (t) => {
  const service = await createTestService(t, open)
  const address = addressOf(1)
  for (let number = 0; number < 31; number += 1) await register(service, `user${number}`)
  assertDelayed(await register(service, "late"), 120)
  const own = { username: "user1", password, address }
  assert.equal((await guess(service, own)).status, 200)
  for (let guesses = 0; guesses < 5; guesses += 1) await guess(service, { address })
  assertDelayed(await guess(service, { address }), 1)
  assert.equal((await register(service, "elsewhere", addressOf(2))).status, 201)
})

test("POST /register writes a user once, and no password", async (t) => {
  const disk = createFaultyDisk()
  const service = await createTestService(t, { ...open, disk })
  await register(service, "carol")
  assertRefused(await register(service, "carol"), [
    409,
    "username_taken",
    "There is a user 'carol' already",
  ])
  const stored = [...disk.files.values()].map((bytes) => bytes.toString("latin1")).join("\n")
  assert.equal(stored.match(/"username":"carol"/g)?.length, 1)
  assert.ok(!stored.includes(password))
})
