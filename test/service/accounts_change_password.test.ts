// A change of the password by who knows the current one: what it checks, ends and starts.

import assert from "node:assert/strict"
import { test } from "node:test"
import { startOfTests } from "../support/fake_clock.ts"
import { interruptBefore } from "../support/interrupted_store.ts"
import { plainHash } from "../support/plain_hasher.ts"
import { refusedAs } from "../support/refusal.ts"
import {
  type AccountTestParts,
  better,
  bySomeone,
  createUsedAccounts,
  good,
  sampleSession,
  sidsOfAlice as sids,
  someone,
} from "./account_parts.ts"
import { strangerOf } from "./checked_accounts.ts"

const passwords = { username: "alice", current: good, next: better }
const by = (sid: string) => ({ successor: sampleSession(sid), caller: someone })

test("changePassword() ends all sessions and starts another, for who knows the password", async () => {
  const { accounts, store } = await createUsedAccounts()
  const successor = sampleSession("session-4")
  const reset = await accounts.changePassword(passwords, { successor, caller: someone })
  assert.deepEqual(reset?.ended.map(({ sid }) => sid).toSorted(), sids)
  assert.equal(reset?.user.passwordHash, plainHash(1, better))
  assert.equal(reset?.user.tokensNotBefore, startOfTests + 1)
  assert.deepEqual(await store.listSessions("alice"), [successor])
  assert.equal(await accounts.check({ username: "alice", password: good }, someone), null)
})

test("changePassword() asks the new password first, and hashes nothing for a wrong one", async () => {
  const { accounts, hasher, store } = await createUsedAccounts()
  hasher.work.length = 0
  await assert.rejects(
    accounts.changePassword({ ...passwords, next: "short" }, by("session-4")),
    refusedAs("invalid_request", "A password needs at least 15 characters"),
  )
  assert.deepEqual(hasher.work, [])
  const wrong = { ...passwords, current: `${good}!` }
  assert.equal(await accounts.changePassword(wrong, by("session-4")), null)
  assert.deepEqual(hasher.work, ["verify"])
  assert.equal((await store.listSessions("alice")).length, 2)
})

test("changePassword() of a user who is disabled meanwhile starts no session", async () => {
  const { accounts, hasher, store } = await createUsedAccounts()
  hasher.whileHashing = () => accounts.disable("alice")
  await assert.rejects(
    accounts.changePassword(passwords, by("session-4")),
    refusedAs("invalid_token", "Token has been revoked"),
  )
  await accounts.enable("alice")
  assert.deepEqual(await store.listSessions("alice"), [])
  assert.equal((await store.findUser("alice"))?.passwordHash, plainHash(1, good))
})

/** What may happen to the password right before it is changed, and whether the change goes on. */
const races: Readonly<Record<string, (parts: AccountTestParts) => Promise<unknown>>> = {
  "another password is set": ({ accounts }) =>
    accounts.setPassword({ username: "alice", password: `${better}!` }),
  "the user is deleted": ({ accounts }) => accounts.remove("alice"),
}

for (const [name, work] of Object.entries(races)) {
  test(`changePassword() fails when ${name} meanwhile`, async () => {
    const parts = await createUsedAccounts()
    interruptBefore(parts.store, "resetUser", () => work(parts))
    const changing = parts.accounts.changePassword(passwords, by("session-4"))
    assert.equal(await changing, null)
    assert.equal(await parts.accounts.check({ username: "alice", password: better }, someone), null)
    assert.deepEqual(await parts.store.listSessions("alice"), [])
  })
}

test("changePassword() goes on when the hash of the same password is another by now", async () => {
  const { accounts, hasher, store } = await createUsedAccounts()
  interruptBefore(store, "resetUser", async () => {
    hasher.cost = 2
    await accounts.check({ username: "alice", password: good }, someone)
  })
  const reset = await accounts.changePassword(passwords, by("session-4"))
  assert.equal(reset?.user.passwordHash, plainHash(2, better))
  assert.deepEqual(await store.listSessions("alice"), [sampleSession("session-4")])
})

test("changePassword() twice at once with one password: one of them fails", async () => {
  const { accounts, store } = await createUsedAccounts()
  const outcomes = await Promise.all(
    ["session-4", "session-5"].map((sid) => accounts.changePassword(passwords, by(sid))),
  )
  assert.equal(outcomes.filter((outcome) => outcome === null).length, 1)
  assert.equal((await store.listSessions("alice")).length, 1)
})

const wrong = { ...passwords, current: `${good}!` }

test("changePassword() and check() count the same failures: delays, the client's budget, the account's", async () => {
  const { accounts, store, clock, hasher, log } = await createUsedAccounts()
  const credentials = { username: "alice", password: good }
  for (let count = 0; count < 3; count += 1) {
    assert.equal(await accounts.changePassword(wrong, by("session-4")), null)
  }
  for (let count = 0; count < 2; count += 1) {
    assert.equal(await accounts.check({ ...credentials, password: better }, someone), null)
  }
  assert.deepEqual(log.takeAudit(), [{ event: "login.delayed", user: "alice", ...bySomeone }])
  hasher.work.length = 0
  const delayed = refusedAs("too_many_requests", "Too many attempts: try again in 1 s")
  await assert.rejects(accounts.changePassword(passwords, by("session-4")), delayed)
  await assert.rejects(accounts.check(credentials, someone), delayed)
  assert.deepEqual(hasher.work, [])
  const counted = { username: "alice", strangers: 5, devices: 0 }
  assert.deepEqual(await store.findFailedLogins("alice"), counted)
  clock.advance(1)
  assert.notEqual(await accounts.changePassword(passwords, by("session-4")), null)
  assert.equal(await store.findFailedLogins("alice"), null)
})

test("changePassword() of a locked account fails like a wrong password, and changes nothing", async () => {
  const { accounts, store } = await createUsedAccounts()
  for (let index = 0; index < 70; index += 1) {
    const caller = { ...someone, address: strangerOf(index) }
    assert.equal(await accounts.changePassword(wrong, { ...by("session-4"), caller }), null)
  }
  assert.equal(await accounts.changePassword(passwords, by("session-4")), null)
  assert.equal((await store.findUser("alice"))?.passwordHash, plainHash(1, good))
  assert.equal((await store.listSessions("alice")).length, 2)
})
