// POST /password: the rows, and what holds before and after (F-39, F-40, R-08).

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
import type { TestService } from "../support/test_service.ts"
import { assertDead } from "./dead_tokens.ts"
import { changedPasswords, passwordRows } from "./password_rows.ts"

testScenarios(passwordRows)

const json = { current: "wonderland", new: changedPasswords.next }

/** What POST /login answers alice. */
async function loginStatus(service: TestService, password: string): Promise<number> {
  return (await service.call("POST", "/login", { json: { username: "alice", password } })).status
}

test("POST /password ends all that was before, and its tokens are good", async (t) => {
  const { service, token, tokens, sid } = await prepareService(t)
  const next = await refresh(service, tokens.refresh_token)
  const other = await service.start("alice", "wonderland")
  const bob = await service.start("bob", "builder")
  const reply = await service.call("POST", "/password", { token, json })
  assert.equal(reply.status, 200, reply.body)
  const changed = JSON.parse(reply.body)
  assert.deepEqual(Object.keys(changed), [
    "access_token",
    "token_type",
    "expires_in",
    "refresh_token",
    "refresh_expires_in",
    "device_token",
  ])
  await assertDead(service, [tokens, next, other])
  const claims = claimsOf(changed.access_token)
  assert.notEqual(claims["sid"], sid)
  assert.equal(claims["fresh"], true)
  const me = await service.call("GET", "/me", { token: changed.access_token })
  assert.equal(JSON.parse(me.body).username, "alice")
  await refresh(service, changed.refresh_token)
  await refresh(service, bob.refresh_token)
  assert.deepEqual(
    [await loginStatus(service, "wonderland"), await loginStatus(service, json.new)],
    [401, 200],
  )
})

test("POST /password with a refreshed token asks for a login", async (t) => {
  const { service, tokens } = await prepareService(t)
  const { access_token: token } = await refresh(service, tokens.refresh_token)
  takeEvents(service)
  const reply = await service.call("POST", "/password", { token, json })
  const error = "insufficient_user_authentication"
  assertRefused(reply, [401, error, "Fresh token required"])
  assert.equal(reply.headers["WWW-Authenticate"], `Bearer realm="postern", error="${error}"`)
  assert.deepEqual(takeEvents(service), [])
  assert.equal(await loginStatus(service, "wonderland"), 200)
})

test("POST /password that is refused leaves password and sessions as they were", async (t) => {
  const { service, token, tokens } = await prepareService(t)
  const wrong = { ...json, current: changedPasswords.wrong }
  for (const body of [wrong, { ...json, new: "too-short" }, { new: json.new }]) {
    const { status } = await service.call("POST", "/password", { token, json: body })
    assert.ok(status === 403 || status === 400)
  }
  assert.equal((await service.call("GET", "/me", { token })).status, 200)
  await refresh(service, tokens.refresh_token)
  assert.equal(await loginStatus(service, "wonderland"), 200)
})

test("POST /password twice at once changes it once", async (t) => {
  const { service, token } = await prepareService(t)
  const bodies = [json, { ...json, new: "a-third-password-of-hers" }]
  const replies = await Promise.all(
    bodies.map((body) => service.call("POST", "/password", { token, json: body })),
  )
  const good = replies.filter(({ status }) => status === 200)
  assert.equal(good.length, 1)
  const refused = replies.find((reply) => reply !== good[0])
  assert.ok(refused !== undefined)
  assertRefused(refused, [403, "wrong_password", "The current password is wrong"])
  const statuses = await Promise.all(bodies.map((body) => loginStatus(service, body.new)))
  assert.deepEqual(
    statuses,
    replies.map((reply) => (reply === refused ? 401 : 200)),
  )
  const kept = JSON.parse(good[0]?.body ?? "").access_token
  assert.equal((await service.call("GET", "/me", { token: kept })).status, 200)
})

test("POST /password of a user who is disabled meanwhile gives no working token", async (t) => {
  const { service, token } = await prepareService(t)
  const [reply] = await Promise.all([
    service.call("POST", "/password", { token, json }),
    service.accounts.disable("alice"),
  ])
  // Whether the user was disabled before or after the password was found right.
  const refusals = [
    [403, { error: "wrong_password", msg: "The current password is wrong" }],
    [401, { error: "invalid_token", msg: "Token has been revoked" }],
  ] as const
  const expected = refusals.find(([status]) => status === reply.status)
  assert.deepEqual([reply.status, JSON.parse(reply.body)], expected)
  assert.deepEqual(await service.store.sessions.list("alice"), [])
})
