// Tokens that Flask-JWT-Extended made with the same secret. They belong to no session: logging out
// revokes the one token, and a refresh token can be exchanged for a session, once.

import assert from "node:assert/strict"
import { test } from "node:test"
import {
  assertRefused,
  claimsOf,
  prepareService,
  refresh,
  takeEvents,
  testScenarios,
} from "../support/api_scenario.ts"
import { startOfTests } from "../support/fake_clock.ts"
import type { TokenBody } from "../support/test_service.ts"
import { assertDead } from "./dead_tokens.ts"
import { accessToken, days, flask, flaskRows, refreshToken, shared } from "./flask_rows.ts"

const revoked = [401, "invalid_token", "Token has been revoked"] as const

testScenarios(flaskRows)

test("POST /refresh answers a Flask refresh token alike for a while, then ends the session", async (t) => {
  const { service } = await prepareService(t, shared)
  takeEvents(service)
  const given = await Promise.all(Array.from({ length: 10 }, () => refresh(service, refreshToken)))
  assert.equal(new Set(given.map((one) => one.refresh_token)).size, 1)
  assert.deepEqual(takeEvents(service).sort(), [
    "session.refreshed alice",
    ...Array(9).fill("session.replayed alice"),
    "session.started alice exchanged",
  ])
  service.clock.advance(31)
  assertRefused(await service.call("POST", "/refresh", { token: refreshToken }), revoked)
  assert.deepEqual(takeEvents(service), ["session.reused alice", "session.ended alice reused"])
  await assertDead(service, given.slice(0, 2))
  assertRefused(await service.call("POST", "/refresh", { token: refreshToken }), revoked)
})

test("POST /refresh after a Flask refresh token is as old as its login", async (t) => {
  const { service } = await prepareService(t, shared)
  service.clock.advance(6 * days)
  const first = await refresh(service, refreshToken)
  const list = await service.call("GET", "/revocations")
  assert.deepEqual(JSON.parse(list.body), { sids: [], jtis: [] })
  const claims = claimsOf(first.access_token)
  assert.deepEqual([claims["auth_time"], claims["fresh"]], [startOfTests, false])
  assert.equal(first.refresh_expires_in, days)
  const second = await refresh(service, first.refresh_token)
  assert.equal(claimsOf(second.access_token)["sid"], claims["sid"])
})

test("POST /logout with a Flask refresh token ends the session it became", async (t) => {
  const { service, tokens } = await prepareService(t, shared)
  const first = await refresh(service, refreshToken)
  service.clock.advance(60)
  const second: TokenBody = await refresh(service, first.refresh_token)
  takeEvents(service)
  assert.equal((await service.call("POST", "/logout", { token: refreshToken })).status, 204)
  assert.deepEqual(takeEvents(service), ["session.ended alice logout"])
  await assertDead(service, [first, second])
  assertRefused(await service.call("POST", "/refresh", { token: refreshToken }), revoked)
  await refresh(service, tokens.refresh_token)
})

test("POST /logout with a Flask access token has it listed, and a refresh token not", async (t) => {
  const { service } = await prepareService(t, shared)
  await service.call("POST", "/logout", { token: accessToken })
  await service.call("POST", "/logout", { token: refreshToken })
  const list = async () => JSON.parse((await service.call("GET", "/revocations")).body)
  assert.deepEqual(await list(), { sids: [], jtis: [claimsOf(accessToken)["jti"]] })
  assertRefused(await service.call("GET", "/me", { token: accessToken }), revoked)
  service.clock.advance(900)
  assert.deepEqual(await list(), { sids: [], jtis: [] })
})

test("DELETE /sessions with a fresh Flask access token ends every session", async (t) => {
  const { service, tokens } = await prepareService(t, shared)
  const token = flask.token({ payload: { fresh: true } })
  const list = await service.call("GET", "/sessions", { token })
  assert.deepEqual(
    JSON.parse(list.body).sessions.map((one: { current: boolean }) => one.current),
    [false],
  )
  const notFresh = [401, "insufficient_user_authentication", "Fresh token required"] as const
  assertRefused(await service.call("DELETE", "/sessions", { token: accessToken }), notFresh)
  assert.equal((await service.call("GET", "/me", { token: tokens.access_token })).status, 200)
  const reply = await service.call("DELETE", "/sessions", { token })
  assert.equal(reply.status, 204)
  await assertDead(service, [tokens])
  assert.equal((await service.call("GET", "/me", { token })).status, 200)
})

test("POST /password with a fresh Flask token ends it like everything else", async (t) => {
  const { service, tokens } = await prepareService(t, shared)
  const token = flask.token({ payload: { fresh: true } })
  const json = { current: "wonderland", new: "a-second-long-password" }
  const reply = await service.call("POST", "/password", { token, json })
  assert.equal(reply.status, 200, reply.body)
  await assertDead(service, [tokens])
  for (const old of [token, accessToken]) {
    assertRefused(await service.call("GET", "/me", { token: old }), revoked)
  }
  await refresh(service, JSON.parse(reply.body).refresh_token)
})
