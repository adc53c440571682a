// How often a password may be tried, and that no refusal says what was wrong. What an account
// allows in all is in credential_check_budget.test.ts.

import assert from "node:assert/strict"
import { test } from "node:test"
import { Unavailable } from "../../src/errors.ts"
import { refusedAs, unavailableAs } from "../support/refusal.ts"
import { bySomeone, someone } from "./account_parts.ts"
import {
  createCheckedAccounts,
  outcomeOf,
  right,
  strangerOf,
  type Trial,
  wrong,
} from "./checked_accounts.ts"

/** What can be wrong. No two of them may be distinguishable. */
const wrongs: Readonly<Record<string, readonly [trial: Trial, password: string]>> = {
  "a wrong password": [{}, wrong],
  "an unknown name": [{ username: "carol" }, right],
  "what can't be a name": [{ username: "al ice" }, right],
  "a disabled user, and the right password": [{ username: "mallory" }, right],
  "a locked user, and the right password": [{ username: "bob" }, right],
}

for (const [name, [trial, password]] of Object.entries(wrongs)) {
  test(`check() of ${name}: five at once, then delays; each of the same work and writes`, async () => {
    const { check, guess, hasher, store, clock } = await createCheckedAccounts()
    await guess(70, "bob")
    hasher.work.length = 0
    store.writes = 0
    const waits = [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]
    for (const [index, seconds] of waits.entries()) {
      assert.equal(await check(password, trial), null)
      assert.deepEqual([hasher.work.length, store.writes], [index + 1, index + 1])
      if (seconds === 0) continue
      for (const left of [seconds, 1]) {
        clock.advance(seconds - left)
        const message = `Too many attempts: try again in ${left} s`
        await assert.rejects(check(password, trial), (error) => {
          assert.equal((error as { retryAfterSeconds?: unknown }).retryAfterSeconds, left)
          return refusedAs("too_many_requests", message)(error)
        })
        if (seconds === 1) break
      }
      clock.advance(1)
    }
    assert.deepEqual(new Set(hasher.work), new Set(["verify"]))
  })
}

test("check() that has to wait computes no hash and writes nothing, even for the right password", async () => {
  const { check, hasher, store, log, clock } = await createCheckedAccounts()
  for (let count = 0; count < 5; count += 1) await check(wrong)
  hasher.work.length = 0
  store.writes = 0
  log.takeAudit()
  for (const password of [wrong, right]) {
    assert.equal(await outcomeOf(check(password)), "in 1 s")
  }
  assert.deepEqual([hasher.work, store.writes, log.takeAudit()], [[], 0, []])
  // Nor does it wait in the lane for that.
  const { inTurn } = hasher
  hasher.inTurn = () => assert.fail("A place in the lane was asked for")
  assert.equal(await outcomeOf(check(right)), "in 1 s")
  hasher.inTurn = inTurn
  clock.advance(1)
  assert.equal(await check(right), "alice")
})

test("check() that succeeds resets the client's delay, and no other", async () => {
  const { check, clock } = await createCheckedAccounts()
  const other = { address: "192.0.2.8" }
  for (const trial of [{}, other]) {
    for (let count = 0; count < 5; count += 1) await check(wrong, trial)
  }
  clock.advance(1)
  for (const trial of [{}, other]) assert.equal(await check(wrong, trial), null)
  clock.advance(2)
  assert.equal(await check(right), "alice")
  for (let count = 0; count < 5; count += 1) assert.equal(await check(wrong), null)
  assert.equal(await outcomeOf(check(right)), "in 1 s")
  assert.equal(await check(wrong, other), null)
  assert.equal(await outcomeOf(check(right, other)), "in 4 s")
})

test("check() compares five of 200 concurrent guesses of one client", async () => {
  for (const username of ["alice", "carol", "al ice"]) {
    const { check, hasher } = await createCheckedAccounts()
    const attempts = Array.from({ length: 200 }, () => outcomeOf(check(wrong, { username })))
    const outcomes = await Promise.all(attempts)
    assert.deepEqual(hasher.work, Array(5).fill("verify"), username)
    assert.equal(outcomes.filter((outcome) => outcome === null).length, 5, username)
    assert.equal(outcomes.filter((outcome) => outcome === "in 1 s").length, 195, username)
  }
})

test("check() compares a hundred of 200 concurrent names of one client", async () => {
  const { check, hasher } = await createCheckedAccounts()
  const attempts = Array.from({ length: 200 }, (_, index) =>
    outcomeOf(check(wrong, { username: `nobody${index}` })),
  )
  const outcomes = await Promise.all(attempts)
  assert.equal(hasher.work.length, 100)
  assert.equal(outcomes.filter((outcome) => outcome === null).length, 100)
  assert.equal(outcomes.filter((outcome) => outcome === "in 10 s").length, 100)
  assert.equal(await outcomeOf(check(right)), "in 10 s")
  assert.equal(await check(right, { address: "192.0.2.8" }), "alice")
})

test("check() accepts 200 concurrent valid logins by one client and by many", async () => {
  for (const addressOf of [() => "192.0.2.7", strangerOf]) {
    const { check, store } = await createCheckedAccounts()
    // With the two that are undecided at a time they are less than five.
    for (let count = 0; count < 2; count += 1) await check(wrong)
    const attempts = Array.from({ length: 200 }, (_, index) =>
      outcomeOf(check(right, { address: addressOf(index) })),
    )
    assert.deepEqual(await Promise.all(attempts), Array(200).fill("alice"))
    assert.equal(await store.failures.find("alice"), null)
  }
})

test("check() of valid logins does not use up the client's budget", async () => {
  const { check } = await createCheckedAccounts()
  for (let count = 0; count < 150; count += 1) assert.equal(await check(right), "alice")
  for (let index = 0; index < 100; index += 1) {
    assert.equal(await check(wrong, { username: `nobody${index}` }), null)
  }
  assert.equal(await outcomeOf(check(right)), "in 10 s")
})

/** What keeps a comparison from an outcome. */
const failures: Readonly<Record<string, Error>> = {
  "the hash fails": new TypeError("a bug"),
  "there is no memory": new Unavailable("Too many logins at a time"),
}

for (const [name, failure] of Object.entries(failures)) {
  test(`check() counts nothing when ${name}`, async () => {
    const { check, guess, hasher, store, log } = await createCheckedAccounts()
    await guess(69)
    for (let count = 0; count < 4; count += 1) await check(wrong, { username: "bob" })
    log.takeAudit()
    const counted = await store.failures.find("alice")
    for (let count = 0; count < 200; count += 1) {
      for (const username of ["alice", "bob"]) {
        hasher.whileVerifying = () => Promise.reject(failure)
        const { name, message } = failure
        await assert.rejects(check(right, { username }), { name, message })
      }
    }
    assert.deepEqual(await store.failures.find("alice"), counted)
    assert.deepEqual(log.takeAudit(), [])
    for (const username of ["alice", "bob"]) {
      assert.equal(await check(right, { username }), username)
    }
  })
}

test("check() counts nothing when the lane is full", async () => {
  const { check, guard, hasher, store, log } = await createCheckedAccounts()
  hasher.inTurn = () => Promise.reject(new Unavailable("Too many logins at a time"))
  for (let count = 0; count < 200; count += 1) {
    await assert.rejects(check(wrong), unavailableAs("Too many logins at a time"))
  }
  assert.deepEqual([hasher.work, store.writes, log.takeAudit()], [[], 0, []])
  guard.requireDue({ username: "alice", address: someone.address, device: null })
})

test("check() audits each failure that starts a delay, and no attempt that has to wait", async () => {
  const { check, clock, log } = await createCheckedAccounts()
  for (const [username, user] of [
    ["ALICE", "alice"],
    ["carol", undefined],
    ["al ice", undefined],
  ] as const) {
    for (let count = 0; count < 4; count += 1) await check(wrong, { username })
    assert.deepEqual(log.takeAudit(), [])
    const delayed = { event: "login.delayed", ...(user ? { user } : {}), ...bySomeone }
    for (const seconds of [1, 2, 4]) {
      await check(wrong, { username })
      assert.equal(await outcomeOf(check(wrong, { username })), `in ${seconds} s`)
      assert.deepEqual(log.takeAudit(), [delayed])
      clock.advance(seconds)
    }
  }
})

test("check() audits once each time a client's budget is used up, without a user", async () => {
  const { check, clock, log } = await createCheckedAccounts()
  for (let index = 0; index < 99; index += 1) await check(wrong, { username: `nobody${index}` })
  assert.deepEqual(log.takeAudit(), [])
  const throttled = { event: "client.throttled", ...bySomeone, reason: "login" }
  for (const username of ["alice", "bob"]) {
    assert.equal(await check(wrong, { username }), null)
    for (let count = 0; count < 3; count += 1) {
      assert.equal(await outcomeOf(check(wrong, { username })), "in 10 s")
    }
    assert.deepEqual(log.takeAudit(), [throttled])
    clock.advance(10)
  }
})
