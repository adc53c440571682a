import assert from "node:assert/strict"
import { test } from "node:test"
import { prepareService, testScenarios } from "../support/api_scenario.ts"
import { loginRows } from "./login_rows.ts"

testScenarios(loginRows)

test("POST /login answers a token, its type and its life, and nothing more", async (t) => {
  const { service } = await prepareService(t)
  const json = { username: "alice", password: "wonderland" }
  const reply = await service.call("POST", "/login", { json })
  const { access_token: token, ...rest } = JSON.parse(reply.body)
  assert.deepEqual(rest, { token_type: "Bearer", expires_in: 900 })
  const { body } = await service.call("GET", "/protected", { token })
  assert.deepEqual(JSON.parse(body), { logged_in_as: "alice" })
})
