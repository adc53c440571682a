import assert from "node:assert/strict"
import { test } from "node:test"
import { trustedProxies } from "../../src/http/guard.ts"
import { json, type RequestHead } from "../../src/http/message.ts"
import { problem } from "../../src/http/problem.ts"
import { makeRequest } from "../support/http_request.ts"

const params = {}

test("trustedProxies() refuses all other peers, whatever they send", async () => {
  const refused: string[] = []
  const options = {
    asker: "nginx",
    refused: ({ id }: RequestHead) => void refused.push(id),
  } as const
  const row = trustedProxies(() => json(200, {}), options)
  assert.deepEqual([row.access, row.asker, row.takesBody], ["trusted proxies", "nginx", false])
  const headers = { authorization: "Bearer x", "x-forwarded-for": "127.0.0.1" }
  const stranger = await row.handle(makeRequest({ headers }), { params })
  const message = "Only trusted proxies may ask here"
  const expected = { ...problem("access_denied", message), reason: "untrusted_proxy" }
  assert.deepEqual([stranger, refused], [expected, ["request-1"]])
  const known = await row.handle(makeRequest({ headers, isProxied: true }), { params })
  assert.deepEqual([known.status, refused.length], [200, 1])
})
