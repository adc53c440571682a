// How many refresh tokens a client may have refused. A good one of Postern's is never kept waiting.

import assert from "node:assert/strict"
import { test } from "node:test"
import { createForge } from "../support/forge.ts"
import { invalidToken, refusedAs, revokedToken } from "../support/refusal.ts"
import { caller, where } from "./logged_in.ts"
import { createRefreshed } from "./refreshed.ts"

const tooMany = refusedAs("too_many_requests", "Too many attempts: try again in 1 s")
const bad = `ptr_${"A".repeat(56)}`

test("refresh() refuses 3000 bad tokens of a client as such, then five a second", async (t) => {
  const { service, login, refresh } = await createRefreshed(t)
  const { sessions, log, clock } = service
  for (let count = 0; count < 3000; count += 1) {
    await assert.rejects(sessions.refresh(bad, caller), invalidToken)
  }
  const refusal = { event: "refresh.refused", ...where, reason: "invalid" }
  const throttled = { event: "client.throttled", ...where, reason: "refresh" }
  assert.deepEqual(log.takeAudit(), [...Array(3000).fill(refusal), throttled])
  for (let count = 0; count < 10; count += 1) {
    await assert.rejects(sessions.refresh(bad, caller), tooMany)
  }
  assert.deepEqual(log.takeAudit(), [])
  clock.advance(1)
  for (let count = 0; count < 5; count += 1) {
    await assert.rejects(sessions.refresh(bad, caller), invalidToken)
  }
  assert.deepEqual(log.takeAudit(), [...Array(5).fill(refusal), throttled])
  // Its own good token, and others with bad ones.
  const next = await refresh(login)
  await assert.rejects(sessions.refresh(bad, { ...caller, address: "192.0.2.8" }), invalidToken)
  // And theft is found out, whatever was before.
  await refresh(next)
  await assert.rejects(refresh(login), revokedToken)
  assert.deepEqual(await service.store.listSessions("alice"), [])
})

test("refresh() of good tokens is never refused, however many", async (t) => {
  const { service, login, refresh } = await createRefreshed(t)
  let current = login
  for (let count = 0; count < 60; count += 1) {
    const answers = await Promise.all(Array.from({ length: 60 }, () => refresh(current)))
    assert.equal(new Set(answers.map(({ refreshToken }) => refreshToken)).size, 1)
    current = { ...current, ...answers[0] }
  }
  assert.equal((await service.store.listSessions("alice")).length, 1)
})

test("refresh() computes no signature for a client that had too many refused", async (t) => {
  const { service } = await createRefreshed(t, { shared: true })
  const flask = await createForge("HS256")
  const good = flask.token({ payload: { type: "refresh" } })
  const { sessions, clock } = service
  for (let count = 0; count < 3000; count += 1) {
    await assert.rejects(sessions.refresh(bad, caller), invalidToken)
  }
  await assert.rejects(sessions.refresh(good, caller), tooMany)
  clock.advance(1)
  await sessions.refresh(good, caller)
})
