// The description of the API: a public tool finds no fault, nothing is left open, and a reply that
// differs is found.

import assert from "node:assert/strict"
import { test } from "node:test"
import { createConfig, lintFromString } from "@redocly/openapi-core"
import { createDocument, operations } from "../../src/openapi/document.ts"
import { assertReply, document } from "../support/documented.ts"
import { createTestService } from "../support/test_service.ts"

const source = JSON.stringify(document)
const username = { "Content-Type": "application/json; charset=utf-8" }

/** The schemas of replies: of objects with members. */
function objectsIn(
  value: unknown,
  at = "",
): readonly (readonly [string, Record<string, unknown>])[] {
  if (typeof value !== "object" || value === null) return []
  const own = Object.hasOwn(value, "properties") ? [[at, value] as const] : []
  const inner = Object.entries(value).flatMap(([name, one]) => objectsIn(one, `${at}/${name}`))
  return [...own, ...inner] as (readonly [string, Record<string, unknown>])[]
}

test("GET /openapi.json has nothing that a public linter warns of", async () => {
  const config = await createConfig({ extends: ["recommended-strict"] })
  const problems = await lintFromString({ source, config })
  assert.deepEqual(
    problems.map(({ ruleId, message, location }) => [ruleId, message, location[0]?.pointer]),
    [],
  )
})

test("the linter of these tests finds a fault", async () => {
  const config = await createConfig({ extends: ["recommended-strict"] })
  const broken = source.replace(/"operationId":"logIn",/, "")
  assert.notEqual((await lintFromString({ source: broken, config })).length, 0)
})

test("createDocument() leaves no object of a reply open", () => {
  const { paths, components } = document as unknown as Record<"paths" | "components", object>
  const replies = objectsIn(components)
  for (const [path, item] of Object.entries(paths)) {
    for (const { responses } of Object.values(item) as { responses: object }[]) {
      replies.concat(objectsIn(responses, path))
    }
  }
  assert.ok(replies.length > 3)
  for (const [at, schema] of replies) assert.equal(schema["additionalProperties"], false, at)
})

test("createDocument() describes each operation, and there are no others", () => {
  const described = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
  )
  assert.deepEqual(described.sort(), Object.keys(operations).sort())
})

test("createDocument() throws for a route without a description", () => {
  const row = ["GET", "/unknown", {}] as unknown as Parameters<typeof createDocument>[0][number]
  assert.throws(() => createDocument([row], null), {
    name: "TypeError",
    message: "The route 'GET /unknown' has no description",
  })
})

const me = { username: "alice", roles: [], claims: {}, logged_in_at: 1 }

const changed = {
  "a further member": { body: { ...me, admin: true } },
  "a member less": { body: { ...me, roles: undefined } },
  "a member of another type": { body: { ...me, logged_in_at: "yesterday" } },
  "another status": { body: me, status: 202 },
  "a status of another endpoint": { body: { error: "username_taken", msg: "" }, status: 409 },
  "a code of another status": { body: { error: "not_found", msg: "" }, status: 401 },
  "another type": { body: me, headers: { "Content-Type": "text/html; charset=utf-8" } },
  "a refusal without its header": { body: { error: "missing_token", msg: "" }, status: 401 },
}

for (const [name, { body, status = 200, ...reply }] of Object.entries(
  changed as Record<string, { body: object; status?: number; headers?: Record<string, string> }>,
)) {
  test(`assertReply() finds ${name}`, () => {
    const { headers = username } = reply
    const sent = { status, headers, body: JSON.stringify(body) }
    assert.throws(() => assertReply({ method: "GET", path: "/me" }, sent), assert.AssertionError)
  })
}

test("assertReply() takes the reply that is documented", () => {
  const sent = { status: 200, headers: username, body: JSON.stringify(me) }
  assertReply({ method: "GET", path: "/me" }, sent)
})

test("GET /openapi.json answers the document, and 304 for a known ETag", async (t) => {
  const { call } = await createTestService(t)
  const { status, body, headers } = await call("GET", "/openapi.json")
  const { paths, servers, openapi } = JSON.parse(body)
  assert.deepEqual([status, openapi], [200, "3.1.0"])
  assert.deepEqual(servers, [{ url: "https://login.example.org" }])
  assert.ok(!Object.hasOwn(paths, "/register"))
  assert.ok(Object.hasOwn(paths, "/login"))
  const etag = headers["ETag"] ?? ""
  const again = await call("GET", "/openapi.json", { headers: { "if-none-match": etag } })
  assert.deepEqual([again.status, again.body], [304, ""])
})

test("GET /openapi.json names no server where a shared secret leaves it unknown", async (t) => {
  const { call } = await createTestService(t, { shared: true, registration: true })
  const { paths, servers } = JSON.parse((await call("GET", "/openapi.json")).body)
  assert.deepEqual(servers, [{ url: "/" }])
  assert.ok(Object.hasOwn(paths, "/register"))
  assert.ok(!Object.hasOwn(paths, "/.well-known/oauth-authorization-server"))
})
