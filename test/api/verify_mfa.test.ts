// The word `mfa` of POSTERN_PROTECT: a login with a second factor, which lapses after a day.

import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import type { ProtectedHost } from "../../src/domain/access_rule.ts"
import type { Reply } from "../../src/http/message.ts"
import { claimsOf } from "../support/api_scenario.ts"
import { nextOf, titleOf } from "../support/fake_browser.ts"
import {
  type AppBrowser,
  anyUser,
  apps,
  askAs,
  background,
  createProtectedService,
  loggedInBrowser,
  openAppBrowser,
  proxyKinds,
  userIn,
} from "../support/protected_apps.ts"
import { appWith, setUpApp } from "../support/second_factor.ts"
import type { TestService, TestServiceOptions } from "../support/test_service.ts"

const alice = { username: "alice", password: "wonderland" }
const photos = "https://photos.example.org/"
const safe = "https://safe.example.org/x"
const vault = "https://vault.example.net/y"
const day = 86_400
const hosts: readonly ProtectedHost[] = [
  ...apps,
  {
    name: "safe.example.org",
    ports: [443],
    rule: { ...anyUser, mfa: true, bearer: true, open: ["/public/"] },
  },
  { name: "vault.example.net", ports: [443], rule: { ...anyUser, mfa: true } },
]

/** Alice with an authenticator app, and bob without. */
async function prepare(t: TestContext, options: TestServiceOptions = {}) {
  const service = await createProtectedService(t, {
    ...options,
    browser: hosts,
    settings: { idleSeconds: 3 * day, maxAgeSeconds: 7 * day },
  })
  const app = await setUpApp(service, alice)
  return { service, app }
}

/** Logs in with the code at the login page that a browser came to, and gives the app's answer. */
async function logIn(
  browser: AppBrowser,
  page: Reply,
  { form = {}, code }: { readonly form?: Record<string, string>; readonly code: string },
) {
  const asked = await browser.login.send(page, "/login", { password: alice.password, ...form })
  assert.equal(titleOf(asked), "Enter your code")
  return browser.open(nextOf(await browser.login.send(asked, "/login/code", { code })))
}

/** What the access log says about the last request. */
function reasonIn({ log }: TestService): unknown {
  return log.events.findLast(({ event }) => event === "request")?.["reason"]
}

for (const kind of proxyKinds) {
  test(`${kind}: mfa leads a browser through password and code, and further hosts open`, async (t) => {
    const { service, app } = await prepare(t)
    const browser = openAppBrowser(service)
    const { url, reply } = await browser.open(safe, { kind })
    assert.ok(url.startsWith("https://login.example.org/login?to="), url)
    const entered = await logIn(browser, reply, { form: alice, code: app.nextCode() })
    assert.deepEqual([entered.url, userIn(entered.reply)], [safe, "alice"])
    assert.equal(userIn((await browser.open(vault, { kind })).reply), "alice")
    assert.equal(userIn((await browser.open(photos, { kind })).reply), "alice")
  })
}

test("mfa asks a trusted browser for the password once, and for the code", async (t) => {
  const { service, app } = await prepare(t, { trustSeconds: 30 * day })
  const browser = openAppBrowser(service)
  const { login } = browser
  const logOut = async () => login.send(await login.open("/account"), "/logout")
  const code = await login.send(await login.open("/login"), "/login", alice)
  await login.send(code, "/login/code", { trust: "1", code: app.nextCode() })
  await logOut()
  // A host without the word spares the code.
  const { reply } = await browser.open(photos)
  const spared = await login.send(reply, "/login", alice)
  assert.equal(userIn((await browser.open(nextOf(spared))).reply), "alice")
  await logOut()
  const page = (await browser.open(safe)).reply
  const entered = await logIn(browser, page, { form: alice, code: app.nextCode() })
  assert.deepEqual([entered.url, userIn(entered.reply)], [safe, "alice"])
})

test("a login without the second factor is stepped up, with another sid, and comes back", async (t) => {
  const { service } = await prepare(t)
  const bob = { username: "bob", password: "builder" }
  const browser = await loggedInBrowser(service, bob.username, bob.password)
  // Set up over JSON by a script of our own pages: this session goes on as it is.
  const send = async (path: string, json: unknown) => {
    const cookie = `__Host-postern=${browser.login.cookies.get("__Host-postern")}`
    const headers = { cookie, "sec-fetch-site": "same-origin" }
    return JSON.parse((await service.call("POST", path, { headers, json })).body)
  }
  const app = appWith((await send("/mfa/totp", {})).secret, service)
  const { recovery_codes } = await send("/mfa/totp/confirm", { code: app.code() })
  assert.equal(recovery_codes.length, 10)
  assert.equal(userIn((await browser.open(photos)).reply), "bob")
  const [before] = await service.store.sessions.list("bob")
  const { reply } = await browser.open(safe)
  assert.equal(titleOf(reply), "Enter your password again")
  const back = await logIn(browser, reply, { form: bob, code: app.nextCode() })
  assert.deepEqual([back.url, userIn(back.reply)], [safe, "bob"])
  const after = await service.store.sessions.list("bob")
  assert.deepEqual([after.length, after[0]?.sid === before?.sid], [1, false])
})

test("the second factor lapses after a day, with the next request, and a new login renews it", async (t) => {
  const { service, app } = await prepare(t)
  const browser = openAppBrowser(service)
  const { reply } = await browser.open(safe)
  await logIn(browser, reply, { form: { ...alice, stay: "1" }, code: app.nextCode() })
  const token = async (url: string) => {
    const { status, headers } = await browser.ask(url, { headers: background })
    return status === 200 ? claimsOf(headers["X-Postern-Token"] ?? "") : null
  }
  await browser.open(photos)
  const full = await token(photos)
  assert.deepEqual([full?.["acr"], full?.["amr"]], ["aal2", ["pwd", "otp"]])
  service.clock.advance(day - 1)
  assert.equal((await token(photos))?.["acr"], "aal2")
  assert.equal(userIn(await browser.ask(safe)), "alice")
  const [before] = await service.store.sessions.list("alice")
  service.clock.advance(1)
  // Half a minute would be over later: the token is dropped at once.
  const lapsed = await token(photos)
  assert.deepEqual([lapsed?.["acr"], lapsed?.["amr"]], ["aal1", ["pwd", "otp"]])
  const script = await browser.ask(safe, { headers: background })
  assert.deepEqual(
    [script.status, JSON.parse(script.body), script.headers["WWW-Authenticate"], reasonIn(service)],
    [
      401,
      { error: "insufficient_user_authentication", msg: "Log in with a second factor" },
      'Bearer realm="postern", error="insufficient_user_authentication", acr_values="aal2"',
      "missing_factor",
    ],
  )
  const again = await browser.open(safe)
  assert.equal(titleOf(again.reply), "Enter your password again")
  const back = await logIn(browser, again.reply, { code: app.nextCode() })
  assert.deepEqual([back.url, userIn(back.reply)], [safe, "alice"])
  assert.equal(userIn((await browser.open(vault)).reply), "alice")
  const after = await service.store.sessions.list("alice")
  assert.deepEqual([after.length, after[0]?.sid === before?.sid], [1, false])
})

test("a user without a second factor sees that, and is not redirected in a circle", async (t) => {
  const { service } = await prepare(t)
  const browser = openAppBrowser(service)
  const { reply } = await browser.open(safe)
  const form = { username: "bob", password: "builder" }
  const told = await browser.login.send(reply, "/login", form)
  assert.deepEqual([told.status, titleOf(told)], [403, "Error: This needs a second factor"])
  assert.match(told.body, /<b>safe\.example\.org<\/b> asks for more than a password/)
  for (let times = 0; times < 2; times += 1) {
    const { url, reply } = await browser.open(safe)
    assert.ok(url.startsWith("https://login.example.org/continue?to="), url)
    assert.deepEqual([reply.status, reply.body], [403, told.body])
  }
  assert.equal(userIn((await browser.open(photos)).reply), "bob")
  const other = await browser.login.send(told, "/logout")
  assert.equal(nextOf(other), safe)
})

test("a token counts where it has the second factor, by the session's record", async (t) => {
  const { service, app } = await prepare(t)
  const ask = (token: string, url = safe) =>
    askAs("nginx", service, {
      url,
      headers: { ...background, authorization: `Bearer ${token}` },
    })
  const plain = await ask(await service.logIn("bob", "builder"))
  assert.deepEqual(
    [plain.status, JSON.parse(plain.body).error, reasonIn(service)],
    [401, "insufficient_user_authentication", "missing_factor"],
  )
  const json = { ...alice, code: app.nextCode() }
  const reply = await service.call("POST", "/login", { json })
  const { access_token: token, refresh_token } = JSON.parse(reply.body)
  assert.equal(userIn(await ask(token)), "alice")
  assert.equal((await ask(token, vault)).status, 401)
  service.clock.advance(day)
  const refreshed = await service.call("POST", "/refresh", { json: { refresh_token } })
  assert.equal((await ask(JSON.parse(refreshed.body).access_token)).status, 401)
  assert.equal(reasonIn(service), "missing_factor")
})

test("an open path of such a host shows who is logged in only with the second factor", async (t) => {
  const { service, app } = await prepare(t)
  const browser = openAppBrowser(service)
  const { reply } = await browser.open(safe)
  await logIn(browser, reply, { form: { ...alice, stay: "1" }, code: app.nextCode() })
  const open = "https://safe.example.org/public/a"
  assert.equal(userIn(await browser.ask(open)), "alice")
  service.clock.advance(day)
  assert.equal(userIn(await browser.ask(open)), "")
})

test("a user who must enrol first comes into no host, and no token of theirs does", async (t) => {
  const service = await createProtectedService(t, {
    browser: hosts,
    requirement: { kind: "role", role: "admin" },
  })
  const browser = await loggedInBrowser(service)
  const token = await service.logIn("alice", "wonderland")
  assert.equal(userIn((await browser.open(photos)).reply), "alice")
  await browser.open("https://git.example.org/")
  await service.accounts.addRole("alice", "admin")
  for (const url of [photos, safe, "https://bob.example.org/"]) {
    const { url: at, reply } = await browser.open(url)
    assert.ok(at.startsWith("https://login.example.org/login?again=1&to="), at)
    assert.equal(titleOf(reply), "Enter your password again")
  }
  const script = await browser.ask(photos, { headers: background })
  assert.deepEqual([script.status, reasonIn(service)], [401, "not_enrolled"])
  const sent = { ...background, authorization: `Bearer ${token}` }
  const asked = await askAs("proxy", service, { url: "https://git.example.org/", headers: sent })
  assert.deepEqual([asked.status, reasonIn(service)], [401, "not_enrolled"])
  // Open paths are for everybody, and nobody.
  assert.equal(userIn(await browser.ask("https://git.example.org/public/a")), "")
})
