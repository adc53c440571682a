// Logins, and the sessions of a user as the user sees them. Logout is in sessions_log_out.test.ts,
// changes of the password in sessions_password.test.ts, refreshing in refresh.test.ts, and how a
// client is known again in sessions_devices.test.ts.

import assert from "node:assert/strict"
import { test } from "node:test"
import { createPasswordHasher } from "../../src/password/hash.ts"
import { createHashingLane } from "../../src/password/hashing_lane.ts"
import { operator } from "../../src/service/login_attempt.ts"
import { findSession } from "../store/session_calls.ts"
import { startOfTests as now } from "../support/fake_clock.ts"
import { createFaultyDisk } from "../support/faulty_disk.ts"
import { interruptBefore } from "../support/interrupted_store.ts"
import { notStored, refusedAs, revokedToken } from "../support/refusal.ts"
import { cheapHashes, createTestService, type TestService } from "../support/test_service.ts"
import { logInByPassword } from "./log_in_by_password.ts"
import {
  assertAlive,
  assertEnded,
  caller,
  logIn,
  payloadOf,
  revocationsOf,
  where,
} from "./logged_in.ts"

const wrong = refusedAs("invalid_credentials", "Bad username or password")
const notFound = refusedAs("not_found", "You have no such session")

test("logIn() starts a session and gives its tokens", async (t) => {
  const service = await createTestService(t)
  const tokens = await logInByPassword(
    service.sessions,
    { username: "ALICE", password: "wonderland" },
    caller,
  )
  const { accessToken, refreshToken, deviceToken, ...lives } = tokens
  assert.deepEqual(lives, { expiresInSeconds: 900, refreshExpiresInSeconds: 86_400 })
  const { sub, sid, auth_time: authTime, fresh } = payloadOf(accessToken)
  assert.deepEqual([sub, authTime, fresh], ["alice", now, true])
  assert.match(refreshToken, /^ptr_/)
  assert.match(deviceToken, /^ptd_/)
  assert.deepEqual(await service.store.sessions.list("alice"), [
    {
      sid,
      username: "alice",
      startedAt: now,
      lastUsedAt: now,
      rotatedAt: now,
      idleExpiresAt: now + 86_400,
      expiresAt: now + 604_800,
      rotations: 0,
      address: caller.address,
      userAgent: caller.userAgent,
      ...{ usedBefore: null, sharedRotation: 0, sharedRun: 0, amr: ["pwd"], factorAt: null },
    },
  ])
})

test("logIn() gives each login a session of its own, also in the same second", async (t) => {
  const service = await createTestService(t)
  const logins = await Promise.all(Array.from({ length: 10 }, () => logIn(service)))
  assert.equal(new Set(logins.map(({ sid }) => sid)).size, 10)
  for (const login of logins) await assertAlive(service, login)
})

test("logIn() audits the success, the failure, and a name only if it is a user's", async (t) => {
  const service = await createTestService(t)
  const { sid } = await logIn(service)
  for (const [username, password] of [
    ["ALICE", "builder"],
    ["wonderland", "alice"],
    ["a lice", "wonderland"],
  ] as const) {
    await assert.rejects(logInByPassword(service.sessions, { username, password }, caller), wrong)
  }
  const lines = service.log.lines.slice(-4)
  assert.deepEqual(service.log.takeAudit().slice(-4), [
    { event: "login.succeeded", user: "alice", session: sid, ...where },
    { event: "login.failed", user: "alice", ...where },
    { event: "login.failed", ...where },
    { event: "login.failed", ...where },
  ])
  assert.doesNotMatch(lines.join(""), /wonderland|builder|ptr_|ptd_|argon2/)
})

test("logIn() answers every failure alike, and starts no session", async (t) => {
  const service = await createTestService(t)
  await service.accounts.disable("bob")
  service.log.takeNames()
  const rows = [
    ["alice", "builder"],
    ["carol", "wonderland"],
    ["bob", "builder"],
    ["a lice", "wonderland"],
    ["alice", "x".repeat(2000)],
    ["alice", "\0"],
    ["alice", ""],
  ] as const
  for (const [username, password] of rows) {
    await assert.rejects(
      logInByPassword(service.sessions, { username, password }, caller),
      wrong,
      username,
    )
  }
  assert.deepEqual(service.log.takeNames(), Array(rows.length).fill("login.failed"))
  assert.deepEqual(await service.store.sessions.list("alice"), [])
})

/** What may happen between the check of a password and the start of the session. */
const races: Readonly<Record<string, (service: TestService) => Promise<unknown>>> = {
  "the password is changed": ({ accounts }) =>
    accounts.setPassword({ username: "alice", password: "heftklammer-und-mehr" }),
  "the user is disabled": ({ accounts }) => accounts.disable("alice"),
  "the user is deleted": ({ accounts }) => accounts.delete("alice"),
}

for (const [name, work] of Object.entries(races)) {
  test(`logIn() fails when ${name} between check and start`, async (t) => {
    const service = await createTestService(t)
    interruptBefore(service.store, "startSession", () => work(service))
    await assert.rejects(logIn(service), wrong)
    assert.deepEqual(await service.store.sessions.list("alice"), [])
    assert.equal(service.log.takeNames().at(-1), "login.failed")
  })
}

test("logIn() succeeds when the hash was strengthened between check and start", async (t) => {
  const service = await createTestService(t)
  interruptBefore(service.store, "startSession", async () => {
    const lane = createHashingLane({ width: 1 })
    const hasher = createPasswordHasher(lane, { ...cheapHashes, passes: 2 })
    const passwordHash = await hasher.hash("wonderland", operator)
    const { passwordHash: ifPasswordHash = "" } = (await service.store.users.find("alice")) ?? {}
    await service.store.users.change("alice", { passwordHash, ifPasswordHash })
  })
  service.log.takeNames()
  await assertAlive(service, await logIn(service))
  assert.deepEqual(service.log.takeNames(), ["login.succeeded", "session.refreshed"])
  assert.equal((await service.store.sessions.list("alice")).length, 1)
})

test("logIn() on a full disk gives no tokens, and says nothing", async (t) => {
  const disk = createFaultyDisk()
  const service = await createTestService(t, { disk })
  service.log.takeNames()
  disk.fail(() => ({ code: "ENOSPC" }))
  await assert.rejects(logIn(service), notStored)
  disk.fail()
  assert.deepEqual(await service.store.sessions.list("alice"), [])
  assert.deepEqual(service.log.takeAudit(), [])
  await assertAlive(service, await logIn(service))
})

test("logIn() ends the oldest of too many sessions", async (t) => {
  const service = await createTestService(t, { settings: { perUserMax: 3 } })
  const logins = []
  for (let login = 0; login < 3; login += 1) {
    logins.push(await logIn(service))
    service.clock.advance(10)
  }
  const [oldest, second, third] = logins
  const others = await logIn(service, "bob")
  assert.ok(oldest && second && third)
  // Use does not make a session younger: who refreshes all the time could push the others out.
  await assertAlive(service, oldest)
  service.log.takeAudit()
  const fourth = await logIn(service)
  assert.deepEqual(service.log.takeAudit(), [
    { event: "login.succeeded", user: "alice", session: fourth.sid, ...where },
    { event: "session.ended", user: "alice", session: oldest.sid, ...where, reason: "too_many" },
  ])
  await assertEnded(service, oldest)
  for (const login of [second, third, fourth, others]) await assertAlive(service, login)
})

test("logIn() ends expired sessions before those that go on", async (t) => {
  const service = await createTestService(t, { settings: { perUserMax: 2 } })
  const used = await logIn(service)
  service.clock.advance(10)
  const unused = await logIn(service)
  service.clock.advance(86_380)
  const next = await service.sessions.refresh(used.refreshToken, caller)
  service.clock.advance(20)
  const third = await logIn(service)
  for (const tokens of [next, third]) await assertAlive(service, tokens)
  assert.equal(await findSession(service.store, unused.sid), null)
})

test("logIn() keeps the sessions of a user within bounds, however many log in at once", async (t) => {
  const service = await createTestService(t, { settings: { perUserMax: 5 } })
  const logins = await Promise.all(Array.from({ length: 20 }, () => logIn(service)))
  assert.equal((await service.store.sessions.list("alice")).length, 5)
  const alive = await Promise.allSettled(
    logins.map(({ accessToken }) => service.sessions.authenticate(accessToken)),
  )
  assert.equal(alive.filter(({ status }) => status === "fulfilled").length, 5)
})

test("list() gives the user's own live sessions, the last used first", async (t) => {
  const service = await createTestService(t)
  await logIn(service)
  service.clock.advance(50_000)
  const second = await logIn(service)
  service.clock.advance(600)
  const third = await logIn(service)
  await logIn(service, "bob")
  const principal = await service.sessions.authenticate(second.accessToken)
  const sids = async () => (await service.sessions.list(principal)).map(({ sid }) => sid)
  assert.deepEqual((await sids()).slice(0, 2), [third.sid, second.sid])
  assert.equal((await sids()).length, 3)
  service.clock.advance(600)
  await service.sessions.refresh(second.refreshToken, caller)
  // Not at once: who has a copy of the token would learn when to ask.
  assert.deepEqual((await sids()).slice(0, 2), [third.sid, second.sid])
  service.clock.advance(40_000)
  assert.deepEqual(await sids(), [second.sid, third.sid])
})

test("end() ends a session of the user, also the one that asks", async (t) => {
  const service = await createTestService(t)
  const logins = [await logIn(service), await logIn(service)] as const
  const principal = await service.sessions.authenticate(logins[0].accessToken)
  service.log.takeAudit()
  for (const { sid } of logins) await service.sessions.end(sid, principal, caller)
  assert.deepEqual(
    service.log.takeAudit(),
    logins.map(({ sid }) => ({
      ...{ event: "session.ended", user: "alice", session: sid, ...where, reason: "by_user" },
    })),
  )
  for (const login of logins) await assertEnded(service, login)
})

test("end() finds no session of another user, and no ended one", async (t) => {
  const service = await createTestService(t)
  const own = await logIn(service)
  const others = await logIn(service, "bob")
  const principal = await service.sessions.authenticate(own.accessToken)
  await service.sessions.end(own.sid, principal, caller)
  service.log.takeAudit()
  for (const sid of [others.sid, own.sid, "", "__proto__", own.sid.slice(1)]) {
    await assert.rejects(service.sessions.end(sid, principal, caller), notFound, sid)
  }
  assert.deepEqual(service.log.takeAudit(), [])
  await assertAlive(service, others)
})

test("endOthers() ends the user's sessions but the one that asks", async (t) => {
  const service = await createTestService(t)
  const others = await logIn(service, "bob")
  const [asking, ...more] = [await logIn(service), await logIn(service), await logIn(service)]
  const principal = await service.sessions.authenticate(asking.accessToken)
  service.log.takeAudit()
  await service.sessions.endOthers(principal, caller)
  const ended = more.map(({ sid }) => ({
    ...{ event: "session.ended", user: "alice", session: sid, ...where, reason: "by_user" },
  }))
  assert.deepEqual(service.log.takeAudit(), ended)
  for (const login of more) await assertEnded(service, login)
  service.log.takeNames()
  await service.sessions.endOthers(principal, caller)
  for (const login of [asking, others]) await assertAlive(service, login)
  assert.deepEqual(service.log.takeNames(), ["session.refreshed", "session.refreshed"])
})

test("revocations() lists what ended, until its last access token has expired", async (t) => {
  const service = await createTestService(t)
  const [one, two] = [await logIn(service), await logIn(service)]
  const principal = await service.sessions.authenticate(one.accessToken)
  assert.deepEqual(await revocationsOf(service), { sids: [], jtis: [] })
  await service.sessions.end(two.sid, principal, caller)
  assert.deepEqual(await revocationsOf(service), { sids: [two.sid], jtis: [] })
  service.clock.advance(899)
  assert.deepEqual((await service.sessions.revocations()).sids, [two.sid])
  service.clock.advance(31)
  assert.deepEqual((await service.sessions.revocations()).sids, [])
  await assert.rejects(service.sessions.refresh(two.refreshToken, caller), revokedToken)
})
