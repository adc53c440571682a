// POST /refresh: the rows, and what a chain of refreshes keeps and changes.

import assert from "node:assert/strict"
import { test } from "node:test"
import { findSession } from "../store/session_calls.ts"
import {
  assertRefused,
  claimsOf,
  prepareService,
  refresh,
  takeEvents,
  testScenarios,
} from "../support/api_scenario.ts"
import { startOfTests } from "../support/fake_clock.ts"
import { refreshBesideRows } from "./refresh_beside_rows.ts"
import { refreshRows } from "./refresh_rows.ts"

testScenarios([...refreshRows, ...refreshBesideRows])

const expired = [401, "invalid_token", "Token has expired"] as const
const revoked = [401, "invalid_token", "Token has been revoked"] as const

test("POST /refresh answers two other tokens, their type and lives, and nothing more", async (t) => {
  const { service, token, tokens } = await prepareService(t)
  const next = await refresh(service, tokens.refresh_token)
  const { access_token: nextToken, refresh_token: nextRefreshToken, ...rest } = next
  assert.deepEqual(rest, { token_type: "Bearer", expires_in: 900, refresh_expires_in: 86_400 })
  assert.match(nextRefreshToken, /^ptr_[\w-]{56}$/)
  assert.notEqual(nextRefreshToken, tokens.refresh_token)
  assert.notEqual(nextToken, token)
})

test("POST /refresh keeps session and login time, and gives no fresh token", async (t) => {
  const { service, token, tokens, sid } = await prepareService(t)
  service.clock.advance(60)
  const next = await refresh(service, tokens.refresh_token)
  const claims = claimsOf(next.access_token)
  assert.deepEqual(
    [claims["sid"], claims["auth_time"], claims["fresh"]],
    [sid, startOfTests, false],
  )
  assert.deepEqual([claims["iat"], claims["exp"]], [startOfTests + 60, startOfTests + 960])
  assert.notEqual(claims["jti"], claimsOf(token)["jti"])
  for (const good of [token, next.access_token]) {
    const reply = await service.call("GET", "/protected", { token: good })
    assert.deepEqual([reply.status, reply.body], [200, '{"logged_in_as":"alice"}\n'])
  }
})

test("POST /refresh gives the user's present roles and claims", async (t) => {
  const { service, token, tokens } = await prepareService(t)
  await service.accounts.addRole("alice", "admin")
  await service.accounts.setClaim("alice", "team", "red")
  const next = await refresh(service, tokens.refresh_token)
  const claims = claimsOf(next.access_token)
  assert.deepEqual([claimsOf(token)["roles"], claimsOf(token)["team"]], [[], undefined])
  assert.deepEqual([claims["roles"], claims["team"]], [["admin"], "red"])
  await service.accounts.removeRole("alice", "admin")
  const last = await refresh(service, next.refresh_token)
  assert.deepEqual(claimsOf(last.access_token)["roles"], [])
})

test("POST /refresh moves the idle end on, and the absolute end never", async (t) => {
  const settings = { idleSeconds: 1000, maxAgeSeconds: 2500 }
  const { service, tokens } = await prepareService(t, { settings })
  let { refresh_token: current } = tokens
  const lives: (readonly number[])[] = []
  for (let round = 0; round < 3; round += 1) {
    service.clock.advance(800)
    const next = await refresh(service, current)
    lives.push([next.expires_in, next.refresh_expires_in])
    current = next.refresh_token
  }
  assert.deepEqual(lives, [
    [900, 1000],
    [900, 900],
    [100, 100],
  ])
  service.clock.advance(100)
  takeEvents(service)
  const reply = await service.call("POST", "/refresh", { token: current })
  assertRefused(reply, expired)
  assert.deepEqual(takeEvents(service), ["refresh.refused alice expired"])
})

test("POST /refresh with a clock set back a day gives no longer life", async (t) => {
  const settings = { idleSeconds: 86_400, maxAgeSeconds: 200_000 }
  const { service, tokens } = await prepareService(t, { settings })
  service.clock.advance(-86_400)
  const next = await refresh(service, tokens.refresh_token)
  assert.equal(next.refresh_expires_in, 86_400)
  const authTime = Number(claimsOf(next.access_token)["auth_time"])
  assert.ok(authTime <= startOfTests - 86_400)
  let { refresh_token: current } = next
  for (let day = 0; day < 2; day += 1) {
    service.clock.advance(86_399)
    current = (await refresh(service, current)).refresh_token
  }
  service.clock.advance(200_000 - 2 * 86_399)
  assertRefused(await service.call("POST", "/refresh", { token: current }), expired)
})

test("POST /refresh remembers where the session was used last", async (t) => {
  const { service, tokens, sid } = await prepareService(t)
  const headers = { "user-agent": "Phone/2" }
  const json = { refresh_token: tokens.refresh_token }
  service.clock.advance(60)
  assert.equal((await service.call("POST", "/refresh", { headers, json })).status, 200)
  const session = await findSession(service.store, sid)
  assert.deepEqual([session?.userAgent, session?.lastUsedAt], ["Phone/2", startOfTests + 60])
})

test("GET /refresh answers 405 and uses nothing", async (t) => {
  const { service, tokens } = await prepareService(t)
  const token = tokens.refresh_token
  takeEvents(service)
  for (const method of ["GET", "HEAD", "PUT", "PATCH", "DELETE"]) {
    const reply = await service.call(method, `/refresh?refresh_token=${token}`, { token })
    assertRefused(reply, [405, "method_not_allowed", "The methods here are POST, OPTIONS"])
  }
  assert.deepEqual(takeEvents(service), [])
  await refresh(service, token)
})

test("POST /refresh reads nothing from the query", async (t) => {
  const { service, tokens } = await prepareService(t)
  const query = `refresh_token=${tokens.refresh_token}&access_token=${tokens.refresh_token}`
  const msg = "Missing refresh token: send refresh_token in a JSON body, or as Bearer"
  assertRefused(await service.call("POST", `/refresh?${query}`), [401, "missing_token", msg])
  assertRefused(await service.call("POST", `/refresh?${query}`, { json: {} }), [
    401,
    "missing_token",
    msg,
  ])
})

test("POST /refresh of two users at once never mixes them up", async (t) => {
  const { service } = await prepareService(t)
  const starts = await Promise.all(
    Array.from({ length: 20 }, (_, at) =>
      at % 2 === 0 ? service.start("alice", "wonderland") : service.start("bob", "builder"),
    ),
  )
  const next = await Promise.all(starts.map((one) => refresh(service, one.refresh_token)))
  for (const [at, { access_token: token }] of next.entries()) {
    const { sub, sid } = claimsOf(token)
    assert.deepEqual(
      [sub, sid],
      [at % 2 === 0 ? "alice" : "bob", claimsOf(starts[at]?.access_token ?? "")["sid"]],
    )
    const reply = await service.call("GET", "/protected", { token })
    assert.deepEqual(JSON.parse(reply.body), { logged_in_as: sub })
  }
})

test("POST /refresh of a user disabled while the token is used never gives working tokens", async (t) => {
  const { service, tokens } = await prepareService(t)
  const [reply] = await Promise.all([
    service.call("POST", "/refresh", { token: tokens.refresh_token }),
    service.accounts.disable("alice"),
  ])
  if (reply.status === 200) {
    const { access_token: token, refresh_token: next } = JSON.parse(reply.body)
    assertRefused(await service.call("GET", "/me", { token }), revoked)
    assertRefused(await service.call("POST", "/refresh", { token: next }), revoked)
  } else assertRefused(reply, revoked)
  await service.accounts.enable("alice")
  const again = await service.call("POST", "/refresh", { token: tokens.refresh_token })
  assertRefused(again, revoked)
})
