// A session that two clients go on with, each within the grace of the other, and one that is newer
// than the store: what is answered, what is audited, and when it is over.

import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import type { Caller } from "../../src/domain/caller.ts"
import type { Tokens } from "../../src/service/session_tokens.ts"
import { writeRefreshToken } from "../../src/token/refresh_token.ts"
import { findSession } from "../store/session_calls.ts"
import { createFaultyDisk } from "../support/faulty_disk.ts"
import { expiredToken, notStored, revokedToken } from "../support/refusal.ts"
import { createTestService, type TestServiceOptions } from "../support/test_service.ts"
import { assertAlive, assertEnded, caller as owner, payloadOf, where } from "./logged_in.ts"
import { createRefreshed } from "./refreshed.ts"

const thief: Caller = { requestId: "r9", address: "198.51.100.9", userAgent: "curl/8" }
const thiefAt = { client: thief.address, request: thief.requestId }
const shared = "another_client"

/** A session of which somebody has a copy of every token. */
async function createShared(t: TestContext, options: TestServiceOptions = {}) {
  const refreshed = await createRefreshed(t, options)
  const { service, sid, login } = refreshed
  const named = { user: "alice", session: sid }
  /** Both use a token; gives the next one, and the events. */
  const share = async ({ refreshToken }: Tokens, [one, other]: readonly [Caller, Caller]) => {
    service.clock.advance(600)
    const next = await service.sessions.refresh(refreshToken, one)
    const answer = await service.sessions.refresh(refreshToken, other)
    assert.equal(answer.refreshToken, next.refreshToken)
    return { next, events: service.log.takeAudit() }
  }
  return { service, login, sid, named, share }
}

test("refresh() audits both addresses of a parent that another client sends", async (t) => {
  const { named, login, share } = await createShared(t)
  const { next, events } = await share(login, [owner, thief])
  assert.deepEqual(events, [
    { event: "session.refreshed", ...named, ...where },
    { event: "session.replayed", ...named, ...thiefAt, other: owner.address, reason: shared },
  ])
  const turned = await share(next, [thief, owner])
  assert.deepEqual(turned.events, [
    { event: "session.refreshed", ...named, ...thiefAt },
    { event: "session.replayed", ...named, ...where, other: thief.address, reason: shared },
  ])
})

for (const order of [
  [owner, thief],
  [thief, owner],
] as const) {
  const [{ address: first }, second] = order
  test(`refresh() finds a thief out in the third generation, ${first} first`, async (t) => {
    const tokens = { accessTtlSeconds: 7200 }
    const { service, named, login, share } = await createShared(t, { tokens })
    const given = [login]
    for (const current of [login, null]) {
      given.push((await share(current ?? given.at(-1) ?? login, order)).next)
    }
    const last = given.at(-1) ?? login
    given.push(await service.sessions.refresh(last.refreshToken, order[0]))
    service.log.takeAudit()
    await assert.rejects(service.sessions.refresh(last.refreshToken, second), revokedToken)
    const at = { client: second.address, request: second.requestId }
    assert.deepEqual(service.log.takeAudit(), [
      { event: "session.reused", ...named, ...at, other: first },
      { event: "session.ended", ...named, ...at, reason: "reused" },
    ])
    for (const one of given) await assertEnded(service, one)
    assert.deepEqual((await service.sessions.revocations()).sids, [named.session])
  })
}

test("refresh() finds a thief out over restarts", async (t) => {
  const disk = createFaultyDisk()
  let { service, login: current, share } = await createShared(t, { disk })
  for (let generation = 0; generation < 2; generation += 1) {
    current = { ...current, ...(await share(current, [owner, thief])).next }
    await service.store.close()
    service = await createTestService(t, { disk })
    share = async ({ refreshToken }) => {
      const next = await service.sessions.refresh(refreshToken, owner)
      await service.sessions.refresh(refreshToken, thief)
      return { next, events: service.log.takeAudit() }
    }
  }
  await assert.rejects(share(current, [owner, thief]), revokedToken)
  assert.deepEqual(await service.store.sessions.list("alice"), [])
})

test("refresh() by two clients now and then, by tabs, and by a phone on the move ends nothing", async (t) => {
  const { service, login, share } = await createShared(t)
  const phone = { ...owner, address: "2001:db8::7" }
  const updated = { ...owner, userAgent: "Mozilla/5.1 (tests)" }
  let current: Tokens = login
  for (const pair of [
    ...[thief, thief, owner, thief, thief, phone, thief, thief, updated],
    ...Array(12).fill(phone),
  ]) {
    current = (await share(current, [owner, pair])).next
  }
  await assertAlive(service, current)
})

test("refresh() writes once for many replays by another client", async (t) => {
  const disk = createFaultyDisk()
  const { service, login } = await createShared(t, { disk })
  await service.sessions.refresh(login.refreshToken, owner)
  const before = disk.operations.length
  await service.sessions.refresh(login.refreshToken, thief)
  const once = disk.operations.length
  assert.ok(once > before)
  for (let time = 0; time < 50; time += 1) {
    await service.sessions.refresh(login.refreshToken, { ...thief, address: `192.0.3.${time}` })
  }
  assert.equal(disk.operations.length, once)
})

test("refresh() by another client gives nothing while that can't be written", async (t) => {
  const disk = createFaultyDisk()
  const { service, login, sid } = await createShared(t, { disk })
  await service.sessions.refresh(login.refreshToken, owner)
  disk.fail(() => ({ code: "ENOSPC" }))
  await assert.rejects(service.sessions.refresh(login.refreshToken, thief), notStored)
  // The owner's own lost answer costs no write.
  await service.sessions.refresh(login.refreshToken, owner)
  disk.fail()
  await service.sessions.refresh(login.refreshToken, thief)
  assert.equal((await findSession(service.store, sid))?.sharedRun, 1)
})

test("refresh() accepts a token newer than the store, and audits session.set_back", async (t) => {
  const { service, login, sid, audited, refresh } = await createRefreshed(t, { times: 2 })
  const tokenOf = (rotations: number) => ({
    ...login,
    refreshToken: writeRefreshToken({ sid, rotations }, service.keys.refreshKey()),
  })
  const next = await refresh(tokenOf(7))
  assert.deepEqual(service.log.takeAudit(), [{ event: "session.set_back", ...audited }])
  assert.equal(next.refreshToken, tokenOf(8).refreshToken)
  assert.equal(payloadOf(next.accessToken)["sid"], sid)
  // Its answer may have been lost.
  assert.equal((await refresh(tokenOf(7))).refreshToken, next.refreshToken)
  assert.deepEqual(service.log.takeNames(), ["session.replayed"])
  const last = await refresh(next)
  service.log.takeAudit()
  await assert.rejects(refresh(tokenOf(5)), revokedToken)
  assert.deepEqual(service.log.takeNames(), ["session.reused", "session.ended"])
  await assertEnded(service, last)
  // A session that is gone stays so.
  await assert.rejects(refresh(tokenOf(99)), revokedToken)
  assert.deepEqual(service.log.takeNames().at(-1), "refresh.refused")
})

test("refresh() refuses a newer token of a session that has expired in the store", async (t) => {
  const { service, login, sid, refresh } = await createRefreshed(t)
  const refreshToken = writeRefreshToken({ sid, rotations: 3 }, service.keys.refreshKey())
  service.clock.advance(86_400)
  await assert.rejects(refresh({ ...login, refreshToken }), expiredToken)
})

test("refresh() of the last number that a token has room for makes no error", async (t) => {
  const { service, login, sid, refresh } = await createRefreshed(t)
  const tokenOf = (rotations: number) => ({
    ...login,
    refreshToken: writeRefreshToken({ sid, rotations }, service.keys.refreshKey()),
  })
  await refresh(tokenOf(2 ** 48 - 2))
  await assert.rejects(refresh(tokenOf(2 ** 48 - 3)), revokedToken)
  const other = await createRefreshed(t)
  const key = other.service.keys.refreshKey()
  const beyond = writeRefreshToken({ sid: other.sid, rotations: 2 ** 48 - 1 }, key)
  await assert.rejects(other.service.sessions.refresh(beyond, owner), revokedToken)
})
