// Routes that need a role or a recent login, made here with the service's own guard: decided by
// what the store says now, whatever the token says (B-08, RFC 9470).

import assert from "node:assert/strict"
import { test } from "node:test"
import { type GuardOptions, guard } from "../../src/http/guard.ts"
import { json, type Reply } from "../../src/http/message.ts"
import { problemOf } from "../../src/http/problem.ts"
import { createRouter } from "../../src/http/router.ts"
import type { Principal } from "../../src/service/authenticate.ts"
import { assertRefused, claimsOf, prepareService, refresh } from "../support/api_scenario.ts"
import { startOfTests } from "../support/fake_clock.ts"
import { createForge } from "../support/forge.ts"
import { makeRequest } from "../support/http_request.ts"
import type { TestService } from "../support/test_service.ts"

/** A service of somebody else's with one guarded route, and who was let pass. */
function routeWith(service: TestService, options: GuardOptions & { readonly optional?: false }) {
  const passed: Principal[] = []
  const guarded = guard(service.sessions.authenticate, options)
  const admitted = guarded((_request, { principal }) => {
    passed.push(principal)
    return json(200, { name: principal.username })
  })
  const route = createRouter([["GET", "/admin", admitted]])
  const send = async (token: string): Promise<Reply> => {
    const headers = { authorization: `Bearer ${token}` }
    const request = makeRequest({ path: "/admin", headers })
    const match = route("GET", "/admin")
    assert.ok(match.kind === "found")
    try {
      return await match.handler.handle(request, { params: match.params })
    } catch (error) {
      const reply = problemOf(error)
      if (reply === null) throw error
      return reply
    }
  }
  return { send, passed }
}

const needsRole = [403, "insufficient_scope", "This needs the role 'admin'"] as const
const needsLogin = [401, "insufficient_user_authentication", "Fresh token required"] as const

test("guard() with a role follows the store from one request to the next", async (t) => {
  const { service, token } = await prepareService(t)
  const { send, passed } = routeWith(service, { role: "admin" })
  const refused = await send(token)
  assertRefused(refused, needsRole)
  const challenge = 'Bearer realm="postern", error="insufficient_scope"'
  assert.equal(refused.headers["WWW-Authenticate"], challenge)
  await service.accounts.addRole("alice", "admin")
  assert.equal((await send(token)).status, 200)
  await service.accounts.removeRole("alice", "admin")
  assertRefused(await send(token), needsRole)
  assert.equal(passed.length, 1)
})

test("guard() with a role believes no token that still names it", async (t) => {
  const { service } = await prepareService(t)
  await service.accounts.addRole("alice", "admin")
  const { access_token: token, refresh_token: refreshToken } = await service.start(
    "alice",
    "wonderland",
  )
  assert.deepEqual(claimsOf(token)["roles"], ["admin"])
  const { send } = routeWith(service, { role: "admin" })
  assert.equal((await send(token)).status, 200)
  await service.accounts.removeRole("alice", "admin")
  assertRefused(await send(token), needsRole)
  const { access_token: next } = await refresh(service, refreshToken)
  assert.deepEqual(claimsOf(next)["roles"], [])
  assertRefused(await send(next), needsRole)
})

test("guard() with a role believes no claim of the operator's own", async (t) => {
  const { service } = await prepareService(t)
  const claims = { roles: ["admin"], username: "bob", sub: "bob" }
  for (const [name, value] of Object.entries(claims)) {
    await service.store.users.change("alice", { setClaim: { name, value } })
  }
  const token = await service.logIn("alice", "wonderland")
  assert.deepEqual([claimsOf(token)["roles"], claimsOf(token)["sub"]], [[], "alice"])
  const { send } = routeWith(service, { role: "admin" })
  assertRefused(await send(token), needsRole)
})

test("guard() gives a principal that is frozen and inherits nothing", async (t) => {
  const { service, token, sid } = await prepareService(t)
  await service.accounts.setClaim("alice", "team", { id: 7 })
  const { send, passed } = routeWith(service, {})
  assert.equal((await send(token)).status, 200)
  const [principal] = passed
  assert.ok(principal !== undefined)
  for (const name of Object.getOwnPropertyNames(Object.prototype)) {
    assert.ok(!(name in principal), name)
  }
  for (const value of [principal, principal.roles, principal.claims, principal.claims["team"]]) {
    assert.ok(Object.isFrozen(value))
  }
  assert.deepEqual(
    { ...principal },
    {
      username: "alice",
      roles: [],
      claims: { team: { id: 7 } },
      sid,
      loggedInAt: startOfTests,
      ...{ acr: "aal1", amr: ["pwd"], hasFactor: false, mustEnrol: false },
      secondsSinceLogin: 0,
      fresh: true,
    },
  )
})

const freshRows: readonly (readonly [option: true | number, seconds: number, passes: boolean])[] = [
  [true, 0, true],
  [true, 899, true],
  [0, 0, true],
  [0, 1, false],
  [300, 300, true],
  [300, 301, false],
  [300, -60, true],
]

for (const [fresh, seconds, passes] of freshRows) {
  const outcome = passes ? "admits" : "refuses"
  test(`guard() with fresh ${fresh} ${outcome} a login of ${seconds} s ago`, async (t) => {
    const { service, token } = await prepareService(t, { tokens: { leewaySeconds: 60 } })
    const { send, passed } = routeWith(service, { fresh })
    service.clock.advance(seconds)
    const reply = await send(token)
    assert.equal(passed.length, passes ? 1 : 0)
    if (passes) {
      assert.equal(reply.status, 200)
      assert.equal(passed[0]?.secondsSinceLogin, Math.max(0, seconds))
      return
    }
    assertRefused(reply, needsLogin)
    assert.equal(
      reply.headers["WWW-Authenticate"],
      `Bearer realm="postern", error="insufficient_user_authentication", max_age="${fresh}"`,
    )
  })
}

test("guard() with fresh counts from the login, however often it was refreshed", async (t) => {
  const { service, tokens } = await prepareService(t)
  const within = routeWith(service, { fresh: 300 })
  const always = routeWith(service, { fresh: true })
  service.clock.advance(200)
  const { access_token: token, refresh_token: next } = await refresh(service, tokens.refresh_token)
  assert.equal((await within.send(token)).status, 200)
  assertRefused(await always.send(token), needsLogin)
  service.clock.advance(101)
  assertRefused(await within.send(token), needsLogin)
  const { access_token: last } = await refresh(service, next)
  assertRefused(await within.send(last), needsLogin)
  const again = await service.logIn("alice", "wonderland")
  for (const { send } of [within, always]) assert.equal((await send(again)).status, 200)
})

test("guard() with fresh takes Flask-JWT-Extended's three ways to say it", async (t) => {
  const { service } = await prepareService(t, { shared: true })
  const flask = await createForge("HS256")
  const always = routeWith(service, { fresh: true })
  const within = routeWith(service, { fresh: 300 })
  const rows = [
    [true, 200, 200],
    [false, 401, 401],
    [startOfTests + 60, 200, 401],
    [startOfTests - 1, 401, 401],
    [undefined, 401, 401],
  ] as const
  for (const [fresh, whenAlways, whenWithin] of rows) {
    const token = flask.token({ payload: { fresh } })
    assert.equal((await always.send(token)).status, whenAlways, `fresh ${fresh}`)
    assert.equal((await within.send(token)).status, whenWithin, `fresh ${fresh}`)
  }
})
