// Keys that are retired in an emergency: their tokens are refused at once, and the service goes on.

import assert from "node:assert/strict"
import { test } from "node:test"
import { startOfTests as now } from "../support/fake_clock.ts"
import { invalidToken, refusedAs, unavailableAs } from "../support/refusal.ts"
import { createTestService } from "../support/test_service.ts"
import { assertAlive, caller, logIn } from "./logged_in.ts"
import { openTestKeys } from "./opened_keys.ts"

test("retire() of the only key makes another, which signs at once", async () => {
  const opened = await openTestKeys()
  const [kid = ""] = opened.published()
  const token = await opened.sign()
  opened.log.takeAudit()
  await opened.keys.retire(kid)
  assert.deepEqual(opened.log.takeAudit(), [{ event: "key.retired", key: kid }])
  assert.equal(await opened.verdict(token), "Invalid token")
  assert.deepEqual(opened.states(), ["signing"])
  assert.ok(!opened.published().includes(kid))
  assert.equal(await opened.verdict(await opened.sign()), "good")
  const again = await opened.reopen()
  assert.deepEqual(again.published(), opened.published())
  assert.equal(await again.verdict(token), "Invalid token")
})

test("retire() of the signing key lets the waiting one sign at once", async () => {
  const opened = await openTestKeys()
  const [kid = ""] = opened.published()
  const token = await opened.sign()
  const { kid: waiting } = await opened.keys.rotate()
  opened.clock.advance(10)
  await opened.keys.retire(kid)
  assert.deepEqual(opened.keys.list()[0], {
    ...{ kid: waiting, alg: "ES256", state: "signing" },
    ...{ publishedAt: now, signsFrom: now + 10, keptUntil: null },
  })
  assert.equal(await opened.verdict(token), "Invalid token")
  assert.equal(await opened.verdict(await opened.sign()), "good")
})

test("retire() of the waiting key lets the signing one go on, without an end", async () => {
  const opened = await openTestKeys()
  const token = await opened.sign()
  const { kid } = await opened.keys.rotate()
  await opened.keys.retire(kid ?? "")
  assert.deepEqual(opened.states(), ["signing"])
  assert.equal(opened.keys.list()[0]?.keptUntil, null)
  assert.equal(await opened.verdict(token), "good")
  opened.clock.advance(10_000)
  await opened.keys.rotateWhenDue()
  assert.equal(await opened.verdict(await opened.sign()), "good")
  await opened.keys.rotate()
  assert.deepEqual(opened.states(), ["signing", "waiting"])
})

test("retire() of a kept key refuses its tokens, and no others", async () => {
  const opened = await openTestKeys()
  const [kid = ""] = opened.published()
  const old = await opened.sign()
  await opened.keys.rotate()
  opened.clock.advance(400)
  const young = await opened.sign()
  assert.deepEqual(opened.states(), ["kept", "signing"])
  await opened.keys.retire(kid)
  assert.equal(await opened.verdict(old), "Invalid token")
  assert.equal(await opened.verdict(young), "good")
  assert.deepEqual(opened.states(), ["signing"])
})

test("retire() of a key that waits since the clock was ahead changes nothing else", async () => {
  const opened = await openTestKeys()
  opened.clock.advance(365 * 86_400)
  const { kid } = await opened.keys.rotate()
  opened.clock.advance(-365 * 86_400)
  await opened.keys.rotate()
  const others = () => opened.keys.list().filter((key) => key.kid !== kid)
  const before = others()
  assert.deepEqual(opened.states(), ["signing", "waiting", "waiting"])
  await opened.keys.retire(kid ?? "")
  assert.deepEqual(others(), before)
  assert.equal(opened.published().length, 2)
})

test("retire() of the signing key while another is kept makes a new one", async () => {
  const opened = await openTestKeys()
  await opened.keys.rotate()
  opened.clock.advance(400)
  const [kept, signing = ""] = opened.published()
  await opened.keys.retire(signing)
  assert.deepEqual(opened.states(), ["kept", "signing"])
  const [first, second] = opened.published()
  assert.equal(first, kept)
  assert.notEqual(second, signing)
})

test("retire() one after the other never leaves the ring without a key that signs", async () => {
  const opened = await openTestKeys()
  for (let round = 0; round < 4; round += 1) {
    if (round % 2 === 0) await opened.keys.rotate()
    opened.clock.advance(round === 2 ? 400 : 0)
    const [kid = ""] = opened.published()
    await opened.keys.retire(kid)
    assert.equal(opened.states().filter((state) => state === "signing").length, 1)
    assert.equal(await opened.verdict(await opened.sign()), "good")
  }
})

test("retire() knows each key by its whole name only", async () => {
  const { keys, published, log } = await openTestKeys()
  const [kid = ""] = published()
  log.takeAudit()
  for (const unknown of ["", "Refresh", kid.slice(0, -1), `${kid}A`, "__proto__"]) {
    const message = `There is no key '${unknown}'`
    await assert.rejects(keys.retire(unknown), refusedAs("not_found", message))
  }
  assert.deepEqual(log.takeAudit(), [])
  assert.deepEqual(published(), [kid])
})

test("retire() of one key twice at once retires it once", async () => {
  const { keys, published } = await openTestKeys()
  const [kid = ""] = published()
  const [, second] = await Promise.allSettled([keys.retire(kid), keys.retire(kid)])
  assert.ok(second.status === "rejected")
  assert.doesNotThrow(() => refusedAs("not_found", `There is no key '${kid}'`)(second.reason))
  assert.equal(published().length, 1)
})

test("retire() on a full disk changes nothing", async () => {
  const { keys, published, disk, log, sign, verdict } = await openTestKeys()
  const [kid = ""] = published()
  const token = await sign()
  log.takeAudit()
  disk.fail(() => ({ code: "ENOSPC" }))
  await assert.rejects(keys.retire(kid), unavailableAs("The keys could not be stored"))
  assert.deepEqual(log.takeAudit(), [])
  assert.equal(await verdict(token), "good")
})

for (const kind of ["generated", "imported", "shared"] as const) {
  test(`retire() of the refresh key of ${kind} keys: everybody logs in again`, async (t) => {
    const service = await createTestService(t, { [kind]: true })
    const login = await logIn(service)
    const next = await assertAlive(service, login)
    const before = service.keys.refreshKey()
    service.log.takeAudit()
    await service.keys.retire("refresh")
    assert.deepEqual(service.log.takeAudit(), [{ event: "key.retired", key: "refresh" }])
    assert.notDeepEqual(service.keys.refreshKey(), before)
    for (const { refreshToken } of [login, next]) {
      await assert.rejects(service.sessions.refresh(refreshToken, caller), invalidToken)
    }
    // Neither theft nor the end of the session: access tokens live on to their end.
    assert.equal((await service.sessions.authenticate(next.accessToken)).sid, login.sid)
    await assertAlive(service, await logIn(service))
  })
}

test("retire() of the signing key: refresh tokens go on, and give tokens that hold", async (t) => {
  const service = await createTestService(t, { generated: true })
  const login = await logIn(service)
  await service.keys.retire(service.keys.list()[0]?.kid ?? "")
  await assert.rejects(async () => service.sessions.authenticate(login.accessToken), invalidToken)
  const next = await service.sessions.refresh(login.refreshToken, caller)
  assert.equal((await service.sessions.authenticate(next.accessToken)).username, "alice")
})
