// How often an account's password may be missed by all together, and what makes it start again.
// What its known devices may is in credential_check_devices.test.ts.

import assert from "node:assert/strict"
import { test } from "node:test"
import { bySomeone } from "./account_parts.ts"
import {
  type CheckedAccounts,
  createCheckedAccounts,
  createCounter,
  outcomeOf,
  right,
  strangerOf,
  wrong,
} from "./checked_accounts.ts"

/** Tries from many addresses at once. */
function guessAtOnce({ check }: CheckedAccounts, times: number): Promise<unknown> {
  return Promise.all(
    Array.from({ length: times }, (_, index) =>
      check(wrong, { address: strangerOf(5000 + index) }),
    ),
  )
}

test("check() locks an account after 70 failures by strangers, and says so once", async () => {
  const accounts = await createCheckedAccounts()
  const { check, guess, log } = accounts
  await guess(69)
  assert.deepEqual(log.takeAudit(), [])
  assert.equal(await check(wrong), null)
  assert.deepEqual(log.takeAudit(), [{ event: "user.locked", user: "alice", ...bySomeone }])
  const compared = createCounter(accounts)
  await guess(30)
  assert.equal(await check(right), null)
  assert.equal(await check(right, { address: "198.51.100.1" }), null)
  assert.equal(compared(), 0)
  assert.deepEqual(log.takeAudit(), [])
  assert.equal(await check(right, { username: "bob" }), "bob")
})

test("check() accepts a stranger after 69 failures, and resets the account's count", async () => {
  const { check, guess, log, store } = await createCheckedAccounts()
  for (let round = 0; round < 3; round += 1) {
    await guess(69)
    assert.equal((await store.failures.find("alice"))?.strangers, 69)
    assert.equal(await check(right), "alice")
    assert.equal(await store.failures.find("alice"), null)
  }
  assert.deepEqual(log.takeAudit(), [])
})

test("check() compares one of 200 concurrent strangers after 69 failures", async () => {
  const accounts = await createCheckedAccounts()
  const { guess, hasher, log } = accounts
  await guess(69)
  const compared = createCounter(accounts)
  hasher.work.length = 0
  await guessAtOnce(accounts, 200)
  assert.equal(compared(), 1)
  assert.equal(hasher.work.length, 200)
  assert.deepEqual(
    log.takeAudit().map(({ event, user }) => [event, user]),
    [["user.locked", "alice"]],
  )
})

test("check() compares 70 of 200 concurrent strangers, and locks the account", async () => {
  const accounts = await createCheckedAccounts()
  const { check, log, store } = accounts
  const compared = createCounter(accounts)
  await guessAtOnce(accounts, 200)
  assert.equal(compared(), 70)
  assert.equal((await store.failures.find("alice"))?.strangers, 70)
  assert.equal(await check(right), null)
  assert.deepEqual(
    log.takeAudit().map(({ event, user }) => [event, user]),
    [["user.locked", "alice"]],
  )
})

test("check() allows 70 failures in a row when the user logs in between guesses", async () => {
  const accounts = await createCheckedAccounts()
  const { check, guess } = accounts
  const guesses = guessAtOnce(accounts, 60)
  assert.equal(await check(right), "alice")
  await guesses
  const compared = createCounter(accounts)
  await guess(70 - ((await accounts.store.failures.find("alice"))?.strangers ?? 0))
  const last = compared()
  await guess(30)
  assert.equal(compared(), last)
  assert.equal(await check(right), null)
})

test("check() refuses a locked account after a restart", async () => {
  const before = await createCheckedAccounts()
  await before.guess(69)
  const between = await createCheckedAccounts(before.store)
  await between.guess(1)
  assert.deepEqual(
    between.log.takeAudit().map(({ event }) => event),
    ["user.locked"],
  )
  const after = await createCheckedAccounts(before.store)
  assert.equal(await after.check(right), null)
  assert.deepEqual(after.hasher.compared, [null])
})

test("check() does not hide a bug in the store", async () => {
  const { check, store } = await createCheckedAccounts()
  store.failures.count = () => Promise.reject(new TypeError("a bug"))
  await assert.rejects(check(wrong), { name: "TypeError", message: "a bug" })
})

test("check() throws a bug of the store to the one caller whose turn it was", async () => {
  const { check, store } = await createCheckedAccounts()
  store.failures.count = () => Promise.reject(new TypeError("a bug"))
  // Nothing else may hear of it: an unhandled rejection would fail this test, and end a service.
  const outcomes = await Promise.allSettled(
    Array.from({ length: 16 }, (_, index) => check(wrong, { address: strangerOf(index) })),
  )
  for (const outcome of outcomes) {
    assert.ok(outcome.status === "rejected" && outcome.reason instanceof TypeError)
  }
})

/** What makes a locked account start again, and the reason that is audited. */
const unlocks: Readonly<Record<string, (accounts: CheckedAccounts) => Promise<unknown>>> = {
  operator: ({ accounts }) => accounts.unlock("ALICE"),
  password_set: ({ accounts }) => accounts.setPassword({ username: "alice", password: right }),
  login: async ({ check, deviceToken }) =>
    assert.equal(await check(right, { deviceToken: deviceToken() }), "alice"),
}

for (const [reason, unlock] of Object.entries(unlocks)) {
  test(`an account that was locked starts from zero: ${reason}`, async () => {
    const accounts = await createCheckedAccounts()
    const { check, guess, store, log } = accounts
    await guess(75)
    log.takeAudit()
    await unlock(accounts)
    const [unlocked, ...more] = log.takeAudit().filter(({ event }) => event === "user.unlocked")
    const where = reason === "login" ? bySomeone : {}
    assert.deepEqual(unlocked, { event: "user.unlocked", user: "alice", ...where, reason })
    assert.deepEqual(more, [])
    assert.equal(await store.failures.find("alice"), null)
    const compared = createCounter(accounts)
    await guess(69)
    assert.equal(compared(), 69)
    assert.equal(await check(right), "alice")
  })
}

test("unlock() ends all delays at the account, and no others", async () => {
  const { accounts, check } = await createCheckedAccounts()
  const trials = [{}, { address: "192.0.2.8" }, { username: "bob" }]
  for (const trial of trials)
    for (let count = 0; count < 6; count += 1) await outcomeOf(check(wrong, trial))
  await accounts.unlock("alice")
  const outcomes = await Promise.all(trials.map((trial) => outcomeOf(check(right, trial))))
  assert.deepEqual(outcomes, ["alice", "alice", "in 1 s"])
})

test("setPassword() ends the delays, and audits no unlock when nothing was locked", async () => {
  const { accounts, check, log } = await createCheckedAccounts()
  for (let count = 0; count < 5; count += 1) await check(wrong)
  log.takeAudit()
  await accounts.setPassword({ username: "alice", password: right })
  assert.deepEqual(
    log.takeAudit().map(({ event }) => event),
    ["user.changed"],
  )
  assert.equal(await check(right), "alice")
})
