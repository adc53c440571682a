// Sessions under a clock that is set (K-12, S-14): nobody is locked out, no session lives for ever,
// and what is handed out after a step works.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { Tokens } from "../../src/service/session_tokens.ts"
import { findSession } from "../store/session_calls.ts"
import { clockBehind, expiredToken, invalidToken, revokedToken } from "../support/refusal.ts"
import { createTestService, type TestService } from "../support/test_service.ts"
import { logInByPassword } from "./log_in_by_password.ts"
import { assertAlive, assertEnded, caller, logIn, revocationsOf, sidOf } from "./logged_in.ts"

const hour = 3600
const day = 86_400
const year = 365 * day
const settings = { idleSeconds: 14 * day, maxAgeSeconds: 30 * day }

const back: readonly (readonly [name: string, seconds: number])[] = [
  ["an hour", hour],
  ["a day", day],
  ["two days", 2 * day],
]

for (const [name, seconds] of back) {
  test(`sessions go on when the clock is set back by ${name}`, async (t) => {
    const service = await createTestService(t, { settings })
    const logins = [await logIn(service), await logIn(service, "bob")]
    service.clock.advance(-seconds)
    for (const login of logins) {
      // A token from the future is none, but the next one is got without a password.
      await assert.rejects(
        async () => service.sessions.authenticate(login.accessToken),
        invalidToken,
      )
      const next = await service.sessions.refresh(login.refreshToken, caller)
      await assertAlive(service, next)
    }
    await assertAlive(service, await logIn(service))
    service.clock.advance(seconds)
    for (const login of logins) await service.sessions.authenticate(login.accessToken)
    assert.equal((await service.store.sessions.list("alice")).length, 2)
  })
}

test("sessions from more than two days ahead rest, and go on when the clock is right again", async (t) => {
  const service = await createTestService(t, { settings })
  const login = await logIn(service)
  service.clock.advance(-3 * day)
  await assert.rejects(service.sessions.refresh(login.refreshToken, caller), clockBehind)
  await service.store.sessions.purge(service.clock.now())
  await assertAlive(service, await logIn(service))
  service.clock.advance(3 * day)
  await assertAlive(service, login)
})

test("a clock 30 days behind suspends old sessions until it is right", async (t) => {
  const before = await createTestService(t, { settings })
  before.clock.advance(30 * day)
  const old = await logIn(before)
  await before.store.close()
  const service = await createTestService(t, { settings, directory: before.directory })
  await assert.rejects(service.sessions.refresh(old.refreshToken, caller), clockBehind)
  const login = await logIn(service)
  await assertAlive(service, login)
  assert.equal(await service.store.sessions.purge(service.clock.passed()), 0)
  service.clock.set(30 * day)
  assert.equal(await service.store.sessions.purge(service.clock.passed()), 0)
  await service.sessions.refresh(old.refreshToken, caller)
})

test("logOut() ends a session when the clock is wrong", async (t) => {
  for (const seconds of [-10, -hour, -day, -year, hour, day, year]) {
    const service = await createTestService(t, { settings })
    const login = await logIn(service)
    service.clock.advance(seconds)
    await service.sessions.logOut(login.accessToken, caller)
    service.clock.advance(-seconds)
    await assertEnded(service, login)
    assert.deepEqual(await revocationsOf(service), { sids: [login.sid], jtis: [] })
  }
})

test("refresh() measures the grace by the steady clock", async (t) => {
  const service = await createTestService(t, { settings })
  const login = await logIn(service)
  const next = await service.sessions.refresh(login.refreshToken, caller)
  for (const seconds of [-hour, hour, hour, -hour]) {
    service.clock.set(seconds)
    const again = await service.sessions.refresh(login.refreshToken, caller)
    assert.equal(again.refreshToken, next.refreshToken, String(seconds))
  }
  service.clock.advance(31)
  await assert.rejects(service.sessions.refresh(login.refreshToken, caller), revokedToken)
  await assertEnded(service, next)
})

test("sessions go on when the clock was a year ahead for a while", async (t) => {
  const service = await createTestService(t, { settings })
  const login = await logIn(service)
  service.clock.advance(year)
  await assert.rejects(service.sessions.refresh(login.refreshToken, caller), expiredToken)
  await assert.rejects(async () => service.sessions.authenticate(login.accessToken), expiredToken)
  service.clock.advance(-year)
  await assertAlive(service, login)
})

test("sessions that started while the clock was a year ahead can't be used before", async (t) => {
  const service = await createTestService(t, { settings })
  service.clock.advance(year)
  const ahead = await logIn(service)
  const next = await assertAlive(service, ahead)
  service.clock.advance(-year)
  for (const { accessToken, refreshToken } of [ahead, next]) {
    await assert.rejects(async () => service.sessions.authenticate(accessToken), invalidToken)
    await assert.rejects(service.sessions.refresh(refreshToken, caller), clockBehind)
  }
  const login = await logIn(service)
  const principal = await service.sessions.authenticate(login.accessToken)
  assert.deepEqual(
    (await service.sessions.list(principal)).map(({ sid }) => sid),
    [login.sid],
  )
  await service.sessions.end(ahead.sid, principal, caller)
  await assertAlive(service, login)
})

/** Refreshes once a day for as long as that works, and gives the number of days. */
async function daysOf(service: TestService, tokens: Tokens): Promise<number> {
  let current = tokens
  for (let days = 0; ; days += 1) {
    assert.ok(days < 100, "The session never ends")
    try {
      current = await service.sessions.refresh(current.refreshToken, caller)
    } catch (error) {
      expiredToken(error)
      return days
    }
    service.clock.advance(day)
  }
}

/** By how much the clock is set, and when, after the login. */
const steps: readonly (readonly [after: number, seconds: number])[] = [
  [0, 0],
  [hour, -hour],
  [day, -day],
  [day, -2 * day],
  [10 * day, -day],
  [10 * day, day],
]

for (const [after, seconds] of steps) {
  test(`sessions whose clock is set by ${seconds} s after ${after} s live no longer`, async (t) => {
    const service = await createTestService(t, { settings })
    const login = await logIn(service)
    service.clock.advance(after)
    const next = await service.sessions.refresh(login.refreshToken, caller)
    service.clock.advance(seconds)
    const days = await daysOf(service, next)
    assert.ok(days <= 30, `${days} days`)
    assert.ok(days >= 18, `${days} days`)
    const session = await findSession(service.store, sidOf(login))
    assert.ok((session?.expiresAt ?? 0) <= (session?.startedAt ?? 0) + settings.maxAgeSeconds)
  })
}

test("sessions: the absolute end is never moved out by steps of the clock", async (t) => {
  const service = await createTestService(t, { settings })
  let current: Tokens = await logIn(service)
  const ends: number[] = []
  for (const seconds of [hour, -day, day, -2 * hour, 5 * day, -day, 2 * day]) {
    service.clock.advance(seconds)
    current = await service.sessions.refresh(current.refreshToken, caller)
    ends.push((await findSession(service.store, sidOf(current)))?.expiresAt ?? 0)
  }
  assert.deepEqual(
    ends,
    ends.toSorted((a, b) => b - a),
  )
})

test("ended sessions stay ended when the clock is set", async (t) => {
  const service = await createTestService(t, { settings })
  const login = await logIn(service)
  await service.sessions.logOut(login.refreshToken, caller)
  for (const seconds of [-day, 2 * day, -day]) {
    service.clock.advance(seconds)
    await service.store.sessions.purge(service.clock.now())
    await assert.rejects(service.sessions.refresh(login.refreshToken, caller), revokedToken)
  }
  await assertEnded(service, login)
})

test("sessions: after a password change under a wrong clock its user can log in", async (t) => {
  for (const seconds of [year, -year]) {
    const service = await createTestService(t, { settings })
    const before = await logIn(service)
    service.clock.advance(seconds)
    const password = "heftklammer-und-mehr"
    await service.accounts.setPassword({ username: "alice", password })
    service.clock.advance(-seconds)
    await assertEnded(service, before)
    await assertAlive(
      service,
      await logInByPassword(service.sessions, { username: "alice", password }, caller),
    )
  }
})
