import assert from "node:assert/strict"
import { test } from "node:test"
import { prepareService, testScenarios } from "../support/api_scenario.ts"
import { spoiledTokens, tokenRows } from "./token_rows.ts"

testScenarios(tokenRows)

test("GET /protected answers every fault inside a token with the very same reply", async (t) => {
  const { service, token } = await prepareService(t)
  const replies = new Set<string>()
  for (const [, spoil] of spoiledTokens) {
    replies.add(JSON.stringify(await service.call("GET", "/protected", { token: spoil(token) })))
  }
  assert.equal(replies.size, 1)
})

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
