// POST /login: the rows, and that a login starts a session that nobody else can choose.

import assert from "node:assert/strict"
import { test } from "node:test"
import { findSession } from "../store/session_calls.ts"
import { claimsOf, prepareService, takeEvents, testScenarios } from "../support/api_scenario.ts"
import { startOfTests } from "../support/fake_clock.ts"
import { loginBodyRows } from "./login_body_rows.ts"
import { loginRows } from "./login_rows.ts"

testScenarios([...loginRows, ...loginBodyRows])

const json = { username: "alice", password: "wonderland" }

test("POST /login answers three tokens, their type and lives, and nothing more", async (t) => {
  const { service } = await prepareService(t)
  const reply = await service.call("POST", "/login", { json })
  const { access_token: token, ...others } = JSON.parse(reply.body)
  const { refresh_token: refreshToken, device_token: deviceToken, ...rest } = others
  assert.deepEqual(rest, { token_type: "Bearer", expires_in: 900, refresh_expires_in: 86_400 })
  assert.match(refreshToken, /^ptr_[\w-]{56}$/)
  assert.match(deviceToken, /^ptd_[\w-]{48}$/)
  assert.equal(reply.headers["Cache-Control"], "no-store")
  assert.equal(reply.headers["Location"], undefined)
  const { body } = await service.call("GET", "/protected", { token })
  assert.deepEqual(JSON.parse(body), { logged_in_as: "alice" })
})

test("POST /login signs session, login time and freshness", async (t) => {
  const { token, sid } = await prepareService(t)
  const { auth_time: authTime, fresh, type, roles } = claimsOf(token)
  assert.deepEqual([authTime, fresh, type, roles], [startOfTests, true, "access", []])
  assert.match(sid, /^[\w-]{22}$/)
})

test("POST /login never gives a token that outlives the session", async (t) => {
  const settings = { idleSeconds: 600, maxAgeSeconds: 3600 }
  const { service } = await prepareService(t, { settings })
  const tokens = await service.start("alice", "wonderland")
  assert.deepEqual([tokens.expires_in, tokens.refresh_expires_in], [600, 600])
})

test("POST /login adopts no session, sid or cookie that a client brings", async (t) => {
  const { service, token, tokens, sid } = await prepareService(t)
  const cookie = `sid=${sid}; session=${sid}; access_token_cookie=${token}; theme=dark`
  const sent = [
    { token, json },
    { headers: { cookie, "x-session-id": sid }, json },
    { token: tokens.refresh_token, json },
  ]
  const sids = new Set([sid])
  for (const options of sent) {
    const reply = await service.call("POST", `/login?sid=${sid}`, options)
    assert.equal(reply.status, 200)
    assert.equal(reply.headers["Set-Cookie"], undefined)
    sids.add(String(claimsOf(JSON.parse(reply.body).access_token)["sid"]))
  }
  assert.equal(sids.size, 1 + sent.length)
})

test("POST /login as another user starts a session and leaves the old one as it was", async (t) => {
  const { service, token, sid } = await prepareService(t)
  const before = await findSession(service.store, sid)
  takeEvents(service)
  const reply = await service.call("POST", "/login", {
    token,
    json: { username: "bob", password: "builder" },
  })
  assert.deepEqual(takeEvents(service), ["login.succeeded bob"])
  const bobs = JSON.parse(reply.body).access_token
  assert.notEqual(claimsOf(bobs)["sid"], sid)
  assert.deepEqual(await findSession(service.store, sid), before)
  for (const [sent, name] of [
    [token, "alice"],
    [bobs, "bob"],
  ]) {
    const { body } = await service.call("GET", "/protected", { token: sent })
    assert.deepEqual(JSON.parse(body), { logged_in_as: name })
  }
})

test("POST /login beyond the most sessions ends the oldest with its tokens", async (t) => {
  const { service, token, tokens } = await prepareService(t, { settings: { perUserMax: 3 } })
  const bobs = await service.logIn("bob", "builder")
  const later: string[] = []
  for (let logins = 0; logins < 3; logins += 1) {
    service.clock.advance(1)
    takeEvents(service)
    later.push(await service.logIn("alice", "wonderland"))
  }
  assert.deepEqual(takeEvents(service), ["login.succeeded alice", "session.ended alice too_many"])
  for (const good of [...later, bobs]) {
    assert.equal((await service.call("GET", "/protected", { token: good })).status, 200)
  }
  const refusal = { error: "invalid_token", msg: "Token has been revoked" }
  const used = await service.call("GET", "/protected", { token })
  assert.deepEqual([used.status, JSON.parse(used.body)], [401, refusal])
  const json = { refresh_token: tokens.refresh_token }
  const refreshed = await service.call("POST", "/refresh", { json })
  assert.deepEqual([refreshed.status, JSON.parse(refreshed.body)], [401, refusal])
})

test("POST /login a hundred times leaves as many sessions as a user may have", async (t) => {
  const { service } = await prepareService(t, { settings: { perUserMax: 5 } })
  for (let logins = 0; logins < 20; logins += 1) {
    await Promise.all(Array.from({ length: 5 }, () => service.logIn("alice", "wonderland")))
  }
  assert.equal((await service.store.sessions.list("alice")).length, 5)
})
