// A change of the password by who knows the current one: what it checks, ends and starts.

import assert from "node:assert/strict"
import { test } from "node:test"
import { AuthError } from "../../src/errors.ts"
import type { ChangePassword } from "../../src/service/password_change.ts"
import type { ResetUser } from "../../src/store/store.ts"
import { startOfTests } from "../support/fake_clock.ts"
import { interruptBefore } from "../support/interrupted_store.ts"
import { plainHash } from "../support/plain_hasher.ts"
import { refusedAs, unavailableAs } from "../support/refusal.ts"
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

const passwords = { username: "alice", sid: "session-1", current: good, next: better }
const by = (sid: string) => ({ successor: sampleSession(sid), caller: someone })

function resetOf(change: Awaited<ReturnType<ChangePassword>>): ResetUser {
  assert.ok(typeof change === "object", String(change))
  return change
}

test("changePassword() with the right password ends all sessions and starts another", async () => {
  const { accounts, store } = await createUsedAccounts()
  const successor = sampleSession("session-4")
  const reset = resetOf(await accounts.changePassword(passwords, { successor, caller: someone }))
  assert.deepEqual(reset.ended.map(({ sid }) => sid).toSorted(), sids)
  assert.equal(reset.user.passwordHash, plainHash(1, better))
  assert.equal(reset.user.tokensNotBefore, startOfTests + 1)
  assert.deepEqual(await store.sessions.list("alice"), [successor])
  assert.equal(await accounts.check({ username: "alice", password: good }, someone), null)
})

test("changePassword() checks the new password first, and hashes nothing when it is refused", async () => {
  const { accounts, hasher, store } = await createUsedAccounts()
  hasher.work.length = 0
  await assert.rejects(
    accounts.changePassword({ ...passwords, next: "short" }, by("session-4")),
    refusedAs("invalid_request", "A password needs at least 15 characters"),
  )
  assert.deepEqual(hasher.work, [])
  const wrong = { ...passwords, current: `${good}!` }
  assert.equal(await accounts.changePassword(wrong, by("session-4")), "wrong")
  assert.deepEqual(hasher.work, ["verify"])
  assert.equal((await store.sessions.list("alice")).length, 2)
})

test("changePassword() of a user who is disabled meanwhile starts no session", async () => {
  const { accounts, hasher, store } = await createUsedAccounts()
  hasher.whileHashing = () => accounts.disable("alice")
  await assert.rejects(
    accounts.changePassword(passwords, by("session-4")),
    refusedAs("invalid_token", "Token has been revoked"),
  )
  await accounts.enable("alice")
  assert.deepEqual(await store.sessions.list("alice"), [])
  assert.equal((await store.users.find("alice"))?.passwordHash, plainHash(1, good))
})

/** What may happen to the password right before it is changed, and whether the change goes on. */
const races: Readonly<Record<string, (parts: AccountTestParts) => Promise<unknown>>> = {
  "another password is set": ({ accounts }) =>
    accounts.setPassword({ username: "alice", password: `${better}!` }),
  "the user is deleted": ({ accounts }) => accounts.delete("alice"),
}

for (const [name, work] of Object.entries(races)) {
  test(`changePassword() fails when ${name} meanwhile`, async () => {
    const parts = await createUsedAccounts()
    interruptBefore(parts.store, "resetUser", () => work(parts))
    const changing = parts.accounts.changePassword(passwords, by("session-4"))
    assert.equal(await changing, "wrong")
    assert.equal(await parts.accounts.check({ username: "alice", password: better }, someone), null)
    assert.deepEqual(await parts.store.sessions.list("alice"), [])
  })
}

test("changePassword() succeeds when the same password was rehashed meanwhile", async () => {
  const { accounts, hasher, store } = await createUsedAccounts()
  interruptBefore(store, "resetUser", async () => {
    hasher.cost = 2
    await accounts.check({ username: "alice", password: good }, someone)
  })
  const reset = resetOf(await accounts.changePassword(passwords, by("session-4")))
  assert.equal(reset.user.passwordHash, plainHash(2, better))
  assert.deepEqual(await store.sessions.list("alice"), [sampleSession("session-4")])
})

test("changePassword() throws Unavailable when the user changes during each check", async () => {
  const { accounts, hasher, store } = await createUsedAccounts()
  store.users.reset = async () => "other_hash"
  hasher.work.length = 0
  const changed = unavailableAs("The user was changed at the same time: try again")
  await assert.rejects(accounts.changePassword(passwords, by("session-4")), changed)
  assert.deepEqual(hasher.work, Array(3).fill(["verify", "hash"]).flat())
})

test("changePassword() fails for one of two concurrent calls", async () => {
  const { accounts, store } = await createUsedAccounts()
  const outcomes = await Promise.all(
    ["session-4", "session-5"].map((sid) => accounts.changePassword(passwords, by(sid))),
  )
  assert.equal(outcomes.filter((outcome) => outcome === "wrong").length, 1)
  assert.equal((await store.sessions.list("alice")).length, 1)
})

const wrong = { ...passwords, current: `${good}!` }

/** How a change ends: what became of it, or when to try again. */
async function outcomeOf(changing: ReturnType<ChangePassword>): Promise<string> {
  try {
    const change = await changing
    return typeof change === "object" ? "changed" : change
  } catch (error) {
    assert.ok(error instanceof AuthError && error.code === "too_many_requests", String(error))
    return `in ${error.retryAfterSeconds} s`
  }
}

test("changePassword() counts failures by session, not by address or user", async () => {
  const { accounts, store, clock, hasher, log } = await createUsedAccounts()
  const credentials = { username: "alice", password: better }
  for (let count = 0; count < 5; count += 1) {
    assert.equal(await outcomeOf(accounts.changePassword(wrong, by("session-4"))), "wrong")
    assert.equal(await accounts.check(credentials, someone), null)
  }
  const delayed = { event: "login.delayed", user: "alice", ...bySomeone }
  assert.deepEqual(log.takeAudit(), [delayed, delayed])
  const counted = { username: "alice", strangers: 5, devices: 5 }
  assert.deepEqual(await store.failures.find("alice"), counted)
  hasher.work.length = 0
  assert.equal(await outcomeOf(accounts.changePassword(passwords, by("session-4"))), "in 1 s")
  // Elsewhere the session is the same.
  const elsewhere = { ...by("session-4"), caller: { ...someone, address: strangerOf(1) } }
  assert.equal(await outcomeOf(accounts.changePassword(passwords, elsewhere)), "in 1 s")
  assert.deepEqual(hasher.work, [])
  const other = { ...wrong, sid: "session-2" }
  assert.equal(await outcomeOf(accounts.changePassword(other, by("session-4"))), "wrong")
  clock.advance(1)
  assert.equal(await outcomeOf(accounts.changePassword(passwords, by("session-4"))), "changed")
  assert.equal(await store.failures.find("alice"), null)
})

test("changePassword() succeeds when strangers have locked the account, and unlocks it", async () => {
  const { accounts, log } = await createUsedAccounts()
  const credentials = { username: "alice", password: better }
  for (let index = 0; index < 75; index += 1) {
    assert.equal(
      await accounts.check(credentials, { ...someone, address: strangerOf(index) }),
      null,
    )
  }
  for (let index = 0; index < 100; index += 1) {
    await accounts.check({ username: `nobody${index}`, password: good }, someone)
  }
  log.takeAudit()
  assert.equal(await outcomeOf(accounts.changePassword(wrong, by("session-4"))), "wrong")
  assert.equal(await outcomeOf(accounts.changePassword(passwords, by("session-4"))), "changed")
  const unlocked = { event: "user.unlocked", user: "alice", ...bySomeone }
  assert.deepEqual(log.takeAudit(), [{ ...unlocked, reason: "password_changed" }])
})

test("changePassword() compares five of many concurrent passwords of a session", async () => {
  const { accounts, hasher } = await createUsedAccounts()
  hasher.work.length = 0
  const outcomes = await Promise.all(
    Array.from({ length: 25 }, () => outcomeOf(accounts.changePassword(wrong, by("session-4")))),
  )
  assert.deepEqual(hasher.work, Array(5).fill("verify"))
  assert.equal(outcomes.filter((outcome) => outcome === "wrong").length, 5)
  assert.equal(outcomes.filter((outcome) => outcome === "in 1 s").length, 20)
})

test('changePassword() gives "wrong_too_often" from the tenth wrong password on', async () => {
  const { accounts, clock } = await createUsedAccounts()
  const outcomes: string[] = []
  for (const seconds of [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32]) {
    clock.advance(seconds)
    outcomes.push(await outcomeOf(accounts.changePassword(wrong, by("session-4"))))
  }
  const tooOften = "wrong_too_often"
  assert.deepEqual(outcomes, [...Array(9).fill("wrong"), tooOften, tooOften])
})

test("changePassword() checks thirty new passwords of a session, then one in two seconds", async () => {
  const { accounts, clock, hasher } = await createUsedAccounts()
  hasher.work.length = 0
  const short = { ...passwords, next: "short" }
  const tooShort = refusedAs("invalid_request", "A password needs at least 15 characters")
  for (let count = 0; count < 30; count += 1) {
    await assert.rejects(accounts.changePassword(short, by("session-4")), tooShort)
  }
  for (const next of ["short", better, "x".repeat(1024)]) {
    const changing = accounts.changePassword({ ...passwords, next }, by("session-4"))
    assert.equal(await outcomeOf(changing), "in 2 s")
  }
  assert.deepEqual(hasher.work, [])
  clock.advance(2)
  assert.equal(await outcomeOf(accounts.changePassword(passwords, by("session-4"))), "changed")
})

test("changePassword() counts all of a user's tokens without a session as one session", async () => {
  const { accounts, store } = await createUsedAccounts()
  for (let count = 0; count < 5; count += 1) {
    const guess = { ...wrong, sid: null }
    assert.equal(await outcomeOf(accounts.changePassword(guess, by("session-4"))), "wrong")
  }
  const counted = { username: "alice", strangers: 0, devices: 5 }
  assert.deepEqual(await store.failures.find("alice"), counted)
  const right = { ...passwords, sid: null }
  assert.equal(await outcomeOf(accounts.changePassword(right, by("session-4"))), "in 1 s")
  const bobs = { ...right, username: "bob" }
  assert.equal(await outcomeOf(accounts.changePassword(bobs, by("session-4"))), "changed")
})
