// Refresh tokens of Flask-JWT-Extended: each becomes a session, once.

import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import type { User } from "../../src/domain/user.ts"
import { findSession } from "../store/session_calls.ts"
import { startOfTests as now } from "../support/fake_clock.ts"
import { createFaultyDisk } from "../support/faulty_disk.ts"
import { createForge } from "../support/forge.ts"
import { interruptAfter, interruptBefore } from "../support/interrupted_store.ts"
import {
  expiredToken,
  invalidToken,
  notStored,
  refusedAs,
  revokedToken,
} from "../support/refusal.ts"
import { createTestService, type TestServiceOptions } from "../support/test_service.ts"
import { tokenTrace } from "../support/token_trace.ts"
import { assertAlive, assertEnded, caller, logIn, payloadOf, sidOf, where } from "./logged_in.ts"

const flask = await createForge("HS256")
const month = 2_592_000

/** A refresh token as that library makes it; `claims` replace its own. */
function flaskRefresh(claims: Readonly<Record<string, unknown>> = {}): string {
  const jti = "5e6f7a8b-1c2d-4e3f-9a0b-c1d2e3f4a5b6"
  return flask.token({ payload: { jti, type: "refresh", exp: now + month, ...claims } })
}

/** A service that shares its secret with a Flask application. */
async function createShared(t: TestContext, options: TestServiceOptions = {}) {
  const settings = { idleSeconds: month, maxAgeSeconds: 2 * month, ...options.settings }
  const service = await createTestService(t, { ...options, shared: true, settings })
  service.log.takeAudit()
  return { ...service, exchange: (token: string) => service.sessions.refresh(token, caller) }
}

test("refresh() of a Flask token starts a session that began with the token", async (t) => {
  const service = await createShared(t)
  service.clock.advance(1000)
  const tokens = await service.exchange(flaskRefresh())
  const sid = sidOf(tokens)
  const audited = { user: "alice", session: sid, ...where }
  assert.deepEqual(service.log.takeAudit(), [
    { event: "session.started", ...audited, reason: "exchanged" },
    { event: "session.refreshed", ...audited },
  ])
  const { sub, fresh, type, auth_time: authTime } = payloadOf(tokens.accessToken)
  assert.deepEqual([sub, fresh, type, authTime], ["alice", false, "access", now])
  const session = await findSession(service.store, sid)
  assert.deepEqual(
    [session?.startedAt, session?.lastUsedAt, session?.expiresAt],
    [now, now + 1000, now + 2 * month],
  )
  await assertAlive(service, tokens)
})

test("refresh() of a Flask token a hundred times at once starts one session", async (t) => {
  const service = await createShared(t)
  const token = flaskRefresh()
  const answers = await Promise.all(Array.from({ length: 100 }, () => service.exchange(token)))
  assert.equal(new Set(answers.map(({ refreshToken }) => refreshToken)).size, 1)
  assert.equal((await service.store.sessions.list("alice")).length, 1)
  const names = service.log.takeNames()
  assert.equal(names.filter((name) => name === "session.started").length, 1)
  assert.equal(names.filter((name) => name === "session.refreshed").length, 1)
  assert.equal(names.filter((name) => name === "session.replayed").length, 99)
})

test("refresh() of a Flask token again gives the same successor within the grace", async (t) => {
  const service = await createShared(t)
  const first = await service.exchange(flaskRefresh())
  service.clock.advance(30)
  const again = await service.exchange(flaskRefresh())
  assert.equal(again.refreshToken, first.refreshToken)
  assert.equal(service.log.takeNames().at(-1), "session.replayed")
  service.clock.advance(1)
  await assert.rejects(service.exchange(flaskRefresh()), revokedToken)
  assert.deepEqual(service.log.takeNames(), ["session.reused", "session.ended"])
  await assertEnded(service, first)
  // What ended is not started again.
  await assert.rejects(service.exchange(flaskRefresh()), revokedToken)
  assert.equal(service.log.takeNames().at(-1), "refresh.refused")
})

test("refresh() of a Flask token is theft once its session was refreshed", async (t) => {
  const service = await createShared(t)
  const first = await service.exchange(flaskRefresh())
  const second = await service.sessions.refresh(first.refreshToken, caller)
  await assert.rejects(service.exchange(flaskRefresh()), revokedToken)
  for (const tokens of [first, second]) await assertEnded(service, tokens)
})

test("refresh() of two Flask tokens starts two sessions", async (t) => {
  const service = await createShared(t)
  const tokens = await Promise.all(
    ["one", "two"].map((jti) => service.exchange(flaskRefresh({ jti }))),
  )
  assert.equal(new Set(tokens.map(sidOf)).size, 2)
  for (const one of tokens) await assertAlive(service, one)
})

for (const moment of ["before", "after"] as const) {
  test(`refresh() of a Flask token with which one logged out ${moment} is refused`, async (t) => {
    const service = await createShared(t)
    const tokens = moment === "after" ? await service.exchange(flaskRefresh()) : null
    service.log.takeAudit()
    await service.sessions.logOut(flaskRefresh(), caller)
    assert.deepEqual(
      service.log.takeAudit(),
      tokens === null
        ? [{ event: "token.revoked", user: "alice", ...where, reason: "logout" }]
        : [
            {
              ...{ event: "session.ended", user: "alice", session: sidOf(tokens) },
              ...{ ...where, reason: "logout" },
            },
          ],
    )
    await assert.rejects(service.exchange(flaskRefresh()), revokedToken)
    if (tokens !== null) await assertEnded(service, tokens)
    assert.deepEqual(await service.store.sessions.list("alice"), [])
    // A refresh token is none of the business of those who take access tokens.
    assert.deepEqual((await service.sessions.revocations()).jtis, [])
  })
}

for (const change of ["endSession", "revokeToken"] as const) {
  test(`refresh() of a Flask token in the middle of its logout, ${change}, leaves nothing`, async (t) => {
    const service = await createShared(t)
    const answers: PromiseSettledResult<unknown>[] = []
    interruptAfter(service.store, change, async () => {
      answers.push(...(await Promise.allSettled([service.exchange(flaskRefresh())])))
    })
    await service.sessions.logOut(flaskRefresh(), caller)
    assert.equal(answers.length, 1)
    assert.deepEqual(await service.store.sessions.list("alice"), [])
    await assert.rejects(service.exchange(flaskRefresh()), revokedToken)
  })
}

test("refresh() of a Flask token succeeds when the user's hash changes meanwhile", async (t) => {
  const service = await createShared(t)
  const { users } = service.store
  const [{ passwordHash: ifPasswordHash }, { passwordHash }] = (await users.list()) as [User, User]
  interruptBefore(service.store, "startSession", () =>
    users.change("alice", { passwordHash, ifPasswordHash }),
  )
  await assertAlive(service, await service.exchange(flaskRefresh()))
})

test("refresh() of a Flask token fails when the user is logged out meanwhile", async (t) => {
  const service = await createShared(t)
  interruptBefore(service.store, "startSession", () =>
    service.accounts.setPassword({ username: "alice", password: "heftklammer-und-mehr" }),
  )
  await assert.rejects(service.exchange(flaskRefresh()), revokedToken)
  assert.deepEqual(await service.store.sessions.list("alice"), [])
})

test("refresh() of a Flask token on a full disk uses nothing up", async (t) => {
  const disk = createFaultyDisk()
  const service = await createShared(t, { disk })
  disk.fail(() => ({ code: "ENOSPC" }))
  await assert.rejects(service.exchange(flaskRefresh()), notStored)
  assert.deepEqual(service.log.takeAudit(), [])
  disk.fail()
  await assertAlive(service, await service.exchange(flaskRefresh()))
})

test("refresh() of a Flask token ends the oldest of too many sessions", async (t) => {
  const service = await createShared(t, { settings: { perUserMax: 1 } })
  const login = await logIn(service)
  service.log.takeAudit()
  const tokens = await service.exchange(flaskRefresh())
  assert.deepEqual(service.log.takeAudit()[1], {
    ...{ event: "session.ended", user: "alice", session: login.sid, ...where, reason: "too_many" },
  })
  await assertEnded(service, login)
  await assertAlive(service, tokens)
})

type Service = Awaited<ReturnType<typeof createShared>>

interface RefusedRow {
  readonly token: string
  readonly prepare?: (service: Service) => unknown
  readonly error: (error: unknown) => true
  /** The fields of the audit event, without those of the caller. */
  readonly audited: Readonly<Record<string, string>>
}

const alice = { user: "alice" }
const ended = { error: revokedToken, audited: { ...alice, reason: "ended" } }
const expired = { error: expiredToken, audited: { ...alice, reason: "expired" } }
const invalid = { error: invalidToken, audited: { reason: "invalid" } }

const refusedRows: Readonly<Record<string, RefusedRow>> = {
  "that has expired": { token: flaskRefresh({ iat: now - month, exp: now }), ...expired },
  "that is older than a session may be": {
    token: flaskRefresh({ iat: now - 2 * month, exp: now + 1 }),
    ...expired,
  },
  "without exp": { token: flaskRefresh({ exp: undefined }), ...invalid },
  "of another secret": { token: `${flaskRefresh().slice(0, -4)}AAAA`, ...invalid },
  "of another type": { token: flaskRefresh({ type: "app" }), ...invalid },
  "that is an access token": {
    token: flaskRefresh({ type: "access", exp: now + 900 }),
    error: refusedAs("invalid_token", "Only refresh tokens are allowed"),
    audited: { ...alice, reason: "access_token" },
  },
  "of an unknown user": {
    token: flaskRefresh({ sub: "carol" }),
    error: revokedToken,
    audited: { reason: "ended" },
  },
  "of a disabled user": {
    token: flaskRefresh(),
    prepare: ({ accounts }) => accounts.disable("alice"),
    ...ended,
  },
  "of a user who was deleted": {
    token: flaskRefresh(),
    prepare: ({ accounts }) => accounts.delete("alice"),
    error: revokedToken,
    audited: { reason: "ended" },
  },
  "from before the user was logged out": {
    token: flaskRefresh(),
    prepare: ({ accounts }) => accounts.logOut("alice"),
    ...ended,
  },
}

for (const [name, { token, prepare, error, audited }] of Object.entries(refusedRows)) {
  test(`refresh() refuses a Flask token ${name}`, async (t) => {
    const service = await createShared(t)
    await prepare?.(service)
    service.log.takeAudit()
    await assert.rejects(service.exchange(token), error)
    const refusal = { event: "refresh.refused", ...where, ...audited }
    assert.deepEqual(service.log.takeAudit(), [refusal])
    assert.deepEqual(await service.store.sessions.list("alice"), [])
    assert.doesNotMatch(service.log.lines.join(""), tokenTrace)
  })
}

test("refresh() remembers for as long as a Flask token is accepted that it was exchanged", async (t) => {
  const service = await createShared(t, { tokens: { leewaySeconds: 60 } })
  const { refreshToken } = await service.exchange(flaskRefresh({ exp: now + 100 }))
  await service.sessions.logOut(refreshToken, caller)
  service.clock.advance(159)
  await service.store.sessions.purge(service.clock.now())
  await assert.rejects(service.exchange(flaskRefresh({ exp: now + 100 })), revokedToken)
  service.clock.advance(1)
  await assert.rejects(service.exchange(flaskRefresh({ exp: now + 100 })), expiredToken)
})

test("refresh() takes a Flask token from after the user was logged out", async (t) => {
  const service = await createShared(t)
  await service.accounts.logOut("alice")
  service.clock.advance(5)
  await assertAlive(service, await service.exchange(flaskRefresh({ iat: now + 1 })))
})

test("refresh() takes a Flask token within the leeway, from issuers whose clock is ahead too", async (t) => {
  const service = await createShared(t, { tokens: { leewaySeconds: 10 } })
  const late = flaskRefresh({ iat: now - 100, exp: now - 9 })
  await assertAlive(service, await service.exchange(late))
  const early = flaskRefresh({ jti: "early", iat: now + 10 })
  const tokens = await service.exchange(early)
  assert.equal((await findSession(service.store, sidOf(tokens)))?.startedAt, now)
})
