// Logging out, with tokens in every state.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { Tokens } from "../../src/service/session_tokens.ts"
import { findSession } from "../store/session_calls.ts"
import { startOfTests as now } from "../support/fake_clock.ts"
import { createFaultyDisk } from "../support/faulty_disk.ts"
import { createForge } from "../support/forge.ts"
import { notStored, refusedAs, revokedToken } from "../support/refusal.ts"
import { createTestService, type TestService } from "../support/test_service.ts"
import { assertAlive, assertEnded, caller, logIn, revocationsOf, where } from "./logged_in.ts"
import { createRefreshed } from "./refreshed.ts"

const flask = await createForge("HS256")

/** Which of a session's tokens a logout is sent, and how much later. */
interface LogOutRow {
  readonly token: (tokens: readonly Tokens[]) => string | undefined
  readonly after?: number
}

const endingRows: Readonly<Record<string, LogOutRow>> = {
  "the access token": { token: (tokens) => tokens.at(-1)?.accessToken },
  "the access token of the login": { token: (tokens) => tokens[0]?.accessToken },
  "an expired access token": { token: (tokens) => tokens.at(-1)?.accessToken, after: 900 },
  "an access token of a day ago": { token: (tokens) => tokens.at(-1)?.accessToken, after: 86_399 },
  "the refresh token": { token: (tokens) => tokens.at(-1)?.refreshToken },
  "a refresh token that was used": { token: (tokens) => tokens.at(-2)?.refreshToken },
  "the first refresh token of many": { token: (tokens) => tokens[0]?.refreshToken },
  "a refresh token of a session that was unused for too long": {
    token: (tokens) => tokens.at(-1)?.refreshToken,
    after: 86_400,
  },
}

const ended = { isOurs: true, reason: null }
const alreadyOver = { isOurs: true, reason: "revoked" }

for (const [name, { token, after = 0 }] of Object.entries(endingRows)) {
  test(`logOut() with ${name} ends the session, once`, async (t) => {
    const { service, tokens, sid, audited } = await createRefreshed(t, { times: 3 })
    const others = [await logIn(service), await logIn(service, "bob")]
    service.log.takeAudit()
    service.clock.advance(after)
    const sent = token(tokens) ?? ""
    assert.deepEqual(await service.sessions.logOut(sent, caller), ended)
    assert.deepEqual(service.log.takeAudit(), [
      { event: "session.ended", ...audited, reason: "logout" },
    ])
    assert.equal(await findSession(service.store, sid), null)
    assert.deepEqual(await service.sessions.logOut(sent, caller), alreadyOver)
    assert.deepEqual(service.log.takeAudit(), [])
    service.clock.advance(-after)
    for (const one of tokens) await assertEnded(service, one)
    for (const one of others) await assertAlive(service, one)
  })
}

test("logOut() lists the session while its access tokens may be valid, and no longer", async (t) => {
  const { service, login, sid } = await createRefreshed(t)
  service.clock.advance(10)
  await service.sessions.logOut(login.refreshToken, caller)
  assert.deepEqual((await service.sessions.revocations()).sids, [sid])
  service.clock.advance(900)
  assert.deepEqual((await service.sessions.revocations()).sids, [])
})

test("logOut() with an invalid token ends nothing, and audits nothing", async (t) => {
  const { service, login } = await createRefreshed(t)
  const strange = await createRefreshed(t, { generated: true })
  const [header, payload] = login.accessToken.split(".")
  const nothing = [
    ...["", "alice", "ptr_", "a.b.c", "x".repeat(5000)],
    `${header}.${payload}.${"A".repeat(86)}`,
    login.refreshToken.replace(/.$/, (last) => (last === "_" ? "-" : "_")),
    strange.login.accessToken,
    strange.login.refreshToken,
    flask.token(),
  ]
  for (const token of nothing) {
    assert.equal((await service.sessions.logOut(token, caller)).isOurs, false, token)
  }
  assert.deepEqual(service.log.takeAudit(), [])
  await assertAlive(service, login)
})

test("logOut() fails on a full disk, and the session is still alive", async (t) => {
  const disk = createFaultyDisk()
  const { service, login } = await createRefreshed(t, { disk })
  disk.fail(() => ({ code: "ENOSPC" }))
  for (const token of [login.accessToken, login.refreshToken]) {
    await assert.rejects(service.sessions.logOut(token, caller), notStored)
  }
  assert.deepEqual(service.log.takeAudit(), [])
  disk.fail()
  await service.sessions.logOut((await assertAlive(service, login)).accessToken, caller)
  await assertEnded(service, login)
})

for (const order of ["logout first", "refresh first"] as const) {
  test(`logOut() at once with a refresh, ${order}, leaves no session`, async (t) => {
    const { service, login, sid, refresh } = await createRefreshed(t)
    const out = () => service.sessions.logOut(login.accessToken, caller)
    const leaving = order === "logout first" ? out() : null
    const refreshing = refresh(login)
    const [answer] = await Promise.allSettled([refreshing, leaving ?? out()])
    assert.equal(await findSession(service.store, sid), null)
    if (answer.status === "fulfilled") await assertEnded(service, answer.value)
    else assert.doesNotThrow(() => revokedToken(answer.reason))
  })
}

test("logOut() with a Flask access token revokes that one, once", async (t) => {
  const service = await createTestService(t, { shared: true })
  const [one, two] = ["one", "two"].map((jti) => flask.token({ payload: { jti } })) as [
    string,
    string,
  ]
  const login = await logIn(service)
  service.log.takeAudit()
  assert.deepEqual(await service.sessions.logOut(one, caller), ended)
  assert.deepEqual(service.log.takeAudit(), [
    { event: "token.revoked", user: "alice", ...where, reason: "logout" },
  ])
  await service.sessions.logOut(one, caller)
  assert.deepEqual(service.log.takeAudit(), [])
  await assert.rejects(async () => service.sessions.authenticate(one), revokedToken)
  assert.equal((await service.sessions.authenticate(two)).username, "alice")
  assert.deepEqual(await revocationsOf(service), { sids: [], jtis: ["one"] })
  await assertAlive(service, login)
  service.clock.advance(900)
  assert.deepEqual(await revocationsOf(service), { sids: [], jtis: [] })
})

/** Flask tokens that need not be remembered when one logs out with them. */
const forgotten: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "that has expired": { iat: now - 900, exp: now },
  "that has expired, a refresh token": { iat: now - 900, exp: now, type: "refresh" },
  "without exp": { exp: undefined },
}

for (const [name, payload] of Object.entries(forgotten)) {
  test(`logOut() with a Flask token ${name} remembers nothing`, async (t) => {
    const disk = createFaultyDisk()
    const service = await createTestService(t, { shared: true, disk })
    service.log.takeAudit()
    const before = disk.operations.length
    await service.sessions.logOut(flask.token({ payload }), caller)
    assert.deepEqual(service.log.takeAudit(), [])
    assert.equal(disk.operations.length, before)
  })
}

test("logOut() remembers a Flask token for as long as it is accepted", async (t) => {
  const service = await createTestService(t, { shared: true, tokens: { leewaySeconds: 30 } })
  const token = flask.token()
  await service.sessions.logOut(token, caller)
  service.clock.advance(929)
  await service.store.sessions.purge(service.clock.now())
  await assert.rejects(async () => service.sessions.authenticate(token), revokedToken)
})

test("logOut() with a Flask token does not end another user's session", async (t) => {
  const service = await createTestService(t, { shared: true })
  const others = await logIn(service, "bob")
  service.log.takeAudit()
  await service.sessions.logOut(flask.token({ payload: { sid: others.sid } }), caller)
  assert.deepEqual(service.log.takeAudit(), [])
  await assertAlive(service, others)
})

test("logOut() of one user never ends another user's session", async (t) => {
  const service: TestService = await createTestService(t)
  const [own, others] = [await logIn(service), await logIn(service, "bob")]
  await service.sessions.logOut(own.accessToken, caller)
  await service.sessions.logOut(own.refreshToken, caller)
  await assertEnded(service, own)
  await assertAlive(service, others)
})

test("logOut() with a Flask refresh token revokes it, and not the session in its `sid`", async (t) => {
  const service = await createTestService(t, { shared: true })
  const login = await logIn(service)
  service.log.takeAudit()
  const token = flask.token({ payload: { type: "refresh", sid: login.sid } })
  await service.sessions.logOut(token, caller)
  assert.deepEqual(service.log.takeNames(), ["token.revoked"])
  await assert.rejects(service.sessions.refresh(token, caller), revokedToken)
  await assertAlive(service, login)
})

test("logOut() with Flask tokens writes for 600 of a user at once, and asks to wait", async (t) => {
  const disk = createFaultyDisk()
  const service = await createTestService(t, { shared: true, disk })
  const tokenOf = (jti: string, sub = "alice") => flask.token({ payload: { jti, sub } })
  service.log.takeAudit()
  for (let count = 0; count < 600; count += 1) {
    await service.sessions.logOut(tokenOf(`j${count}`), caller)
  }
  const written = disk.operations.length
  const tooMany = refusedAs("too_many_requests", "Too many attempts: try again in 1 s")
  await assert.rejects(service.sessions.logOut(tokenOf("more"), caller), tooMany)
  // What is revoked already costs nothing.
  for (let count = 0; count < 600; count += 1) {
    await service.sessions.logOut(tokenOf(`j${count}`), caller)
  }
  assert.equal(disk.operations.length, written)
  const audited = { user: "alice", ...where, reason: "logout" }
  assert.deepEqual(service.log.takeAudit(), [
    ...Array(599).fill({ event: "token.revoked", ...audited }),
    ...["client.throttled", "token.revoked", "client.throttled"].map((event) => ({
      ...{ event, ...audited },
    })),
  ])
  await service.sessions.logOut(tokenOf("bobs", "bob"), caller)
  // The session ends nevertheless.
  await service.sessions.logOut((await logIn(service)).refreshToken, caller)
  service.clock.advance(1)
  await service.sessions.logOut(tokenOf("more"), caller)
  assert.equal(await service.store.sessions.isTokenRevoked("more"), true)
})
