// A refresh token that is used twice: F-45 to F-50, R-02 to R-05. Its parent is answered alike for
// a short time, since answers get lost and tabs ask at once; anything older ends the session.

import assert from "node:assert/strict"
import { test } from "node:test"
import { findSession } from "../store/session_calls.ts"
import { assertRefused, prepareService, refresh, takeEvents } from "../support/api_scenario.ts"
import { createFaultyDisk } from "../support/faulty_disk.ts"
import { createTestService, type TestService, type TokenBody } from "../support/test_service.ts"
import { assertDead } from "./dead_tokens.ts"

const revoked = [401, "invalid_token", "Token has been revoked"] as const
const reuse = ["session.reused alice", "session.ended alice reused"]

/** Refreshes so many times, a minute apart, and gives all tokens, those of the login first. */
async function chain(service: TestService, first: TokenBody, times: number): Promise<TokenBody[]> {
  const given = [first]
  for (let count = 0; count < times; count += 1) {
    service.clock.advance(60)
    given.push(await refresh(service, given.at(-1)?.refresh_token ?? ""))
  }
  return given
}

for (const replayed of [0, 1, 2, 3]) {
  test(`POST /refresh with token ${replayed} of five ends the session and all its tokens`, async (t) => {
    const { service, tokens } = await prepareService(t)
    const bob = await service.start("bob", "builder")
    const other = await service.start("alice", "wonderland")
    const given = await chain(service, tokens, 4)
    service.clock.advance(31)
    takeEvents(service)
    const reply = await service.call("POST", "/refresh", {
      token: given[replayed]?.refresh_token ?? "",
    })
    assertRefused(reply, revoked)
    assert.deepEqual(takeEvents(service), reuse)
    await assertDead(service, given)
    // Once: what comes after finds no session.
    const names = new Set(takeEvents(service))
    assert.deepEqual([...names], ["refresh.refused ended"])
    // And nobody else is touched.
    for (const { access_token: token, refresh_token: refreshToken } of [bob, other]) {
      assert.equal((await service.call("GET", "/me", { token })).status, 200)
      await refresh(service, refreshToken)
    }
  })
}

test("POST /refresh tells the audit trail which session was reused, and by whom", async (t) => {
  const { service, tokens, sid } = await prepareService(t)
  await chain(service, tokens, 2)
  service.log.events.length = 0
  await service.call("POST", "/refresh", { token: tokens.refresh_token })
  const told = { user: "alice", session: sid, client: "127.0.0.1", request: "test-4" }
  assert.deepEqual(
    service.log.events.slice(0, 2).map(({ time: _, ...event }) => event),
    [
      { level: "audit", event: "session.reused", ...told, other: "127.0.0.1" },
      { level: "audit", event: "session.ended", ...told, reason: "reused" },
    ],
  )
})

for (const seconds of [0, 1, 30, -1, -30, -31, -3600]) {
  test(`POST /refresh with the parent ${seconds} s later answers the same successor`, async (t) => {
    const { service, tokens, sid } = await prepareService(t)
    const next = await refresh(service, tokens.refresh_token)
    const before = await findSession(service.store, sid)
    service.clock.advance(seconds)
    takeEvents(service)
    const again = await refresh(service, tokens.refresh_token)
    assert.equal(again.refresh_token, next.refresh_token)
    assert.equal(await findSession(service.store, sid), before)
    assert.deepEqual(takeEvents(service), ["session.replayed alice"])
    assert.equal(again.refresh_expires_in, 86_400 - seconds)
    const reply = await service.call("GET", "/me", { token: again.access_token })
    assert.equal(reply.status, 200)
  })
}

for (const seconds of [31, 3600]) {
  test(`POST /refresh with the parent ${seconds} s later ends the session`, async (t) => {
    const { service, tokens, sid } = await prepareService(t)
    const next = await refresh(service, tokens.refresh_token)
    service.clock.advance(seconds)
    takeEvents(service)
    assertRefused(await service.call("POST", "/refresh", { token: tokens.refresh_token }), revoked)
    assert.deepEqual(takeEvents(service), reuse)
    assert.equal(await findSession(service.store, sid), null)
    assertRefused(await service.call("POST", "/refresh", { token: next.refresh_token }), revoked)
  })
}

test("POST /refresh with the parent's parent ends the session within the grace, too", async (t) => {
  const { service, tokens } = await prepareService(t)
  const next = await refresh(service, tokens.refresh_token)
  const last = await refresh(service, next.refresh_token)
  takeEvents(service)
  assertRefused(await service.call("POST", "/refresh", { token: tokens.refresh_token }), revoked)
  assert.deepEqual(takeEvents(service), reuse)
  await assertDead(service, [tokens, next, last])
})

test("POST /refresh without a grace takes the parent for stolen at once", async (t) => {
  const { service, tokens } = await prepareService(t, { settings: { graceSeconds: 0 } })
  const next = await refresh(service, tokens.refresh_token)
  takeEvents(service)
  assertRefused(await service.call("POST", "/refresh", { token: tokens.refresh_token }), revoked)
  assert.deepEqual(takeEvents(service), reuse)
  await assertDead(service, [tokens, next])
})

test("POST /refresh fifty times at once moves on once and gives one successor", async (t) => {
  const { service, tokens, sid } = await prepareService(t)
  takeEvents(service)
  const given = await Promise.all(
    Array.from({ length: 50 }, () => refresh(service, tokens.refresh_token)),
  )
  assert.equal(new Set(given.map((one) => one.refresh_token)).size, 1)
  assert.equal((await findSession(service.store, sid))?.rotations, 1)
  const events = takeEvents(service)
  assert.deepEqual(events.sort(), [
    "session.refreshed alice",
    ...Array(49).fill("session.replayed alice"),
  ])
  for (const { access_token: token } of given) {
    assert.equal((await service.call("GET", "/me", { token })).status, 200)
  }
})

test("POST /refresh fifty times at once without a grace leaves no two that live", async (t) => {
  const { service, tokens } = await prepareService(t, { settings: { graceSeconds: 0 } })
  const replies = await Promise.all(
    Array.from({ length: 50 }, () =>
      service.call("POST", "/refresh", { token: tokens.refresh_token }),
    ),
  )
  const good = replies.filter(({ status }) => status === 200)
  assert.equal(good.length, 1)
  for (const reply of replies.filter((one) => !good.includes(one))) assertRefused(reply, revoked)
  await assertDead(service, [tokens, JSON.parse(good[0]?.body ?? "")])
})

for (const seconds of [10, 40]) {
  const outcome = seconds > 30 ? "ends the session" : "answers the same successor"
  test(`POST /refresh with the parent after a restart of ${seconds} s ${outcome}`, async (t) => {
    const disk = createFaultyDisk()
    const { service: before, tokens } = await prepareService(t, { disk })
    const next = await refresh(before, tokens.refresh_token)
    await before.store.close()
    const service = await createTestService(t, { disk })
    service.clock.advance(seconds)
    takeEvents(service)
    if (seconds <= 30) {
      const again = await refresh(service, tokens.refresh_token)
      assert.equal(again.refresh_token, next.refresh_token)
      assert.deepEqual(takeEvents(service), ["session.replayed alice"])
      await refresh(service, next.refresh_token)
      return
    }
    const reply = await service.call("POST", "/refresh", { token: tokens.refresh_token })
    assertRefused(reply, revoked)
    assert.deepEqual(takeEvents(service), reuse)
    await assertDead(service, [tokens, next])
  })
}
