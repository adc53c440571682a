// POST /logout: the rows, and that nothing that a session ever had is good afterwards.

import assert from "node:assert/strict"
import { test } from "node:test"
import { setImmediate as turn } from "node:timers/promises"
import {
  assertRefused,
  prepareService,
  refresh,
  takeEvents,
  testScenarios,
} from "../support/api_scenario.ts"
import { assertDead } from "./dead_tokens.ts"
import { logoutBesideRows } from "./logout_beside_rows.ts"
import { logoutRows } from "./logout_rows.ts"

testScenarios([...logoutRows, ...logoutBesideRows])

const presented = {
  "the first access token": (token: string) => ({ token }),
  "the first refresh token": (_: string, refreshToken: string) => ({ token: refreshToken }),
  "the last refresh token": (_: string, __: string, last: string) => ({
    json: { refresh_token: last },
  }),
}

for (const [what, options] of Object.entries(presented)) {
  test(`POST /logout with ${what} leaves no token of the session alive`, async (t) => {
    const { service, token, tokens } = await prepareService(t)
    const otherTab = await service.start("alice", "wonderland")
    const bob = await service.start("bob", "builder")
    service.clock.advance(60)
    const second = await refresh(service, tokens.refresh_token)
    service.clock.advance(60)
    const third = await refresh(service, second.refresh_token)
    takeEvents(service)
    const sent = options(token, tokens.refresh_token, third.refresh_token)
    const reply = await service.call("POST", "/logout", sent)
    assert.equal(reply.status, 204)
    assert.deepEqual(takeEvents(service), ["session.ended alice logout"])
    await assertDead(service, [tokens, second, third])
    for (const { access_token: good, refresh_token: refreshToken } of [otherTab, bob]) {
      assert.equal((await service.call("GET", "/me", { token: good })).status, 200)
      await refresh(service, refreshToken)
    }
  })
}

test("POST /logout with the tokens of two users ends each one's own session", async (t) => {
  const { service, token, tokens } = await prepareService(t)
  const other = await service.start("alice", "wonderland")
  const bob = await service.start("bob", "builder")
  takeEvents(service)
  const json = { refresh_token: bob.refresh_token }
  assert.equal((await service.call("POST", "/logout", { token, json })).status, 204)
  assert.deepEqual(takeEvents(service), ["session.ended alice logout", "session.ended bob logout"])
  await assertDead(service, [tokens, bob])
  assert.equal((await service.call("GET", "/me", { token: other.access_token })).status, 200)
})

test("POST /logout answers the same whatever it found", async (t) => {
  const { service, token, tokens } = await prepareService(t)
  const replies = [
    await service.call("POST", "/logout", { token: "nonsense" }),
    await service.call("POST", "/logout", { json: { refresh_token: "nonsense" } }),
    await service.call("POST", "/logout", { token }),
    await service.call("POST", "/logout", { token }),
    await service.call("POST", "/logout", { token: tokens.refresh_token }),
  ]
  const headers = { "Cache-Control": "no-store" }
  for (const reply of replies) assert.deepEqual(reply, { status: 204, headers, body: "" })
})

test("GET /logout changes nothing", async (t) => {
  const { service, token } = await prepareService(t)
  takeEvents(service)
  for (const method of ["GET", "HEAD", "OPTIONS", "DELETE", "PUT"]) {
    const { status } = await service.call(method, `/logout?token=${token}`, { token })
    assert.equal(status, method === "OPTIONS" ? 204 : 405)
  }
  assert.deepEqual(takeEvents(service), [])
  assert.equal((await service.call("GET", "/me", { token })).status, 200)
})

test("POST /logout holds from its answer on, however many requests are under way", async (t) => {
  const { service, token } = await prepareService(t)
  let answered = false
  let late = 0
  const callers = Array.from({ length: 50 }, async () => {
    for (let lateRounds = 0; lateRounds < 3; ) {
      const isLate = answered
      if (isLate) lateRounds += 1
      // A token that is known is answered without waiting: leave the logout a turn.
      await turn()
      const { status } = await service.call("GET", "/me", { token })
      if (isLate) {
        late += 1
        assert.equal(status, 401)
      }
    }
  })
  const reply = await service.call("POST", "/logout", { token })
  answered = true
  await Promise.all(callers)
  assert.equal(reply.status, 204)
  const again = await service.call("GET", "/me", { token })
  assertRefused(again, [401, "invalid_token", "Token has been revoked"])
  assert.ok(late > 0, "No request came after the answer")
})

test("POST /logout while the refresh token is used leaves no session behind", async (t) => {
  const { service, token, tokens } = await prepareService(t)
  const calls = [
    service.call("POST", "/refresh", { token: tokens.refresh_token }),
    service.call("POST", "/logout", { token }),
    service.call("POST", "/refresh", { token: tokens.refresh_token }),
  ] as const
  const [before, { status }, after] = await Promise.all(calls)
  assert.equal(status, 204)
  const given = [before, after]
    .filter((reply) => reply.status === 200)
    .map(({ body }) => JSON.parse(body))
  await assertDead(service, [tokens, ...given])
  assert.deepEqual(await service.store.sessions.list("alice"), [])
})
