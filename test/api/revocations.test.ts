// GET /revocations: the sessions and tokens that have ended, for services that verify access tokens
// without a request to Postern.

import assert from "node:assert/strict"
import { test } from "node:test"
import {
  claimsOf,
  type PreparedService,
  prepareService,
  refresh,
  takeEvents,
  testScenarios,
} from "../support/api_scenario.ts"
import type { TestService } from "../support/test_service.ts"
import { listHeaders, revocationRows } from "./session_rows.ts"

const path = "/revocations"

testScenarios(revocationRows)

/** What is listed now. */
async function listed(service: TestService): Promise<{ sids: string[]; jtis: string[] }> {
  const reply = await service.call("GET", path)
  assert.equal(reply.status, 200)
  return JSON.parse(reply.body)
}

const endings: readonly (readonly [string, (prepared: PreparedService) => Promise<unknown>])[] = [
  ["a logout", ({ service, token }) => service.call("POST", "/logout", { token })],
  [
    "its end by the user",
    ({ service, token, sid }) => service.call("DELETE", `/sessions/${sid}`, { token }),
  ],
  [
    "the end of all others",
    async ({ service }) => {
      const token = await service.logIn("alice", "wonderland")
      return service.call("DELETE", "/sessions", { token })
    },
  ],
  [
    "a new password",
    ({ service, token }) =>
      service.call("POST", "/password", {
        token,
        json: { current: "wonderland", new: "a-second-long-password" },
      }),
  ],
  [
    "a new password by command line",
    ({ service }) =>
      service.accounts.setPassword({ username: "alice", password: "a-second-long-password" }),
  ],
  ["the user was disabled", ({ service }) => service.accounts.disable("alice")],
  ["the user was deleted", ({ service }) => service.accounts.delete("alice")],
  ["a logout by command line", ({ service }) => service.accounts.logOut("alice")],
  [
    "a refresh token was used twice",
    async ({ service, tokens }) => {
      const next = await refresh(service, tokens.refresh_token)
      await refresh(service, next.refresh_token)
      return service.call("POST", "/refresh", { token: tokens.refresh_token })
    },
  ],
]

for (const [what, end] of endings) {
  test(`GET /revocations lists a session after ${what}, and nobody else's`, async (t) => {
    const prepared = await prepareService(t)
    const { service, sid } = prepared
    await service.logIn("bob", "builder")
    await end(prepared)
    assert.deepEqual(await listed(service), { sids: [sid], jtis: [] })
  })
}

test("GET /revocations lists a session for one access lifetime, purged or not", async (t) => {
  for (const purging of [false, true]) {
    const { service, token, sid } = await prepareService(t)
    await service.call("POST", "/logout", { token })
    service.clock.advance(899)
    if (purging) await service.store.sessions.purge(service.clock.now())
    assert.deepEqual(await listed(service), { sids: [sid], jtis: [] })
    service.clock.advance(1)
    if (purging) await service.store.sessions.purge(service.clock.now())
    assert.deepEqual(await listed(service), { sids: [], jtis: [] })
  }
})

test("GET /revocations leaves out a session whose access tokens have all expired", async (t) => {
  const { service, token } = await prepareService(t)
  service.clock.advance(930)
  await service.call("POST", "/logout", { token })
  assert.deepEqual(await listed(service), { sids: [], jtis: [] })
})

test("GET /revocations lists a session whose last access token came from a refresh", async (t) => {
  const { service, tokens, sid } = await prepareService(t)
  service.clock.advance(2000)
  const { access_token: token } = await refresh(service, tokens.refresh_token)
  service.clock.advance(600)
  await service.call("POST", "/logout", { token })
  service.clock.advance(299)
  assert.deepEqual((await listed(service)).sids, [sid])
  service.clock.advance(31)
  assert.deepEqual((await listed(service)).sids, [])
})

test("GET /revocations answers 304 without a body until the list changes", async (t) => {
  const { service, token } = await prepareService(t)
  const first = await service.call("GET", path)
  const etag = first.headers["ETag"] ?? ""
  assert.match(etag, /^"[\w-]{22}"$/)
  const asked = (method: string) =>
    service.call(method, path, { headers: { "if-none-match": etag } })
  const unchanged = { status: 304, headers: { ...listHeaders, ETag: etag }, body: "" }
  for (const method of ["GET", "HEAD"]) assert.deepEqual(await asked(method), unchanged)
  // What ends nothing changes nothing.
  await service.logIn("bob", "builder")
  await service.store.sessions.purge(service.clock.now())
  assert.deepEqual(await asked("GET"), unchanged)
  await service.call("POST", "/logout", { token })
  const changed = await asked("GET")
  assert.equal(changed.status, 200)
  assert.notEqual(changed.headers["ETag"], etag)
  service.clock.advance(900)
  assert.deepEqual(await asked("GET"), unchanged)
})

test("GET /revocations lists sids and jtis, and nothing about users or tokens", async (t) => {
  const { service, token, tokens } = await prepareService(t)
  const sids: unknown[] = []
  for (let count = 0; count < 3; count += 1) {
    const bobs = await service.logIn("bob", "builder")
    sids.push(claimsOf(bobs)["sid"])
    await service.call("POST", "/logout", { token: bobs })
  }
  await service.call("POST", "/logout", { token })
  takeEvents(service)
  const { body } = await service.call("GET", path)
  const list = JSON.parse(body)
  assert.deepEqual(Object.keys(list), ["sids", "jtis"])
  assert.deepEqual(list.sids.slice(0, 3), sids)
  for (const sid of list.sids) assert.match(sid, /^[\w-]{22}$/)
  for (const text of [
    "alice",
    "bob",
    "127.0.0.1",
    tokens.refresh_token,
    String(claimsOf(token)["jti"]),
  ]) {
    assert.ok(!body.includes(text), text)
  }
  assert.deepEqual(takeEvents(service), [])
})
