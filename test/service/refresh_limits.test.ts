// How many refresh tokens a client may have refused, and how often those of a session and of an
// account may be used.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { Tokens } from "../../src/service/session_tokens.ts"
import { createFaultyDisk } from "../support/faulty_disk.ts"
import { createForge } from "../support/forge.ts"
import { invalidToken, refusedAs, revokedToken } from "../support/refusal.ts"
import { logInByPassword } from "./log_in_by_password.ts"
import { assertAlive, assertEnded, caller, logIn, sidOf, where } from "./logged_in.ts"
import { createRefreshed } from "./refreshed.ts"

const tooManyFor = (seconds: number) =>
  refusedAs("too_many_requests", `Too many attempts: try again in ${seconds} s`)
const tooMany = tooManyFor(1)
const bad = `ptr_${"A".repeat(56)}`

test("refresh() refuses 3000 bad tokens of a client as invalid, then five a second", async (t) => {
  const { service, login, refresh } = await createRefreshed(t)
  const { sessions, log, clock, summarizeAudit } = service
  for (let count = 0; count < 3000; count += 1) {
    await assert.rejects(sessions.refresh(bad, caller), invalidToken)
  }
  const refusal = { event: "refresh.refused", ...where, reason: "invalid" }
  const throttled = { event: "client.throttled", ...where, reason: "refresh" }
  assert.deepEqual(log.takeAudit(), [...Array(100).fill(refusal), throttled])
  for (let count = 0; count < 10; count += 1) {
    await assert.rejects(sessions.refresh(bad, caller), tooMany)
  }
  assert.deepEqual(log.takeAudit(), [])
  clock.advance(1)
  for (let count = 0; count < 5; count += 1) {
    await assert.rejects(sessions.refresh(bad, caller), invalidToken)
  }
  assert.deepEqual(log.takeAudit(), [throttled])
  // None gets lost.
  clock.advance(59)
  summarizeAudit()
  const { client, reason } = refusal
  const sum = { event: "refresh.refused", client, reason, count: 2915, seconds: 60 }
  assert.deepEqual(log.takeAudit(), [sum])
  // Its own good token, and others with bad ones.
  const next = await refresh(login)
  await assert.rejects(sessions.refresh(bad, { ...caller, address: "192.0.2.8" }), invalidToken)
  // And theft is found out, whatever was before.
  await refresh(next)
  await assert.rejects(refresh(login), revokedToken)
  assert.deepEqual(await service.store.sessions.list("alice"), [])
})

test("refresh() of a session is for 240 at once, then for one in three seconds", async (t) => {
  const disk = createFaultyDisk()
  const { service, login, audited, refresh } = await createRefreshed(t, { disk })
  let current: Tokens = login
  // Tabs that ask at once, and go on without a pause.
  for (let count = 0; count < 60; count += 1) {
    const [next, ...others] = await Promise.all(Array.from({ length: 4 }, () => refresh(current)))
    assert.ok(next !== undefined && others.length === 3)
    current = next
  }
  const throttled = { event: "client.throttled", ...audited, reason: "refresh" }
  const trail = service.log.takeAudit()
  const throttling = trail.filter(({ event }) => event === "client.throttled")
  assert.deepEqual([trail.length, throttling], [241, [throttled]])
  const written = disk.operations.length
  for (let count = 0; count < 500; count += 1) {
    await assert.rejects(refresh(current), (error) => {
      assert.equal((error as { retryAfterSeconds?: unknown }).retryAfterSeconds, 3)
      return tooManyFor(3)(error)
    })
  }
  assert.equal(disk.operations.length, written)
  assert.deepEqual(service.log.takeAudit(), Array(99).fill(throttled))
  // It is as good as before, and so are the user's other sessions.
  const other = await logInByPassword(
    service.sessions,
    { username: "alice", password: "wonderland" },
    caller,
  )
  await refresh(other)
  service.clock.advance(3)
  await assertAlive(service, current)
})

test("refresh() that has to wait changes nothing about the parent of a token either", async (t) => {
  const { service, login, refresh } = await createRefreshed(t)
  const next = await refresh(login)
  for (let count = 1; count < 240; count += 1) await refresh(login)
  for (const tokens of [login, next]) await assert.rejects(refresh(tokens), tooManyFor(3))
  service.clock.advance(30)
  assert.equal((await refresh(login)).refreshToken, next.refreshToken)
  await assertAlive(service, next)
})

test("refresh() notices theft, however many good tokens came before", async (t) => {
  const { service, login, refresh } = await createRefreshed(t)
  let current: Tokens = login
  for (let count = 0; count < 240; count += 1) current = await refresh(current)
  await assert.rejects(refresh(current), tooManyFor(3))
  await assert.rejects(refresh(login), revokedToken)
  await assertEnded(service, current)
})

test("refresh() allows an account 600 at once over all sessions", async (t) => {
  const { service, login, audited, refresh } = await createRefreshed(t)
  const logins = [login]
  while (logins.length < 6) logins.push(await logIn(service))
  service.log.takeAudit()
  let refused = 0
  for (const one of logins) {
    for (let count = 0; count < 110; count += 1) {
      await refresh(one).catch((error) => {
        assert.doesNotThrow(() => tooManyFor(1)(error))
        refused += 1
      })
    }
  }
  assert.equal(refused, 60)
  const [throttled] = service.log.takeAudit().filter(({ event }) => event === "client.throttled")
  const session = sidOf(logins.at(-1) ?? login)
  assert.deepEqual(throttled, { event: "client.throttled", ...audited, session, reason: "refresh" })
  await assertAlive(service, await logIn(service, "bob"))
})

test("refresh() of Flask tokens counts by account, too, and does not count ended ones", async (t) => {
  const { service, refresh } = await createRefreshed(t, { shared: true })
  const flask = await createForge("HS256")
  const flaskToken = (jti: string) => ({
    refreshToken: flask.token({ payload: { jti, type: "refresh" } }),
  })
  const first = flaskToken("j0")
  await service.sessions.logOut(first.refreshToken, caller)
  for (let count = 0; count < 2000; count += 1) {
    await assert.rejects(refresh({ ...first } as Tokens), /Token has been revoked/)
  }
  for (let count = 1; count < 600; count += 1) await refresh(flaskToken(`j${count}`) as Tokens)
  await assert.rejects(refresh(flaskToken("j600") as Tokens), tooManyFor(1))
  service.clock.advance(1)
  await refresh(flaskToken("j600") as Tokens)
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
