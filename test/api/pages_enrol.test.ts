// Logins that have to set up a second factor first (POSTERN_REQUIRE_MFA), in the browser.

import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import type { FactorRequirement } from "../../src/domain/factor_requirement.ts"
import { Unavailable } from "../../src/errors.ts"
import type { Reply } from "../../src/http/message.ts"
import { takeEvents } from "../support/api_scenario.ts"
import { type FakeBrowser, fieldsOf, openBrowser, titleOf } from "../support/fake_browser.ts"
import { anyUser } from "../support/protected_apps.ts"
import { appOn, codesOn } from "../support/second_factor.ts"
import { createTestService, type TestService } from "../support/test_service.ts"

const alice = { username: "alice", password: "wonderland" }
const st = "s".repeat(43)
const photos = "https://photos.example.org/albums?y=2026"
const browserOption = [{ name: "photos.example.org", ports: [443], rule: anyUser }]
const factor = "__Host-postern_factor"
const title = "Set up a second factor"

async function prepare(t: TestContext, requirement: FactorRequirement = { kind: "all" }) {
  const service = await createTestService(t, { browser: browserOption, requirement })
  takeEvents(service)
  return { service, browser: openBrowser(service) }
}

async function enrol(browser: FakeBrowser, page: Reply, service: TestService) {
  const app = appOn(page, service)
  const shown = await browser.send(page, "/login/enrol", { code: app.code() })
  assert.equal(titleOf(shown), "Save your recovery codes")
  return { app, shown, ...codesOn(shown) }
}

test("a login that needs a factor first leads to a QR code, the recovery codes, and on", async (t) => {
  const { service, browser } = await prepare(t)
  const first = await browser.open(`/continue?to=${encodeURIComponent(photos)}&st=${st}`)
  const page = await browser.send(first, "/login", { ...alice, stay: "1" })
  assert.deepEqual([page.status, titleOf(page)], [200, title])
  assert.deepEqual([...browser.cookies.keys()], [factor])
  assert.deepEqual(takeEvents(service), ["mfa.required alice enrolment"])
  assert.match(page.body, /<svg class="qr" role="img" aria-label="QR code[^"]*" viewBox/)
  assert.match(page.body, /otpauth:\/\/totp\/Home:alice\?secret=[A-Z2-7]{32}&amp;issuer=Home"/)
  const { offer, ...fields } = fieldsOf(page, "/login/enrol")
  assert.match(offer ?? "", /^[\w-]{22}\.[\w-]{64}$/)
  assert.deepEqual(fields, { to: photos, st, code: "" })
  // Nothing is stored before the first code.
  assert.equal((await service.store.users.find("alice"))?.factors, null)

  const { next, codes, shown } = await enrol(browser, page, service)
  assert.equal(codes.length, 10)
  assert.match(shown.body, /For <b>alice<\/b> at <b>Home<\/b>/)
  assert.match(shown.cookies?.[0] ?? "", /^__Host-postern=.*; Max-Age=604800$/)
  assert.deepEqual(takeEvents(service), ["login.succeeded alice", "mfa.enrolled alice otp"])
  assert.deepEqual([...browser.cookies.keys()], ["__Host-postern", "__Host-postern_device"])
  assert.equal(
    next,
    `/continue?to=${encodeURIComponent(photos).replace(/%(2F|3A|3F|3D)/g, decodeURIComponent)}&st=${st}`,
  )
  const handed = await browser.ask(next)
  assert.match(handed.headers["Location"] ?? "", /^https:\/\/photos\.example\.org\/\.postern\/in/)
  const [{ amr, factorAt } = {}] = await service.store.sessions.list("alice")
  assert.deepEqual([amr, factorAt], [["pwd", "otp"], service.clock.now()])
  // From now on it is a login with a code.
  await browser.open("/logout", { form: {} })
  assert.equal(titleOf(await browser.open("/login", { form: alice })), "Enter your code")
})

test("a wrong first code shows the same picture again, and nothing is stored", async (t) => {
  const { service, browser } = await prepare(t)
  const page = await browser.open("/login", { form: alice })
  const rows: readonly (readonly [code: string, status: number, text: RegExp])[] = [
    ["", 400, /id="code-error">Enter the code that your app shows\./],
    ["hello", 403, /id="code-error">That code is not right\./],
    ["000000", 403, /id="code-error">That code is not right\./],
  ]
  for (const [code, status, text] of rows) {
    const reply = await browser.send(page, "/login/enrol", { code })
    assert.deepEqual([reply.status, titleOf(reply)], [status, `Error: ${title}`])
    assert.match(reply.body, text)
    assert.deepEqual(fieldsOf(reply, "/login/enrol"), fieldsOf(page, "/login/enrol"))
    assert.equal(appOn(reply, service).code(), appOn(page, service).code())
  }
  assert.deepEqual(takeEvents(service), ["mfa.required alice enrolment"])
  assert.equal((await service.store.users.find("alice"))?.factors, null)
  // Another picture for each page that is opened, and both are good.
  const other = await browser.open("/login/enrol")
  assert.notEqual(appOn(other, service).code(), appOn(page, service).code())
  await enrol(browser, page, service)
})

test("the picture of one page is good for its user alone, in the form in which it was made", async (t) => {
  const { service, browser } = await prepare(t)
  const page = await browser.open("/login", { form: alice })
  const bob = openBrowser(service)
  const own = await bob.open("/login", { form: { username: "bob", password: "builder" } })
  const { offer = "" } = fieldsOf(page, "/login/enrol")
  const code = appOn(page, service).code()
  const [id, sealed = ""] = offer.split(".")
  const renamed = `${"A".repeat(22)}.${sealed}`
  for (const bad of [offer, "", "x", ".", renamed, `${id}.${sealed.slice(1)}A`]) {
    const reply = await bob.send(own, "/login/enrol", { offer: bad, code })
    assert.deepEqual([reply.status, titleOf(reply)], [400, `Error: ${title}`])
    assert.match(reply.body, /id="code-error">That picture was too old\. Scan this one\./)
    assert.notEqual(fieldsOf(reply, "/login/enrol")["offer"], bad)
  }
  assert.equal((await service.store.users.find("bob"))?.factors, null)
})

test("enrolment ends the user's other sessions, and the session that the browser had", async (t) => {
  const { service, browser } = await prepare(t, { kind: "role", role: "admin" })
  const other = openBrowser(service)
  await other.open("/login", { form: alice })
  await browser.open("/login", { form: { username: "bob", password: "builder" } })
  await service.accounts.addRole("alice", "admin")
  const page = await browser.open("/login", { form: alice })
  assert.equal(titleOf(page), title)
  takeEvents(service)
  await enrol(browser, page, service)
  assert.deepEqual(takeEvents(service), [
    "login.succeeded alice",
    "session.ended alice mfa_changed",
    "mfa.enrolled alice otp",
    "session.ended bob replaced",
  ])
  assert.equal(titleOf(await other.open("/account")), "Log in")
  assert.match((await browser.open("/account")).body, /<h1>alice<\/h1>/)
})

test("a session whose user must enrol opens nothing but enrolment", async (t) => {
  const { service, browser } = await prepare(t, { kind: "role", role: "admin" })
  await browser.open("/login", { form: alice })
  const account = await browser.open("/account")
  await service.accounts.addRole("alice", "admin")
  takeEvents(service)
  const again = "Enter your password again"
  const own = ["/account", "/account/totp", "/account/totp/new", "/continue", "/login"]
  for (const path of own) assert.equal(titleOf(await browser.open(path)), again, path)
  const forms: readonly (readonly [string, Record<string, string>])[] = [
    ["/account/sessions/end", { session: "x" }],
    ["/account/logout-others", {}],
    ["/account/trust/end", {}],
    ["/account/totp", { code: "123456", offer: "x" }],
    ["/account/totp/off", {}],
    ["/account/recovery", {}],
    [
      "/password",
      { ...fieldsOf(account, "/password"), current: "wonderland", new: "x".repeat(20) },
    ],
  ]
  for (const [path, form] of forms) {
    assert.equal(titleOf(await browser.open(path, { form })), again, path)
  }
  const cookie = `__Host-postern=${browser.cookies.get("__Host-postern")}`
  for (const path of ["/me", "/sessions"]) {
    const headers = { cookie, "sec-fetch-site": "same-origin" }
    const reply = await service.call("GET", path, { headers })
    assert.deepEqual(
      [reply.status, JSON.parse(reply.body).error],
      [401, "insufficient_user_authentication"],
    )
  }
  assert.deepEqual(takeEvents(service), [])
  const page = await browser.open("/account/totp")
  assert.match(page.body, /You need a second factor from now on/)
  const asked = await browser.send(page, "/login", { password: "wonderland" })
  assert.equal(titleOf(asked), title)
  const { next } = await enrol(browser, asked, service)
  assert.equal(titleOf(await browser.open(next)), "Authenticator app")
  assert.equal(titleOf(await browser.open("/account")), "Your account")
})

test("such a session can still be logged out", async (t) => {
  const { service, browser } = await prepare(t, { kind: "role", role: "admin" })
  await browser.open("/login", { form: alice })
  await service.accounts.addRole("alice", "admin")
  const page = await browser.open("/logout")
  assert.equal(titleOf(await browser.send(page, "/logout")), "You are logged out")
})

test("an invite leads to the set-up of a factor, and never to a session", async (t) => {
  const { service, browser } = await prepare(t)
  const { url } = await service.links.invite("carol")
  const page = await browser.open(url.replace("https://login.example.org", ""))
  takeEvents(service)
  const asked = await browser.send(page, "/invite", { password: "korrekt-pferd-batterie" })
  assert.equal(titleOf(asked), title)
  assert.deepEqual([...browser.cookies.keys()], [factor])
  assert.deepEqual(takeEvents(service), ["link.used carol invite", "mfa.required carol enrolment"])
  const { next } = await enrol(browser, asked, service)
  assert.match((await browser.open(next)).body, /<h1>carol<\/h1>/)
})

test("a ticket for one step opens no other", async (t) => {
  const { service, browser } = await prepare(t)
  const page = await browser.open("/login", { form: alice })
  for (const path of ["/login/code", "/login/recovery"]) {
    assert.equal(titleOf(await browser.open(path)), title, path)
  }
  const form = { code: appOn(page, service).code() }
  assert.equal(titleOf(await browser.open("/login/code", { form })), title)
  const { app } = await enrol(browser, page, service)
  await browser.open("/logout", { form: {} })
  await browser.open("/login", { form: alice })
  assert.equal(titleOf(await browser.open("/login/enrol")), "Enter your code")
  const sent = { ...fieldsOf(page, "/login/enrol"), code: app.nextCode() }
  assert.equal(titleOf(await browser.open("/login/enrol", { form: sent })), "Enter your code")
  const passkey = { path: "/login/enrol/passkey", form: { credential: "{}" } }
  assert.equal(titleOf(await browser.open(passkey.path, passkey)), "Enter your code")
})

test("an enrolment may take a quarter of an hour, and then starts over", async (t) => {
  const { service, browser } = await prepare(t)
  const page = await browser.open("/login", { form: { ...alice, to: photos, st } })
  service.clock.advance(899)
  assert.equal(titleOf(await browser.open("/login/enrol")), title)
  service.clock.advance(1)
  const app = appOn(page, service)
  const late = await browser.send(page, "/login/enrol", { code: app.code() })
  assert.equal(titleOf(late), "Error: Log in")
  assert.match(late.body, /Your login took too long/)
  assert.equal(fieldsOf(late, "/login")["to"], photos)
  assert.equal(titleOf(await browser.open("/login/enrol")), "Error: Log in")
})

test("an enrolment that is sent twice at once starts one session", async (t) => {
  const { service, browser } = await prepare(t)
  const page = await browser.open("/login", { form: alice })
  const form = { ...fieldsOf(page, "/login/enrol"), code: appOn(page, service).code() }
  const replies = await Promise.all([1, 2].map(() => browser.ask("/login/enrol", { form })))
  const titles = replies.map((reply) => reply.headers["Location"] ?? titleOf(reply))
  assert.deepEqual(titles.sort(), ["/login?over=late", "Save your recovery codes"])
  assert.equal((await service.store.sessions.list("alice")).length, 1)
})

test("an enrolment takes no form of another site, and leads to no address that is not listed", async (t) => {
  const { service, browser } = await prepare(t)
  const page = await browser.open("/login", { form: alice })
  const form = { ...fieldsOf(page, "/login/enrol"), code: appOn(page, service).code() }
  const headers = { "sec-fetch-site": "cross-site" }
  assert.equal((await browser.ask("/login/enrol", { form, headers })).status, 403)
  const to = "https://evil.example/"
  assert.equal((await browser.ask("/login/enrol", { form: { ...form, to } })).status, 400)
  assert.equal((await browser.ask(`/login/enrol?to=${to}`)).status, 400)
  assert.equal((await service.store.users.find("alice"))?.factors, null)
})

test("pictures are made only so often for an account", async (t) => {
  const { browser } = await prepare(t)
  await browser.open("/login", { form: alice })
  const statuses: number[] = []
  for (let times = 0; times < 30; times += 1) {
    statuses.push((await browser.ask("/login/enrol")).status)
  }
  assert.deepEqual([statuses.indexOf(429), statuses.at(-2)], [29, 200])
  const page = await browser.ask("/login/enrol")
  assert.equal(titleOf(page), "Error: Too many attempts")
})

test("an enrolment shows a page for a full disk, and one for a bug", async (t) => {
  const { service, browser } = await prepare(t)
  const page = await browser.open("/login", { form: alice })
  const code = appOn(page, service).code()
  const { change } = service.store.users
  const fail = (error: Error) =>
    t.mock.method(service.store.users, "change", async () => {
      throw error
    })
  fail(new Unavailable("no disk", { retryAfterSeconds: 3 }))
  const busy = await browser.send(page, "/login/enrol", { code })
  assert.deepEqual([busy.status, busy.headers["Retry-After"]], [503, "3"])
  assert.deepEqual(fieldsOf(busy, "/login/enrol"), fieldsOf(page, "/login/enrol"))
  fail(new TypeError("a bug"))
  const broken = await browser.send(page, "/login/enrol", { code })
  assert.deepEqual([broken.status, titleOf(broken)], [500, "Error: Something went wrong here"])
  t.mock.method(service.store.users, "change", change)
  await enrol(browser, busy, service)
})
