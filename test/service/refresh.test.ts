// Refresh tokens: used once, their parent for a short time, and never anything older. Those of
// Flask-JWT-Extended are in refresh_exchange.test.ts, what refuses a good one in
// refresh_refused.test.ts.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { Tokens } from "../../src/service/session_tokens.ts"
import { findSession } from "../store/session_calls.ts"
import { startOfTests as now } from "../support/fake_clock.ts"
import { createFaultyDisk } from "../support/faulty_disk.ts"
import { notStored, revokedToken } from "../support/refusal.ts"
import { assertAlive, assertEnded, payloadOf, where } from "./logged_in.ts"
import { createRefreshed } from "./refreshed.ts"

test("refresh() gives the next tokens of the session, not fresh, and says so", async (t) => {
  const { service, login, sid, audited, refresh } = await createRefreshed(t)
  service.clock.advance(60)
  const next = await refresh(login)
  assert.deepEqual(service.log.takeAudit(), [{ event: "session.refreshed", ...audited }])
  assert.notEqual(next.refreshToken, login.refreshToken)
  assert.deepEqual([next.expiresInSeconds, next.refreshExpiresInSeconds], [900, 86_400])
  const claims = payloadOf(next.accessToken)
  const { fresh, auth_time: authTime, iat } = claims
  assert.deepEqual([claims["sid"], fresh, authTime, iat], [sid, false, now, now + 60])
  const session = await findSession(service.store, sid)
  assert.deepEqual(
    [session?.startedAt, session?.lastUsedAt, session?.rotations],
    [now, now + 60, 1],
  )
  // The access token from before lives on until its own end.
  await service.sessions.authenticate(login.accessToken)
})

test("refresh() notes from where the session was used last", async (t) => {
  const { service, login, sid } = await createRefreshed(t)
  const from = { requestId: "r2", address: "198.51.100.9", userAgent: "curl/8" }
  await service.sessions.refresh(login.refreshToken, from)
  const session = await findSession(service.store, sid)
  assert.deepEqual([session?.address, session?.userAgent], ["198.51.100.9", "curl/8"])
})

/** The event of a token that was used before, here by who used the session last. */
function reusedBy(audited: Readonly<Record<string, unknown>>) {
  return { event: "session.reused", ...audited, other: where.client }
}

/** Seconds since the rotation, and whether its parent is still answered. */
const graceRows: readonly (readonly [graceSeconds: number, seconds: number, replayed: boolean])[] =
  [
    [30, 0, true],
    [30, 30, true],
    [30, 31, false],
    [30, -30, true],
    [30, -31, true],
    [1, 1, true],
    [1, 2, false],
    [0, 0, false],
  ]

for (const [graceSeconds, seconds, replayed] of graceRows) {
  const word = replayed ? "answers" : "takes for stolen"
  const grace = `with a grace of ${graceSeconds} s`
  test(`refresh() ${word} a parent after ${seconds} s ${grace}`, async (t) => {
    const settings = { graceSeconds }
    const { service, tokens, latest, audited, refresh } = await createRefreshed(t, {
      times: 1,
      settings,
    })
    service.clock.advance(seconds)
    const [parent] = tokens as [Tokens]
    if (replayed) {
      assert.equal((await refresh(parent)).refreshToken, latest.refreshToken)
      assert.deepEqual(service.log.takeAudit(), [{ event: "session.replayed", ...audited }])
      return
    }
    await assert.rejects(refresh(parent), revokedToken)
    // Back at the time of the tokens, so that they are refused for nothing else.
    service.clock.advance(-seconds)
    const ended = { event: "session.ended", ...audited, reason: "reused" }
    assert.deepEqual(service.log.takeAudit(), [reusedBy(audited), ended])
    assert.deepEqual((await service.sessions.revocations()).sids, [audited.session])
    await assertEnded(service, latest)
  })
}

test("refresh() answers a parent again and again, and writes nothing", async (t) => {
  const disk = createFaultyDisk()
  const { service, tokens, latest, sid, refresh } = await createRefreshed(t, { times: 1, disk })
  const [parent] = tokens as [Tokens]
  const before = [disk.operations.length, await findSession(service.store, sid)]
  for (let time = 0; time < 5; time += 1) {
    const next = await refresh(parent)
    assert.equal(next.refreshToken, latest.refreshToken)
    await service.sessions.authenticate(next.accessToken)
  }
  // Not even a full disk keeps an answer that was lost from being given again.
  disk.fail(() => ({ code: "ENOSPC" }))
  assert.equal((await refresh(parent)).refreshToken, latest.refreshToken)
  assert.deepEqual([disk.operations.length, await findSession(service.store, sid)], before)
})

test("refresh() does not move the grace of a parent with each answer", async (t) => {
  const { service, tokens, refresh } = await createRefreshed(t, { times: 1 })
  const [parent] = tokens as [Tokens]
  service.clock.advance(29)
  await refresh(parent)
  service.clock.advance(2)
  await assert.rejects(refresh(parent), revokedToken)
})

test("refresh() treats a grandparent as stolen, even right after the rotations", async (t) => {
  const { service, login, sid, audited, refresh } = await createRefreshed(t)
  const second = await refresh(login)
  const third = await refresh(second)
  service.log.takeAudit()
  await assert.rejects(refresh(login), revokedToken)
  assert.deepEqual(service.log.takeAudit(), [
    reusedBy(audited),
    { event: "session.ended", ...audited, reason: "reused" },
  ])
  for (const tokens of [login, second, third]) await assertEnded(service, tokens)
  const refusal = { event: "refresh.refused", session: sid, ...where, reason: "ended" }
  assert.deepEqual(service.log.takeAudit(), [refusal, refusal, refusal])
})

test("refresh() catches every older token of a long session", async (t) => {
  for (const index of [0, 3, 6, 8]) {
    const { service, tokens, latest, refresh } = await createRefreshed(t, { times: 9 })
    await assert.rejects(async () => {
      service.clock.advance(31)
      await refresh(tokens[index] as Tokens)
    }, revokedToken)
    await assertEnded(service, latest)
  }
})

test("refresh() of a hundred concurrent calls rotates once, and all get one successor", async (t) => {
  const { service, login, sid, refresh } = await createRefreshed(t)
  const answers = await Promise.all(Array.from({ length: 100 }, () => refresh(login)))
  const [successor, ...more] = new Set(answers.map(({ refreshToken }) => refreshToken))
  assert.deepEqual(more, [])
  assert.notEqual(successor, login.refreshToken)
  const names = service.log.takeNames()
  assert.equal(names.filter((name) => name === "session.refreshed").length, 1)
  assert.equal(names.filter((name) => name === "session.replayed").length, 99)
  assert.equal((await findSession(service.store, sid))?.rotations, 1)
  for (const answer of answers) await service.sessions.authenticate(answer.accessToken)
})

test("refresh() by tabs that use the token they got last never logs out", async (t) => {
  const { service, login, sid, refresh } = await createRefreshed(t)
  let current: Tokens = login
  for (let round = 0; round < 20; round += 1) {
    const [first, ...others] = await Promise.all([current, current, current].map(refresh))
    for (const other of others) assert.equal(other.refreshToken, first?.refreshToken)
    current = first as Tokens
    service.clock.advance(1)
  }
  assert.equal((await findSession(service.store, sid))?.rotations, 20)
  assert.doesNotMatch(service.log.takeNames().join(), /reused|ended|refused/)
})

test("refresh() on a full disk uses nothing up", async (t) => {
  const disk = createFaultyDisk()
  const { service, login, audited, refresh } = await createRefreshed(t, { disk })
  disk.fail(() => ({ code: "ENOSPC" }))
  for (let time = 0; time < 3; time += 1) await assert.rejects(refresh(login), notStored)
  assert.deepEqual(service.log.takeAudit(), [])
  disk.fail()
  service.clock.advance(1000)
  const next = await refresh(login)
  assert.deepEqual(service.log.takeAudit(), [{ event: "session.refreshed", ...audited }])
  await assertAlive(service, next)
})

test("refresh() of concurrent calls on a failing disk gives no unstored token", async (t) => {
  const disk = createFaultyDisk()
  const { service, login, refresh } = await createRefreshed(t, { disk })
  const held = disk.holdWrites()
  const answers = Promise.allSettled(Array.from({ length: 10 }, () => refresh(login)))
  await held.reached
  held.letGo({ code: "EIO" })
  for (const answer of await answers) {
    assert.ok(answer.status === "rejected")
    notStored(answer.reason)
  }
  disk.fail()
  await assertAlive(service, await refresh(login))
})

test("refresh() gives the roles and claims that the user has now", async (t) => {
  const { service, login, refresh } = await createRefreshed(t)
  await service.accounts.addRole("alice", "admin")
  await service.accounts.setClaim("alice", "plan", "paid")
  const next = await refresh(login)
  const { roles, plan } = payloadOf(next.accessToken)
  assert.deepEqual([roles, plan], [["admin"], "paid"])
  await service.accounts.removeRole("alice", "admin")
  await service.accounts.removeClaim("alice", "plan")
  const claims = payloadOf((await refresh(next)).accessToken)
  assert.deepEqual([claims["roles"], claims["plan"]], [[], undefined])
})
