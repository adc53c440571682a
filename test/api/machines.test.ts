// Service tokens at Postern's own routes: what they open, what they don't, and from when on a
// revoked one opens nothing.

import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import { cookieNames } from "../../src/http/cookies.ts"
import { assertRefused, takeEvents } from "../support/api_scenario.ts"
import { createTestService, type TestServiceOptions } from "../support/test_service.ts"
import { guardedRoutes, machineRefusal, machineRoutes } from "./token_rows.ts"

const invalid = [401, "invalid_token", "Invalid token"] as const
const strong = { roles: "reader", fresh: true, aal2: true, admin: true }

/** A service with a machine `ci` that has all that a machine can have. */
async function withMachine(t: TestContext, options: TestServiceOptions = {}) {
  const service = await createTestService(t, options)
  const made = await service.serviceTokens.create({ name: "ci", ...strong })
  takeEvents(service)
  const reasons = () => service.log.events.map(({ reason }) => reason)
  return { service, token: made.token, made, reasons }
}

for (const options of [{}, { browser: [] }, { shared: true }] as const) {
  test(`a service token opens /protected and /me: ${JSON.stringify(options)}`, async (t) => {
    const { service, token } = await withMachine(t, options)
    const demo = await service.call("GET", "/protected", { token })
    assert.deepEqual(JSON.parse(demo.body), { logged_in_as: "svc:ci" })
    const me = await service.call("GET", "/me", { token })
    assert.deepEqual(JSON.parse(me.body), {
      ...{ username: "svc:ci", roles: ["admin", "reader"], claims: {}, logged_in_at: null },
    })
    const head = await service.call("HEAD", "/me", { token })
    assert.equal(head.status, 200)
    assert.deepEqual(takeEvents(service), [])
  })

  test(`a service token with all rights opens no other route: ${JSON.stringify(options)}`, async (t) => {
    const { service, token } = await withMachine(t, options)
    const found: string[] = []
    service.store.serviceTokens.findByHash = async (hash) => {
      found.push(hash)
      return null
    }
    for (const route of guardedRoutes.filter((one) => !machineRoutes.includes(one))) {
      const [method = "", path = ""] = route.replace(/\{s?id\}/, "A".repeat(22)).split(" ")
      assertRefused(await service.call(method, path, { token }), machineRefusal)
    }
    assert.deepEqual(takeEvents(service), [])
    assert.deepEqual(found, [], "nobody looked it up")
  })
}

test("a service token is refused with the request after its revocation, and says why in the log", async (t) => {
  const { service, token, reasons } = await withMachine(t)
  for (const route of machineRoutes) {
    const [method = "", path = ""] = route.split(" ")
    assert.equal((await service.call(method, path, { token })).status, 200)
  }
  await service.serviceTokens.revoke("ci")
  service.log.events.splice(0)
  for (const route of machineRoutes) {
    const [method = "", path = ""] = route.split(" ")
    const reply = await service.call(method, path, { token })
    assertRefused(reply, invalid)
    assert.equal(reply.headers["WWW-Authenticate"], 'Bearer realm="postern", error="invalid_token"')
  }
  assertRefused(await service.call("GET", "/sessions", { token }), machineRefusal)
  assertRefused(await service.call("GET", "/me", { token: "pts_x" }), invalid)
  assert.deepEqual(reasons(), ["unknown_token", "unknown_token", "type", "malformed"])
})

test("a service token is refused from the second at which it expires", async (t) => {
  const { service } = await withMachine(t)
  const { token } = await service.serviceTokens.create({ name: "x", roles: "", expires: "1h" })
  service.clock.advance(3599)
  assert.equal((await service.call("GET", "/me", { token })).status, 200)
  service.clock.advance(1)
  const refusal = [401, "invalid_token", "Token has expired"] as const
  assertRefused(await service.call("GET", "/me", { token }), refusal)
})

test("a service token counts in Authorization: Bearer only", async (t) => {
  const { service, token } = await withMachine(t, { browser: [] })
  const missing = [401, "missing_token", "Missing Authorization Header"] as const
  const places = [
    { headers: { cookie: `${cookieNames.session}=${token}`, "sec-fetch-site": "same-origin" } },
    { headers: { cookie: `access_token_cookie=${token}`, "x-api-key": token } },
  ]
  for (const place of places) {
    const { status } = await service.call("GET", "/me", place)
    assert.equal(status, 401)
  }
  for (const query of [`?access_token=${token}`, `?token=${token}`]) {
    assertRefused(await service.call("GET", `/protected${query}`), missing)
  }
  const basic = Buffer.from(`ci:${token}`).toString("base64")
  const reply = await service.call("GET", "/me", { headers: { authorization: `Basic ${basic}` } })
  assert.equal(JSON.parse(reply.body).error, "missing_token", "Basic is for /verify")
})

test("POST /logout, /refresh and /login give and take nothing for a service token", async (t) => {
  const { service, token } = await withMachine(t)
  for (const place of [{ token }, { json: { access_token: token } }, { json: { token } }]) {
    assert.equal((await service.call("POST", "/logout", place)).status, 204)
  }
  for (const place of [{ token }, { json: { refresh_token: token } }]) {
    assertRefused(await service.call("POST", "/refresh", place), invalid)
  }
  const bad = [401, "invalid_credentials", "Bad username or password"] as const
  for (const username of ["ci", "svc:ci", "alice"]) {
    const json = { username, password: token }
    assertRefused(await service.call("POST", "/login", { json }), bad)
  }
  assert.equal((await service.call("GET", "/me", { token })).status, 200, "it is still good")
})

test("no line of the log and no reply has a service token", async (t) => {
  const { service, token, made } = await withMachine(t)
  await service.call("GET", "/me", { token })
  await service.call("GET", "/sessions", { token })
  await service.call("POST", "/refresh", { json: { refresh_token: token } })
  await service.call("GET", `/${token}`)
  await service.serviceTokens.revoke("ci")
  await service.call("GET", "/me", { token })
  const secret = token.slice("pts_".length)
  assert.ok(service.log.lines.length > 5)
  for (const line of service.log.lines) assert.ok(!line.includes(secret), line)
  for (const { reply } of service.exchanges) assert.ok(!JSON.stringify(reply).includes(secret))
  assert.equal(made.name, "ci")
})
