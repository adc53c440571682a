// POST /password's use case: another password for who knows the current one.

import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import { createFaultyDisk } from "../support/faulty_disk.ts"
import { createForge } from "../support/forge.ts"
import { interruptBefore } from "../support/interrupted_store.ts"
import { notStored, refusedAs, revokedToken } from "../support/refusal.ts"
import { createTestService, type TestServiceOptions } from "../support/test_service.ts"
import { logInByPassword } from "./log_in_by_password.ts"
import { assertAlive, assertEnded, caller, logIn, payloadOf, sidOf, where } from "./logged_in.ts"

const passwords = { current: "wonderland", next: "heftklammer-und-mehr" }
const wrongPassword = refusedAs("wrong_password", "The current password is wrong")

/** A service where alice has two sessions, and bob has one. */
async function createUsed(t: TestContext, options: TestServiceOptions = {}) {
  const service = await createTestService(t, options)
  const [asking, other] = [await logIn(service), await logIn(service)]
  const bobs = await logIn(service, "bob")
  const principal = await service.sessions.authenticate(asking.accessToken)
  service.log.takeAudit()
  const change = (changed: Partial<typeof passwords> = {}) =>
    service.sessions.changePassword({ ...passwords, ...changed }, principal, caller)
  return { service, asking, other, bobs, change }
}

test("changePassword() ends all sessions, the asking one too, and gives a new one", async (t) => {
  const { service, asking, other, bobs, change } = await createUsed(t)
  service.clock.advance(10)
  const tokens = await change()
  const sid = sidOf(tokens)
  const audited = { user: "alice", ...where }
  assert.deepEqual(service.log.takeAudit(), [
    { event: "password.changed", ...audited, session: sid },
    ...[asking, other].map((login) => ({
      ...{ event: "session.ended", ...audited, session: login.sid, reason: "password_changed" },
    })),
  ])
  for (const login of [asking, other]) await assertEnded(service, login)
  const { fresh, auth_time: authTime } = payloadOf(tokens.accessToken)
  assert.deepEqual([fresh, authTime], [true, service.clock.now()])
  assert.deepEqual([tokens.expiresInSeconds, tokens.refreshExpiresInSeconds], [900, 86_400])
  for (const one of [tokens, bobs]) await assertAlive(service, one)
  assert.doesNotMatch(service.log.lines.join(""), /wonderland|heftklammer|argon2/)
})

test("changePassword() sets the password", async (t) => {
  const { service, change } = await createUsed(t)
  await change()
  const logInWith = (password: string) =>
    logInByPassword(service.sessions, { username: "alice", password }, caller)
  await assert.rejects(
    logInWith(passwords.current),
    refusedAs("invalid_credentials", "Bad username or password"),
  )
  await assertAlive(service, await logInWith(passwords.next))
})

test("changePassword() refuses a wrong current password, says so, and changes nothing", async (t) => {
  const { service, asking, other, change } = await createUsed(t)
  for (const current of ["Wonderland", "", "builder"]) {
    await assert.rejects(change({ current }), wrongPassword)
  }
  const refusal = { event: "password.refused", user: "alice", ...where, reason: "wrong_password" }
  assert.deepEqual(service.log.takeAudit(), [refusal, refusal, refusal])
  for (const login of [asking, other]) await assertAlive(service, login)
})

test("changePassword() ends the session that misses the password ten times, and says so", async (t) => {
  const { service, asking, other, change } = await createUsed(t)
  const refusal = { event: "password.refused", user: "alice", ...where, reason: "wrong_password" }
  for (const seconds of [0, 0, 0, 0, 0, 1, 2, 4, 8, 16]) {
    assert.deepEqual(
      service.log.takeAudit().filter(({ event }) => event === "session.ended"),
      [],
    )
    service.clock.advance(seconds)
    await assert.rejects(change({ current: "a-guess" }), wrongPassword)
  }
  const ended = { event: "session.ended", user: "alice", session: asking.sid, ...where }
  const delayed = { event: "login.delayed", user: "alice", ...where }
  assert.deepEqual(service.log.takeAudit(), [
    delayed,
    refusal,
    { ...ended, reason: "wrong_passwords" },
  ])
  await assertEnded(service, asking)
  await assertAlive(service, other)
})

const weak = [
  ["short", "invalid_request", "A password needs at least 15 characters"],
  [
    "alicealicealice",
    "password_blocked",
    "A password can't be made of the username or the service's name",
  ],
] as const

for (const [next, code, message] of weak) {
  test(`changePassword() refuses '${next}', and changes nothing`, async (t) => {
    const { service, asking, change } = await createUsed(t)
    await assert.rejects(change({ next }), refusedAs(code, message))
    assert.deepEqual(service.log.takeAudit(), [])
    await assertAlive(service, asking)
  })
}

test("changePassword() on a full disk changes nothing, and says nothing", async (t) => {
  const disk = createFaultyDisk()
  const { service, asking, other, change } = await createUsed(t, { disk })
  disk.fail(() => ({ code: "ENOSPC" }))
  await assert.rejects(change(), notStored)
  assert.deepEqual(service.log.takeAudit(), [])
  disk.fail()
  for (const login of [asking, other]) await assertAlive(service, login)
  await assertAlive(service, await change())
})

test("changePassword() twice at once: one of them fails, and one session is left", async (t) => {
  const { service, change } = await createUsed(t)
  const answers = await Promise.allSettled([change(), change({ next: "noch-ein-langes-wort" })])
  const failed = answers.filter((answer) => answer.status === "rejected")
  assert.equal(failed.length, 1)
  assert.doesNotThrow(() => wrongPassword(failed[0]?.reason))
  assert.equal((await service.store.sessions.list("alice")).length, 1)
})

test("changePassword() leaves no session of a login that comes at the same time", async (t) => {
  const { service, change } = await createUsed(t)
  interruptBefore(service.store, "startSession", change)
  await assert.rejects(logIn(service), refusedAs("invalid_credentials", "Bad username or password"))
  assert.equal((await service.store.sessions.list("alice")).length, 1)
})

test("changePassword() of a user who is disabled in its middle gives no tokens", async (t) => {
  const { service, change } = await createUsed(t)
  interruptBefore(service.store, "resetUser", () => service.accounts.disable("alice"))
  await assert.rejects(change(), revokedToken)
  assert.ok(!service.log.takeNames().includes("password.changed"))
  await service.accounts.enable("alice")
  assert.deepEqual(await service.store.sessions.list("alice"), [])
  await assertAlive(service, await logIn(service))
})

test("changePassword() with a Flask token ends all there is, Flask tokens too", async (t) => {
  const flask = await createForge("HS256")
  const service = await createTestService(t, { shared: true })
  const login = await logIn(service)
  const token = flask.token({ payload: { fresh: true } })
  const principal = await service.sessions.authenticate(token)
  const tokens = await service.sessions.changePassword(passwords, principal, caller)
  await assertEnded(service, login)
  await assert.rejects(async () => service.sessions.authenticate(token), revokedToken)
  await assertAlive(service, tokens)
})
