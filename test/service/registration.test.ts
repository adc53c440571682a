// People who make their own account: what they get, what they may not have, and how often.

import assert from "node:assert/strict"
import { test } from "node:test"
import { Unavailable } from "../../src/errors.ts"
import { createRegister } from "../../src/service/registration.ts"
import { startOfTests } from "../support/fake_clock.ts"
import { plainHash } from "../support/plain_hasher.ts"
import { notStored, refusedAs, unavailableAs } from "../support/refusal.ts"
import { better, bySomeone, createAccountParts, good, someone } from "./account_parts.ts"
import { outcomeOf, strangerOf } from "./checked_accounts.ts"

/** The use case over an empty store, and how somebody uses it. */
function createRegistration() {
  const parts = createAccountParts()
  const makeAccount = createRegister(parts)
  const register = (username: string, password = good, address = someone.address) =>
    makeAccount({ username, password }, { ...someone, address })
  /** Makes accounts, each of another name. */
  const fill = async (count: number, address?: string) => {
    for (let index = 0; index < count; index += 1) {
      await register(`${address ?? ""}user${index}`, good, address)
    }
  }
  return { ...parts, register, fill }
}

test("register() makes an account with only a name and a password, and audits it", async () => {
  const { accounts, register, store, log } = createRegistration()
  assert.equal(await register("\uff21lice"), "alice")
  assert.deepEqual(await store.users.find("alice"), {
    ...{ username: "alice", passwordHash: plainHash(1, good), roles: [], claims: {} },
    ...{ disabled: false, createdAt: startOfTests, tokensNotBefore: 0, link: null, factors: null },
  })
  assert.deepEqual(log.takeAudit(), [{ event: "user.registered", user: "alice", ...bySomeone }])
  const checked = await accounts.check({ username: "alice", password: good }, someone)
  assert.equal(checked?.user.username, "alice")
})

const rule =
  "That can't be a username: it needs 1 to 254 of the characters a-z 0-9 . _ - @ + ! $ & ' = ^ ~, " +
  "not - first, and not only dots"

/** What nobody may have: refused before anything is hashed or counted. */
const refused: readonly (readonly [
  username: string,
  password: string,
  code: "invalid_request" | "username_taken" | "password_blocked",
  message: string,
])[] = [
  ["", good, "invalid_request", rule],
  ["al ice", good, "invalid_request", rule],
  ["\u0430dmin", good, "invalid_request", rule],
  ["admin", good, "username_taken", "The name 'admin' is kept for the operator"],
  ["ADMIN", good, "username_taken", "The name 'admin' is kept for the operator"],
  ["\uff52oot", "short", "username_taken", "The name 'root' is kept for the operator"],
  ["alice", "short", "invalid_request", "A password needs at least 15 characters"],
  [
    "alice",
    "alicealicealice",
    "password_blocked",
    "A password can't be made of the username or the service's name",
  ],
]

for (const [username, password, code, message] of refused) {
  test(`register() refuses '${username}' with '${password}', and counts nothing`, async () => {
    const { register, fill, hasher, log, store } = createRegistration()
    for (let count = 0; count < 40; count += 1) {
      await assert.rejects(register(username, password), refusedAs(code, message))
    }
    assert.deepEqual([hasher.work, log.takeAudit(), await store.users.count()], [[], [], 0])
    await fill(30)
  })
}

test("register() refuses a name that is taken or was, and counts that", async () => {
  const { accounts, register, log } = createRegistration()
  for (const username of ["alice", "bob"]) await accounts.create({ username, password: better })
  await accounts.delete("bob")
  log.takeAudit()
  const rows = [
    ["Alice", "There is a user 'alice' already"],
    ["BOB", "The name 'bob' was a user's who was deleted, and stays reserved"],
  ] as const
  for (let count = 0; count < 15; count += 1) {
    for (const [username, message] of rows) {
      await assert.rejects(register(username), refusedAs("username_taken", message))
    }
  }
  assert.equal(await outcomeOf(register("alice")), "in 120 s")
  const throttled = { event: "client.throttled", ...bySomeone, reason: "registration" }
  assert.deepEqual(log.takeAudit(), [throttled])
  const checked = await accounts.check({ username: "alice", password: better }, someone)
  assert.equal(checked?.user.username, "alice")
})

test("register() gives one of fifty at once the name", async () => {
  const { register, store } = createRegistration()
  const spellings = ["kate", "Kate", "\u212aate"]
  const outcomes = await Promise.allSettled(
    Array.from({ length: 50 }, (_, index) =>
      register(spellings[index % 3] ?? "", good, strangerOf(index)),
    ),
  )
  const taken = refusedAs("username_taken", "There is a user 'kate' already")
  const failed = outcomes.filter((outcome) => outcome.status === "rejected")
  assert.equal(failed.length, 49)
  for (const { reason } of failed) taken(reason)
  assert.equal(await store.users.count(), 1)
})

test("register() lets a client make 30 accounts, then one in two minutes", async () => {
  const { register, fill, log, clock, hasher } = createRegistration()
  await fill(29)
  assert.ok(log.takeAudit().every(({ event }) => event === "user.registered"))
  const throttled = { event: "client.throttled", ...bySomeone, reason: "registration" }
  for (const username of ["alice", "bob"]) {
    await register(username)
    const registered = { event: "user.registered", user: username, ...bySomeone }
    assert.deepEqual(log.takeAudit(), [throttled, registered])
    hasher.work.length = 0
    assert.equal(await outcomeOf(register("carol")), "in 120 s")
    clock.advance(119)
    assert.equal(await outcomeOf(register("carol")), "in 1 s")
    assert.deepEqual([hasher.work, log.takeAudit()], [[], []])
    clock.advance(1)
  }
  await register("dora", good, "192.0.2.8")
})

test("register() of 200 at once by one client makes 30", async () => {
  for (const addressOf of [
    () => "192.0.2.7",
    (index: number) => `2001:db8::${index.toString(16)}`,
  ]) {
    const { register, store } = createRegistration()
    const attempts = Array.from({ length: 200 }, (_, index) =>
      outcomeOf(register(`user${index}`, good, addressOf(index))),
    )
    const outcomes = await Promise.all(attempts)
    assert.equal(outcomes.filter((outcome) => outcome === "in 120 s").length, 70)
    assert.equal(outcomes.filter((outcome) => outcome === "in 1 s").length, 100)
    assert.equal(await store.users.count(), 30)
  }
})

test("register() checks a hundred names and passwords of a client, then one each second", async () => {
  const { register, clock } = createRegistration()
  for (let count = 0; count < 100; count += 1) {
    await assert.rejects(
      register("alice", "too short"),
      refusedAs("invalid_request", "A password needs at least 15 characters"),
    )
  }
  assert.equal(await outcomeOf(register("alice", "too short")), "in 1 s")
  assert.equal(await register("bob", good, "192.0.2.8"), "bob")
  clock.advance(1)
  assert.equal(await register("alice"), "alice")
  assert.equal(await outcomeOf(register("carol")), "in 1 s")
})

test("register() makes a thousand accounts for all clients together, then one in five seconds", async () => {
  const { register, fill, clock, store } = createRegistration()
  for (let client = 0; client < 40; client += 1) await fill(25, strangerOf(client))
  assert.equal(await store.users.count(), 1000)
  assert.equal(await outcomeOf(register("alice")), "in 5 s")
  clock.advance(5)
  await register("alice")
  assert.equal(await outcomeOf(register("bob", good, "192.0.2.8")), "in 5 s")
})

test("register() on a full disk, or in a full lane, makes no user and audits nothing", async () => {
  const { register, store, hasher, log } = createRegistration()
  store.full = true
  await assert.rejects(register("alice"), notStored)
  store.full = false
  hasher.whileHashing = () => Promise.reject(new Unavailable("Too many logins at a time"))
  await assert.rejects(register("alice"), unavailableAs("Too many logins at a time"))
  assert.deepEqual([log.takeAudit(), await store.users.count()], [[], 0])
  assert.equal(await register("alice"), "alice")
})
