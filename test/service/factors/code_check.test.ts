// What a code costs: when a failure is counted, and how much work is done for which text.

import assert from "node:assert/strict"
import { test } from "node:test"
import { Unavailable } from "../../../src/errors.ts"
import { checkCode } from "../../../src/service/factors/code_check.ts"
import { sampleFactors, samplePasskey } from "../../store/sample_factors.ts"
import { windowAt } from "../../store/sample_session.ts"
import { notStored, refusedAs, unavailableAs } from "../../support/refusal.ts"
import { bySomeone } from "../account_parts.ts"
import { createEnrolledAlice, type EnrolledAlice } from "./enrolled_alice.ts"

const fields = { ...bySomeone, user: "alice" }
const wrongCode = refusedAs("invalid_code", "That code is not right")
const isOver = refusedAs("invalid_token", "This login is over: log in again")
const ticket = { id: "t1", expiresAt: 1_795_448_100, due: "factor", stays: false } as const

function check({ login, factors }: EnrolledAlice, code: string) {
  return checkCode(login, code, fields, factors)
}

test("checkCode() gives what a code shows, and leaves the failure until the session starts", async () => {
  const alice = await createEnrolledAlice()
  const { recoveryCodes, log } = alice
  const step = Math.floor(alice.clock.now() / 30)
  assert.deepEqual(await check(alice, alice.code()), { method: "otp", id: "app", step })
  const hash = alice.login.user.factors?.recoveryCodes[1]?.hash
  const shown = await check(alice, recoveryCodes[1] ?? "")
  assert.deepEqual(shown, { method: "recovery", index: 1, hash })
  assert.equal(await alice.failures(), 2)
  assert.deepEqual(log.takeAudit(), [])
})

test("checkCode() takes one hash for any recovery code, and none for a code of an app", async () => {
  const alice = await createEnrolledAlice()
  const { hasher, recoveryCodes } = alice
  const [right = ""] = recoveryCodes
  for (const [code, work] of [
    [right, ["verify"]],
    [right.replace(/.$/, "7"), ["verify"]],
    [`1${right.slice(1)}`, ["verify"]],
    ["5-AAAA-BBBB-CCCC-DDDD", ["verify"]],
    [alice.code(), []],
    ["000000", []],
    ["no code", []],
  ] as const) {
    hasher.work.length = 0
    await check(alice, code).catch(wrongCode)
    assert.deepEqual(hasher.work, work, code)
  }
  // The dummy hash stands for a number that has no code, and no text matches it.
  assert.equal(hasher.compared.at(-1), null)
})

test("checkCode() audits a wrong code by its kind, and nothing for malformed text", async () => {
  const alice = await createEnrolledAlice()
  for (const code of ["000000", "5-AAAA-BBBB-CCCC-DDDD", "x"]) {
    await assert.rejects(check(alice, code), wrongCode)
  }
  assert.deepEqual(alice.log.takeAudit(), [
    { event: "mfa.failed", ...fields, reason: "otp" },
    { event: "mfa.failed", ...fields, reason: "recovery" },
  ])
  assert.equal(await alice.failures(), 2)
})

test("checkCode() counts no try that waits in a queue that is full", async () => {
  const alice = await createEnrolledAlice()
  const full = async () => {
    throw new Unavailable("Too many logins at a time")
  }
  alice.factors.hasher.inTurn = full
  const busy = unavailableAs("Too many logins at a time")
  await assert.rejects(check(alice, alice.recoveryCodes[0] ?? ""), busy)
  assert.equal(await alice.failures(), 0)
})

test("checkCode() counts no try when the key does not fit the stored secret", async () => {
  const alice = await createEnrolledAlice({ factorKey: Buffer.alloc(32) })
  const message = "The keys do not fit the stored secrets of authenticator apps"
  await assert.rejects(check(alice, alice.code()), unavailableAs(message))
  assert.deepEqual([await alice.failures(), alice.factors.lostSecrets.count], [0, 1])
  // Recovery codes need no key.
  assert.equal((await check(alice, alice.recoveryCodes[0] ?? "")).method, "recovery")
})

test("checkCode() compares nothing when the failure can't be counted", async () => {
  const alice = await createEnrolledAlice()
  alice.store.full = true
  for (const code of [alice.code(), alice.recoveryCodes[0] ?? ""]) {
    await assert.rejects(check(alice, code), notStored)
  }
  assert.deepEqual([alice.hasher.compared, await alice.failures()], [[], 0])
})

test("checkCode() audits the lock once, and then compares nothing", async () => {
  const alice = await createEnrolledAlice()
  const { hasher, log } = alice
  for (let failures = 0; failures < 99; failures += 1) {
    await assert.rejects(check(alice, "000000"), wrongCode)
  }
  log.takeAudit()
  await assert.rejects(check(alice, "000000"), wrongCode)
  const failed = { event: "mfa.failed", ...fields, reason: "otp" }
  assert.deepEqual(log.takeAudit(), [failed, { event: "user.locked", ...fields, reason: "mfa" }])
  for (const code of [alice.code(), alice.recoveryCodes[0] ?? ""]) {
    await assert.rejects(check(alice, code), wrongCode)
  }
  assert.deepEqual(log.takeAudit(), [failed, { ...failed, reason: "recovery" }])
  assert.deepEqual([hasher.work, await alice.failures()], [[], 100])
})

test("checkCode() of a user with passkeys alone takes recovery codes, and no other", async () => {
  const alice = await createEnrolledAlice()
  const { user } = alice.login
  const { recoveryCodes } = sampleFactors(user.factors ?? {})
  const keys = sampleFactors({ totp: null, passkeys: [samplePasskey("p1")], recoveryCodes })
  await alice.store.users.delete("alice", windowAt())
  await alice.store.users.release("alice")
  await alice.store.users.create({ ...user, factors: keys })
  const login = { ...alice.login, user: { ...user, factors: keys } }
  await assert.rejects(check({ ...alice, login }, alice.code()), wrongCode)
  const shown = await check({ ...alice, login }, alice.recoveryCodes[0] ?? "")
  assert.equal(shown.method, "recovery")
  assert.equal(await alice.failures(), 2)
})

test("checkCode() refuses a ticket whose factors or tries are gone", async () => {
  const alice = await createEnrolledAlice()
  const login = { ...alice.login, ticket }
  for (let tries = 0; tries < 5; tries += 1) {
    await assert.rejects(check({ ...alice, login }, "000000"), wrongCode)
  }
  await assert.rejects(check({ ...alice, login }, alice.code()), isOver)
  const factors = { removeAll: "all" } as const
  await alice.store.users.reset("alice", {}, { window: windowAt(), factors })
  alice.log.takeAudit()
  for (const code of [alice.code(), alice.recoveryCodes[0] ?? ""]) {
    await assert.rejects(check(alice, code), isOver)
  }
  assert.deepEqual(alice.log.takeAudit(), [])
})
