import assert from "node:assert/strict"
import { test } from "node:test"
import { prepareService, testScenarios } from "../support/api_scenario.ts"
import { createTestService } from "../support/test_service.ts"
import { keysHeaders, privateMembers, publicRows } from "./public_rows.ts"

testScenarios(publicRows)

const path = "/.well-known/jwks.json"

test(`GET ${path} answers the public key that tokens name, and no private member`, async (t) => {
  const { service, token } = await prepareService(t)
  const reply = await service.call("GET", path)
  const header = JSON.parse(Buffer.from(token.split(".")[0] ?? "", "base64url").toString())
  const { keys } = JSON.parse(reply.body)
  assert.equal(keys.length, 1)
  assert.deepEqual(Object.keys(keys[0]).sort(), ["alg", "crv", "kid", "kty", "use", "x", "y"])
  assert.equal(keys[0].kid, header.kid)
  assert.deepEqual([keys[0].alg, keys[0].use], ["ES256", "sig"])
  for (const member of privateMembers) assert.ok(!reply.body.includes(member), member)
})

test(`GET ${path} with a shared secret publishes nothing`, async (t) => {
  const { service } = await prepareService(t, { shared: true })
  assert.equal((await service.call("GET", path)).body, '{"keys":[]}\n')
})

test(`GET ${path} answers 304 without a body to a client that has it already`, async (t) => {
  const { service } = await prepareService(t)
  const { headers } = await service.call("GET", path)
  const etag = headers["ETag"] ?? ""
  assert.match(etag, /^"[\w-]{22}"$/)
  for (const tags of [etag, `W/${etag}`, `"x", ${etag}`, `"x",W/${etag} `, "*"]) {
    for (const method of ["GET", "HEAD"]) {
      const reply = await service.call(method, path, { headers: { "if-none-match": tags } })
      assert.deepEqual(reply, { status: 304, headers: { ...keysHeaders, ETag: etag }, body: "" })
    }
  }
})

test(`GET ${path} answers 200 to an ETag that is not exactly its own`, async (t) => {
  const { service } = await prepareService(t)
  const etag = (await service.call("GET", path)).headers["ETag"] ?? ""
  for (const tags of [
    "",
    etag.slice(1, -1),
    etag.toUpperCase(),
    `w/${etag}`,
    `${etag.slice(0, -1)}x"`,
  ]) {
    const reply = await service.call("GET", path, { headers: { "if-none-match": tags } })
    assert.equal(reply.status, 200, tags)
  }
})

const metadataPath = "/.well-known/oauth-authorization-server"

test(`GET ${metadataPath} answers 304 to a client that has it, and 404 with a shared secret`, async (t) => {
  const { service } = await prepareService(t)
  const { headers } = await service.call("GET", metadataPath)
  const known = { headers: { "if-none-match": headers["ETag"] ?? "" } }
  assert.equal((await service.call("GET", metadataPath, known)).status, 304)
  const shared = await createTestService(t, { shared: true })
  assert.equal((await shared.call("GET", metadataPath)).status, 404)
})
