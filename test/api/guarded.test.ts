import assert from "node:assert/strict"
import { test } from "node:test"
import { problem } from "../../src/http/problem.ts"
import { findSession } from "../store/session_calls.ts"
import { prepareService, takeEvents, testScenarios } from "../support/api_scenario.ts"
import { authorizations, guardedRoutes, spoiledTokens, tokenRows } from "./token_rows.ts"

testScenarios(tokenRows)

for (const route of guardedRoutes) {
  test(`${route} answers every fault inside a token with the same reply`, async (t) => {
    const { service, token, sid } = await prepareService(t)
    const [method = "", path = ""] = route.replace(/\{s?id\}/, sid).split(" ")
    takeEvents(service)
    for (const [what, spoil] of spoiledTokens) {
      const reply = await service.call(method, path, { token: spoil(token) })
      assert.deepEqual(reply, problem("invalid_token", "Invalid token"), what)
    }
    for (const [what, authorization, [error, msg]] of authorizations) {
      const { body } = await service.call(method, path, { headers: { authorization } })
      assert.deepEqual(JSON.parse(body), { error, msg }, what)
    }
    assert.deepEqual(takeEvents(service), [])
    assert.notEqual(await findSession(service.store, sid), null)
  })
}

test("GET /protected answers two users in turn, each as who they are", async (t) => {
  const { service, token } = await prepareService(t)
  const bobs = await service.logIn("bob", "builder")
  const senders = Array.from({ length: 40 }, (_, at) => (at % 3 === 0 ? "bob" : "alice"))
  const replies = await Promise.all(
    senders.map((who) =>
      service.call("GET", "/protected", { token: who === "bob" ? bobs : token }),
    ),
  )
  assert.deepEqual(
    replies.map(({ body }) => JSON.parse(body)),
    senders.map((who) => ({ logged_in_as: who })),
  )
})

test("GET /protected with a shared secret answers like with published keys", async (t) => {
  const { service, token } = await prepareService(t, { shared: true })
  const reply = await service.call("GET", "/protected", { token })
  assert.deepEqual([reply.status, reply.body], [200, '{"logged_in_as":"alice"}\n'])
  const refused = await service.call("GET", "/protected", { token: `${token}x` })
  assert.deepEqual(JSON.parse(refused.body), { error: "invalid_token", msg: "Invalid token" })
})

test("GET /protected with a leeway for tokens gives none to the session", async (t) => {
  const settings = { idleSeconds: 600 }
  const { service, token } = await prepareService(t, { settings, tokens: { leewaySeconds: 60 } })
  service.clock.advance(599)
  assert.equal((await service.call("GET", "/protected", { token })).status, 200)
  service.clock.advance(1)
  const reply = await service.call("GET", "/protected", { token })
  assert.deepEqual(reply, problem("invalid_token", "Token has been revoked"))
})
