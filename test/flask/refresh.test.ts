// What becomes here of refresh tokens that a Flask-JWT-Extended application gave, with the same
// secret: each can be exchanged for a session, and after that it is like any used refresh token.

import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import { createTestService, type TestService, type TokenBody } from "../support/test_service.ts"
import { libraryTokens } from "./library_tokens.ts"

const day = 86_400
const revoked = { error: "invalid_token", msg: "Token has been revoked" }

/** A service with the library's secret. Sessions go on for 14 days unused, for 30 at most. */
async function createShared(t: TestContext): Promise<TestService> {
  const settings = { idleSeconds: 14 * day, maxAgeSeconds: 30 * day }
  const service = await createTestService(t, { shared: true, settings })
  service.log.takeNames()
  return service
}

async function refresh({ call }: TestService, token: string): Promise<[number, TokenBody]> {
  const reply = await call("POST", "/refresh", { token })
  return [reply.status, JSON.parse(reply.body) as TokenBody]
}

test("POST /refresh exchanges a library's refresh token for a session", async (t) => {
  const service = await createShared(t)
  service.clock.advance(60)
  const [status, tokens] = await refresh(service, libraryTokens.refresh)
  assert.equal(status, 200)
  assert.equal(tokens.expires_in, 900)
  assert.equal(tokens.refresh_expires_in, 14 * day)
  assert.match(tokens.refresh_token, /^ptr_/)
  assert.deepEqual(service.log.takeNames(), ["session.started", "session.refreshed"])
  const me = await service.call("GET", "/me", { token: tokens.access_token })
  const { username, logged_in_at } = JSON.parse(me.body)
  // The library's token does not tell when its login was: then at the latest.
  assert.deepEqual([username, logged_in_at], ["alice", 1_795_447_800])
  const json = { current: "wonderland", new: "through the looking-glass" }
  const stale = await service.call("POST", "/password", { token: tokens.access_token, json })
  assert.equal(JSON.parse(stale.body).msg, "Fresh token required")
  assert.equal((await refresh(service, tokens.refresh_token))[0], 200)
})

test("POST /refresh takes a library's refresh token from the body, too", async (t) => {
  const { call } = await createShared(t)
  const json = { refresh_token: libraryTokens.refresh }
  assert.equal((await call("POST", "/refresh", { json })).status, 200)
})

test("POST /refresh answers a library's refresh token again for 30 seconds", async (t) => {
  const service = await createShared(t)
  const [first, second] = await Promise.all([
    refresh(service, libraryTokens.refresh),
    refresh(service, libraryTokens.refresh),
  ])
  service.clock.advance(30)
  const third = await refresh(service, libraryTokens.refresh)
  const successors = [first, second, third].map(([, { refresh_token }]) => refresh_token)
  assert.deepEqual(successors, Array(3).fill(successors[0]))
  assert.match(successors[0] ?? "", /^ptr_/)
  const events = service.log.takeNames()
  assert.equal(events.filter((event) => event === "session.started").length, 1)
  assert.equal(events.filter((event) => event === "session.replayed").length, 2)
})

test("POST /refresh takes a library's refresh token that comes late for stolen", async (t) => {
  const service = await createShared(t)
  const [, tokens] = await refresh(service, libraryTokens.refresh)
  service.clock.advance(31)
  service.log.takeNames()
  const [status, refusal] = await refresh(service, libraryTokens.refresh)
  assert.deepEqual([status, refusal], [401, revoked])
  assert.deepEqual(service.log.takeNames(), ["session.reused", "session.ended"])
  const token = tokens.access_token
  const reply = await service.call("GET", "/protected", { token })
  assert.deepEqual(JSON.parse(reply.body), revoked)
  assert.deepEqual(await refresh(service, tokens.refresh_token), [401, revoked])
  assert.deepEqual(await refresh(service, libraryTokens.refresh), [401, revoked])
})

test("POST /refresh starts a session for each of a library's refresh tokens", async (t) => {
  const service = await createShared(t)
  const [, one] = await refresh(service, libraryTokens.refresh)
  const [, other] = await refresh(service, libraryTokens.otherRefresh)
  assert.notEqual(one.refresh_token, other.refresh_token)
  const { body } = await service.call("GET", "/sessions", { token: one.access_token })
  assert.equal(JSON.parse(body).sessions.length, 2)
})

test("POST /refresh ends the session of a library's token 30 days after that token", async (t) => {
  const service = await createShared(t)
  service.clock.advance(20 * day)
  const [, tokens] = await refresh(service, libraryTokens.refresh)
  assert.equal(tokens.refresh_expires_in, 10 * day)
  service.clock.advance(10 * day)
  const expired = { error: "invalid_token", msg: "Token has expired" }
  assert.deepEqual(await refresh(service, tokens.refresh_token), [401, expired])
  assert.deepEqual(await refresh(service, libraryTokens.refreshForAYear), [401, expired])
})

type Row = readonly [
  name: keyof typeof libraryTokens,
  msg: string,
  reason: string,
  seconds?: number,
  who?: string,
]

const alice = "alice"

const refusals: readonly Row[] = [
  ["access", "Only refresh tokens are allowed", "access_token", 0, alice],
  ["fresh", "Only refresh tokens are allowed", "access_token", 0, alice],
  ["access", "Only refresh tokens are allowed", "access_token", 900, alice],
  ["refreshForAMinute", "Token has expired", "expired", 60, alice],
  ["refreshWithoutExp", "Invalid token", "invalid"],
  ["withoutType", "Invalid token", "invalid"],
  ["ofAnotherType", "Invalid token", "invalid"],
  ["ofAnotherSecret", "Invalid token", "invalid"],
  ["refreshOfNobody", "Token has been revoked", "ended"],
]

for (const [name, msg, reason, seconds = 0, user] of refusals) {
  test(`POST /refresh refuses '${name}' after ${seconds} s: ${msg}`, async (t) => {
    const service = await createShared(t)
    service.clock.advance(seconds)
    const refusal = { error: "invalid_token", msg }
    assert.deepEqual(await refresh(service, libraryTokens[name]), [401, refusal])
    const told = service.log.events.filter(({ event }) => event === "refresh.refused")
    assert.deepEqual(
      told.map((event) => [event["reason"], event["user"]]),
      [[reason, user]],
    )
  })
}

const endings: readonly (readonly [string, (service: TestService) => Promise<unknown>])[] = [
  ["its logout", ({ call }) => call("POST", "/logout", { token: libraryTokens.refresh })],
  [
    "its logout in the body",
    ({ call }) => call("POST", "/logout", { json: { refresh_token: libraryTokens.refresh } }),
  ],
  ["the user is disabled", ({ accounts }) => accounts.disable("alice")],
  ["the user is logged out", ({ accounts }) => accounts.logOut("alice")],
  ["the user is deleted", ({ accounts }) => accounts.delete("alice")],
  [
    "another password",
    ({ accounts }) =>
      accounts.setPassword({ username: "alice", password: "through the looking-glass" }),
  ],
]

for (const [name, end] of endings) {
  test(`POST /refresh refuses a library's refresh token after ${name}`, async (t) => {
    const service = await createShared(t)
    await end(service)
    assert.deepEqual(await refresh(service, libraryTokens.refresh), [401, revoked])
    const { body } = await service.call("GET", "/revocations")
    assert.equal(body, '{"sids":[],"jtis":[]}\n')
  })

  test(`POST /refresh refuses the session of a library's token after ${name}`, async (t) => {
    const service = await createShared(t)
    const [, tokens] = await refresh(service, libraryTokens.refresh)
    await end(service)
    assert.deepEqual(await refresh(service, tokens.refresh_token), [401, revoked])
    assert.deepEqual(await refresh(service, libraryTokens.refresh), [401, revoked])
    const reply = await service.call("GET", "/protected", { token: tokens.access_token })
    assert.deepEqual(JSON.parse(reply.body), revoked)
  })
}
