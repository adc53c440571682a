// Who may use the admin API: an admin of now, by an access token of a login of now, with the factor
// that the admin has. Nobody else learns even which users there are (B-08, H-19).

import assert from "node:assert/strict"
import { test } from "node:test"
import { cookieNames } from "../../src/http/cookies.ts"
import { openBrowser } from "../support/fake_browser.ts"
import { createForge } from "../support/forge.ts"
import { setUpApp } from "../support/second_factor.ts"
import type { TestService } from "../support/test_service.ts"
import { adminRequests } from "../wings/admin_route_table.ts"
import { callsOf, createAdminService, goodPassword, refusal } from "./admin_calls.ts"
import { ticketOf } from "./mfa_calls.ts"

const ann = { username: "ann", password: goodPassword } as const
const noRole = [403, "insufficient_scope"] as const
const notFresh = [401, "insufficient_user_authentication"] as const
const invalid = [401, "invalid_token"] as const

/** Sends every request of the API with a token. Each is refused so, and changes nothing. */
async function refusesAll(
  service: TestService,
  token: string,
  refused: readonly [number, string],
): Promise<void> {
  const users = await service.store.users.list()
  const { ask } = callsOf(service, token)
  for (const { method, path, takesBody } of adminRequests) {
    for (const ifMatch of ["*", '"x"']) {
      const call = { ifMatch, ...(takesBody ? { json: {} } : {}) }
      assert.deepEqual(refusal(await ask(method, path, call)), refused, `${method} ${path}`)
    }
  }
  assert.deepEqual(await service.store.users.list(), users)
}

test("the admin API refuses requests without a token, and those of another scheme", async (t) => {
  const { service } = await createAdminService(t)
  for (const { method, path } of adminRequests) {
    for (const headers of [{}, { authorization: "Basic YW5uOng=" }] as const) {
      const reply = await service.call(method, path, { headers })
      assert.deepEqual([reply.status, JSON.parse(reply.body).error], [401, "missing_token"])
    }
  }
})

test("the admin API refuses who has no role, or one that looks like it", async (t) => {
  const { service } = await createAdminService(t)
  for (const role of ["Admin", "ADMIN", "admins", "administrator", "_admin", "admin."]) {
    await service.accounts.addRole("bob", role)
  }
  const other = { setClaim: { name: "role", value: "admin" } }
  assert.equal(typeof (await service.store.users.change("bob", other)), "object")
  await refusesAll(service, await service.logIn("bob", "builder"), noRole)
})

test("the admin API goes by the role of now, not by the token's", async (t) => {
  const { service, ask, token } = await createAdminService(t)
  assert.equal((await ask("GET", "/admin/users")).status, 200)
  await service.accounts.removeRole("ann", "admin")
  await refusesAll(service, token, noRole)
  await service.accounts.addRole("ann", "admin")
  assert.equal((await ask("GET", "/admin/users")).status, 200)
  await service.accounts.disable("ann")
  await refusesAll(service, token, invalid)
})

test("an admin who takes the role from another one ends that one's next request", async (t) => {
  const { service, change } = await createAdminService(t)
  await service.accounts.addRole("bob", "admin")
  const bobs = callsOf(service, await service.logIn("bob", "builder"))
  assert.equal((await bobs.ask("GET", "/admin/users")).status, 200)
  assert.equal((await change("bob", "DELETE", "/roles/admin")).status, 200)
  assert.deepEqual(refusal(await bobs.ask("GET", "/admin/users")), noRole)
})

test("the admin API refuses a token that a refresh gave", async (t) => {
  const { service } = await createAdminService(t)
  const { refresh_token } = await service.start(ann.username, ann.password)
  const reply = await service.call("POST", "/refresh", { json: { refresh_token } })
  await refusesAll(service, JSON.parse(reply.body).access_token, notFresh)
})

test("the admin API asks for the factor that an admin has, also on a trusted device", async (t) => {
  const { service, ask } = await createAdminService(t, { trustSeconds: 86_400 })
  const app = await setUpApp(service, ann)
  assert.deepEqual(refusal(await ask("GET", "/admin/users")), invalid, "its session is over")
  service.clock.advance(60)
  const logIn = async (more: object) => {
    const json = { ...ann, ...more }
    return JSON.parse((await service.call("POST", "/login", { json })).body)
  }
  const strong = await logIn({ code: app.code(), trust_device: true })
  const shown = await callsOf(service, strong.access_token).ask("GET", "/admin/users")
  assert.equal(shown.status, 200)
  const weak = await logIn({ trust_token: strong.trust_token })
  assert.equal((await service.call("GET", "/me", { token: weak.access_token })).status, 200)
  await refusesAll(service, weak.access_token, notFresh)
})

test("the admin API refuses an admin who has to set up a factor first", async (t) => {
  const requirement = { kind: "role", role: "admin" } as const
  const { service, token } = await createAdminService(t, { requirement }).catch(() => assert.fail())
  assert.equal(token, undefined, "a login gives a ticket")
  await service.accounts.removeRole("ann", "admin")
  const old = await service.logIn(ann.username, ann.password)
  await service.accounts.addRole("ann", "admin")
  await refusesAll(service, old, notFresh)
})

test("no other token of an admin opens the admin API", async (t) => {
  const { service } = await createAdminService(t, { trustSeconds: 86_400, browser: [] })
  const started = await service.start(ann.username, ann.password)
  const strong = { roles: "", fresh: true, aal2: true, admin: true }
  const machine = await service.serviceTokens.create({ name: "ci", ...strong })
  await refusesAll(service, machine.token, invalid)
  await refusesAll(service, started.refresh_token, invalid)
  await refusesAll(service, started.device_token ?? "", invalid)
  const { url } = await service.links.reset("ann")
  await refusesAll(service, url.replace(/^.*t=/, ""), invalid)
  await setUpApp(service, ann)
  await refusesAll(service, await ticketOf(service, ann), invalid)
})

test("the login cookie of an admin opens nothing of the admin API", async (t) => {
  const { service } = await createAdminService(t, { browser: [] })
  const browser = openBrowser(service)
  await browser.open("/login", { form: ann })
  const value = browser.cookies.get(cookieNames.session) ?? assert.fail("no cookie")
  const cookie = `${cookieNames.session}=${value}`
  const origin = { origin: "https://login.example.org", "sec-fetch-site": "same-origin" }
  const own = await service.call("GET", "/me", { headers: { cookie, ...origin } })
  assert.equal(own.status, 200, "the cookie is good")
  for (const { method, path } of adminRequests) {
    const headers = { cookie, ...origin, "if-match": "*" }
    const reply = await service.call(method, path, { headers })
    assert.deepEqual([reply.status, JSON.parse(reply.body).error], [401, "missing_token"])
  }
  await refusesAll(service, value, invalid)
})

test("a token in the query, a body or another header counts for nothing", async (t) => {
  const { service, token } = await createAdminService(t)
  const places = [
    { path: `/admin/users?access_token=${token}` },
    { path: "/admin/users", headers: { "x-access-token": token, cookie: `access_token=${token}` } },
    { path: "/admin/users", headers: { "x-forwarded-user": "ann", "x-postern-user": "ann" } },
  ]
  for (const { path, headers = {} } of places) {
    const reply = await service.call("GET", path, { headers })
    assert.deepEqual([reply.status, JSON.parse(reply.body).error], [401, "missing_token"])
  }
})

test("with a shared secret an app that has it can open the admin API, as the page says", async (t) => {
  const { service, ask } = await createAdminService(t, { shared: true })
  assert.equal((await ask("GET", "/admin/users")).status, 200)
  const forge = await createForge("HS256")
  const token = forge.token({ payload: { sub: "ann", fresh: true, jti: "made-by-an-app" } })
  assert.equal((await callsOf(service, token).ask("GET", "/admin/users")).status, 200)
  await service.accounts.removeRole("ann", "admin")
  assert.deepEqual(refusal(await callsOf(service, token).ask("GET", "/admin/users")), noRole)
})
