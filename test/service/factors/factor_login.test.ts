// The end of a login by a factor, when something fails or changes at the wrong moment.

import assert from "node:assert/strict"
import { test } from "node:test"
import { Unavailable } from "../../../src/errors.ts"
import { FactorLogin } from "../../../src/service/factors/factor_login.ts"
import { interruptBefore } from "../../support/interrupted_store.ts"
import { notStored, refusedAs } from "../../support/refusal.ts"
import { bySomeone, someone } from "../account_parts.ts"
import { createEnrolledAlice, type EnrolledAlice, life } from "./enrolled_alice.ts"

const byAlice = { user: "alice", ...bySomeone }
const wrongCode = refusedAs("invalid_code", "That code is not right")

function logIn({ login, factors }: EnrolledAlice, code: string) {
  return new FactorLogin("json", factors).logInByCode(login, code, { life, caller: someone })
}

test("logInByCode() starts a session of both factors, and clears the failures", async () => {
  const alice = await createEnrolledAlice()
  await assert.rejects(logIn(alice, "000000"), wrongCode)
  alice.log.takeAudit()
  const { session, user } = await logIn(alice, alice.code())
  assert.deepEqual([session.amr, session.factorAt], [["pwd", "otp"], alice.clock.now()])
  assert.equal(user.factors?.failures, 0)
  assert.deepEqual(alice.log.takeAudit(), [
    { event: "login.succeeded", ...byAlice, session: session.sid },
    { event: "mfa.used", ...byAlice, session: session.sid, reason: "otp" },
  ])
})

test("logInByCode() succeeds once the session has started, even if the count can't be reset", async () => {
  const alice = await createEnrolledAlice()
  alice.store.failures.clear = async () => {
    throw new Unavailable("The change could not be stored")
  }
  const { session } = await logIn(alice, alice.code())
  assert.notEqual(await alice.store.sessions.find(session.sid), null)
  alice.store.failures.clear = async () => {
    throw new TypeError("A bug")
  }
  alice.clock.advance(30)
  await assert.rejects(logIn(alice, alice.code()), { name: "TypeError", message: "A bug" })
})

test("logInByCode() starts nothing on a full disk, and the code still counts", async () => {
  const alice = await createEnrolledAlice()
  interruptBefore(alice.store, "startSession", async () => {
    alice.store.full = true
  })
  await assert.rejects(logIn(alice, alice.code()), notStored)
  assert.equal(await alice.failures(), 1)
  alice.store.full = false
  await logIn(alice, alice.code())
  assert.equal(await alice.failures(), 0)
})

test("logInByCode() refuses a code that another request has used", async () => {
  const alice = await createEnrolledAlice()
  const code = alice.code()
  interruptBefore(alice.store, "startSession", () => logIn(alice, code))
  await assert.rejects(logIn(alice, code), wrongCode)
  const events = alice.log.takeAudit().map(({ event, reason }) => [event, reason])
  assert.deepEqual(events, [
    ...[
      ["login.succeeded", undefined],
      ["mfa.used", "otp"],
      ["mfa.failed", "used"],
    ],
  ])
  assert.equal((await alice.store.sessions.list("alice")).length, 1)
})

test("logInByCode() refuses a factor that was replaced since the login was found", async () => {
  const alice = await createEnrolledAlice()
  const recoveryCodes = [{ index: 0, hash: alice.login.user.passwordHash }]
  await alice.store.users.change("alice", { factors: { recoveryCodes } })
  await assert.rejects(logIn(alice, alice.recoveryCodes[0] ?? ""), wrongCode)
  assert.deepEqual(await alice.store.sessions.list("alice"), [])
})
