// Setting factors up, when something changes at the wrong moment, and what a refusal costs.

import assert from "node:assert/strict"
import { test } from "node:test"
import { Enrolment } from "../../../src/service/factors/enrolment.ts"
import { askerFor, FactorStoring } from "../../../src/service/factors/storing.ts"
import { sampleFactors, samplePasskey } from "../../store/sample_factors.ts"
import { windowAt } from "../../store/sample_session.ts"
import { interruptBefore } from "../../support/interrupted_store.ts"
import { refusedAs, revokedToken, unavailableAs } from "../../support/refusal.ts"
import { codeFor } from "../../support/second_factor.ts"
import { someone, startSessions } from "../account_parts.ts"
import { createEnrolledAlice } from "./enrolled_alice.ts"

const noFactor = refusedAs("not_found", "You have no such factor")
const noUser = refusedAs("not_found", "There is no such user")
const wrongCode = refusedAs("invalid_code", "That code is not right")
const enroller = { username: "alice", sid: "s1" }

/** The use cases; alice has a session, and no factor unless said. */
async function createEnrolment({ isEnrolled = false } = {}) {
  const alice = await createEnrolledAlice()
  const { store, log, factors } = alice
  if (!isEnrolled) {
    await store.users.reset("alice", {}, { window: windowAt(), factors: { removeAll: "all" } })
  }
  await startSessions(alice, "alice", ["s1"])
  log.takeAudit()
  const enrolment = new Enrolment(factors)
  const storing = new FactorStoring(factors)
  const storeFactor = storing.inSession(enroller, someone)
  const confirm = (code: string) => enrolment.confirmTotp("alice", code, storeFactor)
  const toEnrol = { ticket: null, asker: askerFor(enroller, someone) }
  const offer = async () => {
    const { secret } = await enrolment.offerTotp("alice")
    return codeFor(secret, alice.clock.now())
  }
  const factorsNow = async () => (await store.users.find("alice"))?.factors ?? null
  return { ...alice, enrolment, storing, toEnrol, confirm, offer, factorsNow }
}

test("confirmTotp() makes no recovery codes for a wrong first code", async () => {
  const { confirm, offer, hasher } = await createEnrolment()
  const code = await offer()
  for (const wrong of ["000000", "", "x", `${code}0`, "9".repeat(16_000)]) {
    await assert.rejects(confirm(wrong), wrongCode)
  }
  assert.deepEqual(hasher.work, [])
  const { recoveryCodes } = await confirm(code)
  assert.equal(recoveryCodes?.length, 10)
  assert.deepEqual(hasher.work, Array(10).fill("hash"))
})

test("confirmTotp() refuses a session that ends while codes are hashed", async () => {
  const { confirm, offer, hasher, store, log, factorsNow } = await createEnrolment()
  const code = await offer()
  hasher.whileHashing = () => store.sessions.end("s1", { window: windowAt() })
  await assert.rejects(confirm(code), revokedToken)
  assert.equal((await factorsNow())?.totp, null)
  assert.deepEqual(log.takeAudit(), [])
})

test("confirmTotp() of a token without a session ends all sessions", async () => {
  const { enrolment, storing, offer, store } = await createEnrolment()
  const code = await offer()
  const storeFactor = storing.inSession({ username: "alice", sid: null }, someone)
  await enrolment.confirmTotp("alice", code, storeFactor)
  assert.deepEqual(await store.sessions.list("alice"), [])
})

test("confirmTotp() makes no second set of codes when the user has some meanwhile", async () => {
  const { confirm, offer, hasher, store, factorsNow } = await createEnrolment()
  const code = await offer()
  const { recoveryCodes: others } = sampleFactors()
  hasher.whileHashing = async () => {
    const { handle = "" } = (await factorsNow()) ?? {}
    const added = { addPasskey: samplePasskey("p1"), handle, ticket: null, at: windowAt().at }
    await store.users.change("alice", { factors: { ...added, recoveryCodes: others } })
  }
  const { recoveryCodes } = await confirm(code)
  assert.equal(recoveryCodes, null)
  const now = await factorsNow()
  assert.deepEqual(now?.recoveryCodes, others)
  assert.deepEqual([now?.totp === null, now?.passkeys.length], [false, 1])
})

test("enrol() fails when the user changes in each round", async () => {
  const { enrolment, toEnrol } = await createEnrolment()
  let rounds = 0
  const store = async () => {
    rounds += 1
    return "changed" as const
  }
  const check = () => ({ confirmTotp: { id: "x", step: 1 }, ticket: null, at: 0 })
  const message = "The user was changed at the same time: try again"
  const enrolled = enrolment.enrol("alice", { ...toEnrol, store }, check)
  await assert.rejects(enrolled, unavailableAs(message))
  assert.equal(rounds, 3)
})

const refusals = [
  ["used", refusedAs("invalid_request", "That was used before")],
  ["too_many", refusedAs("invalid_request", "You have too many passkeys: remove one first")],
  ["no_factor", noFactor],
  ["locked", noFactor],
] as const

for (const [refused, expected] of refusals) {
  test(`enrol() throws the refusal of the store: ${refused}`, async () => {
    const { enrolment, toEnrol } = await createEnrolment({ isEnrolled: true })
    const check = () => ({ confirmTotp: { id: "x", step: 1 }, ticket: null, at: 0 })
    const store = async () => refused
    await assert.rejects(enrolment.enrol("alice", { ...toEnrol, store }, check), expected)
  })
}

test("confirmTotp() of an offer that was replaced at the last moment is refused", async () => {
  const { confirm, offer, store, enrolment, factorsNow } = await createEnrolment()
  const code = await offer()
  interruptBefore(store, "resetUser", () => enrolment.offerTotp("alice"))
  await assert.rejects(confirm(code), noFactor)
  assert.equal((await factorsNow())?.totp, null)
})

test("renewRecoveryCodes() makes no codes for a user without factors", async () => {
  const { enrolment, hasher } = await createEnrolment()
  await assert.rejects(enrolment.renewRecoveryCodes(enroller, someone), noFactor)
  assert.deepEqual(hasher.work, [])
})

test("renewRecoveryCodes() changes nothing once the session or the factor is gone", async () => {
  for (const what of ["session", "factor"]) {
    const { enrolment, hasher, store, log, factorsNow } = await createEnrolment({
      ...{ isEnrolled: true },
    })
    const before = await factorsNow()
    const window = windowAt()
    hasher.whileHashing =
      what === "session"
        ? () => store.sessions.end("s1", { window })
        : () =>
            store.users.reset(
              "alice",
              {},
              {
                ...{ window, except: "s1", factors: { removeAll: "all" } },
              },
            )
    const renewed = enrolment.renewRecoveryCodes(enroller, someone)
    await assert.rejects(renewed, what === "session" ? revokedToken : noFactor)
    assert.deepEqual(await factorsNow(), what === "session" ? before : null)
    assert.deepEqual(log.takeAudit(), [])
  }
})

test("every use case refuses a user who was deleted", async () => {
  const { enrolment, store, confirm } = await createEnrolment({ isEnrolled: true })
  await store.users.delete("alice", windowAt())
  await assert.rejects(enrolment.find("alice"), noUser)
  await assert.rejects(enrolment.offerTotp("alice"), noUser)
  await assert.rejects(confirm("000000"), noUser)
  await assert.rejects(enrolment.remove("app", enroller, someone), noUser)
  await assert.rejects(enrolment.renewRecoveryCodes(enroller, someone), noUser)
})

test("remove() refuses a factor that goes at the same moment", async () => {
  const { enrolment, store } = await createEnrolment({ isEnrolled: true })
  interruptBefore(store, "resetUser", () => enrolment.remove("app", enroller, someone))
  await assert.rejects(enrolment.remove("app", enroller, someone), noFactor)
})

test("confirmTotp() refuses a session that is not there", async () => {
  const { enrolment, storing, offer, factorsNow } = await createEnrolment()
  const code = await offer()
  const storeFactor = storing.inSession({ username: "alice", sid: "s9" }, someone)
  await assert.rejects(enrolment.confirmTotp("alice", code, storeFactor), revokedToken)
  assert.equal((await factorsNow())?.totp, null)
})
