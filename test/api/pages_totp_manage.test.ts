// The authenticator app on the account page: managed, replaced and turned off.

import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import type { FactorRequirement } from "../../src/domain/factor_requirement.ts"
import { takeEvents } from "../support/api_scenario.ts"
import { type FakeBrowser, openBrowser, titleOf } from "../support/fake_browser.ts"
import { appOn, codesOn, setUpApp } from "../support/second_factor.ts"
import { createTestService } from "../support/test_service.ts"

const alice = { username: "alice", password: "wonderland" }
const day = 86_400
const add = "Add an authenticator app"
const again = "Enter your password again"

async function prepare(t: TestContext, requirement: FactorRequirement = { kind: "none" }) {
  const service = await createTestService(t, {
    ...{ browser: [], requirement },
    settings: { idleSeconds: 3 * day, maxAgeSeconds: 7 * day },
  })
  const browser = openBrowser(service)
  return { service, browser }
}

/** Logs alice in with the app's next code. */
async function logIn(browser: FakeBrowser, app: { nextCode(): string }, fields = {}) {
  const page = await browser.open("/login", { form: { ...alice, ...fields } })
  const reply = await browser.send(page, "/login/code", { code: app.nextCode() })
  assert.equal(titleOf(reply), "Your account")
}

test("the page of an app that is on tells what there is, and makes new recovery codes", async (t) => {
  const { service, browser } = await prepare(t)
  const app = await setUpApp(service, alice)
  await logIn(browser, app)
  const [first = ""] = app.recoveryCodes
  const other = openBrowser(service)
  const asked = await other.open("/login", { form: alice })
  await other.send(asked, "/login/code", { code: first })
  const page = await browser.open("/account/totp")
  assert.deepEqual([page.status, titleOf(page)], [200, "Authenticator app"])
  assert.match(page.body, /It was set up just now\. A code of it was used just now\./)
  assert.match(page.body, /9 of 10 are left\./)
  takeEvents(service)
  const shown = await browser.send(page, "/account/recovery")
  assert.deepEqual(takeEvents(service), ["mfa.enrolled alice recovery"])
  const { codes, next } = codesOn(shown)
  assert.deepEqual([codes.length, next], [10, "/account"])
  assert.equal(
    app.recoveryCodes.some((code) => codes.includes(code)),
    false,
  )
  assert.match((await browser.open("/account")).body, /10 of 10 recovery codes left/)
  // Nobody is logged out by that.
  assert.equal(titleOf(await other.open("/account")), "Your account")
})

test("turning the app off logs others out, and the password alone logs in again", async (t) => {
  const { service, browser } = await prepare(t)
  const app = await setUpApp(service, alice)
  await logIn(browser, app)
  const other = openBrowser(service)
  await logIn(other, app)
  const page = await browser.open("/account/totp")
  takeEvents(service)
  const done = await browser.send(page, "/account/totp/off")
  assert.deepEqual(takeEvents(service), [
    "session.ended alice mfa_changed",
    "mfa.removed alice otp",
  ])
  assert.match(done.body, /role="status">Your authenticator app is off\./)
  assert.match(done.body, /off: your password alone logs you in/)
  assert.equal(titleOf(await other.open("/account")), "Log in")
  assert.equal((await service.store.users.find("alice"))?.factors, null)
  // Once more, from a page that was open: nothing is left to do.
  const twice = await browser.send(page, "/account/totp/off")
  assert.match(twice.body, /Your authenticator app is off\./)
  const none = await browser.send(page, "/account/recovery")
  assert.deepEqual([none.status, titleOf(none)], [404, "Error: This can’t be done"])
  assert.deepEqual(takeEvents(service), [])
  assert.equal(titleOf(await other.open("/login", { form: alice })), "Your account")
})

test("another app takes the place of the one before, and the recovery codes stay", async (t) => {
  const { service, browser } = await prepare(t)
  const app = await setUpApp(service, alice)
  await logIn(browser, app, { stay: "1" })
  const other = openBrowser(service)
  await logIn(other, app)
  const page = await browser.open("/account/totp/new")
  assert.equal(titleOf(page), add)
  takeEvents(service)
  const next = appOn(page, service)
  const done = await browser.send(page, "/account/totp", { code: next.code() })
  assert.match(done.body, /Your authenticator app is on\./)
  assert.deepEqual(takeEvents(service), [
    "login.succeeded alice",
    "session.ended alice mfa_changed",
    "session.ended alice mfa_changed",
    "mfa.enrolled alice otp",
  ])
  assert.equal(titleOf(await other.open("/account")), "Log in")
  const asked = await other.open("/login", { form: alice })
  const old = await other.send(asked, "/login/code", { code: app.nextCode() })
  assert.equal(titleOf(old), "Error: Enter your code")
  const right = await other.send(asked, "/login/code", { code: next.code() })
  assert.equal(titleOf(right), "Your account")
  const [code = ""] = app.recoveryCodes
  const third = openBrowser(service)
  const page3 = await third.open("/login", { form: alice })
  assert.equal(titleOf(await third.send(page3, "/login/code", { code })), "Your account")
})

test("who must have a second factor can't turn the only one off", async (t) => {
  const { service, browser } = await prepare(t, { kind: "role", role: "admin" })
  const app = await setUpApp(service, alice)
  await logIn(browser, app)
  const before = await browser.open("/account/totp")
  await service.accounts.addRole("alice", "admin")
  const page = await browser.open("/account/totp")
  assert.match(page.body, /Home asks you to have a second factor, so it stays on\./)
  assert.doesNotMatch(page.body, /\/account\/totp\/off/)
  takeEvents(service)
  const refused = await browser.send(before, "/account/totp/off")
  assert.deepEqual([refused.status, titleOf(refused)], [403, "Error: This can’t be done"])
  assert.match(refused.body, /add another one before you remove this one\./)
  assert.deepEqual(takeEvents(service), [])
})

test("the forms of an app count only from our own pages", async (t) => {
  const { service, browser } = await prepare(t)
  const app = await setUpApp(service, alice)
  await logIn(browser, app)
  takeEvents(service)
  for (const path of ["/account/totp", "/account/totp/off", "/account/recovery"]) {
    for (const site of ["cross-site", "same-site", "none"]) {
      const headers = { "sec-fetch-site": site }
      assert.equal((await browser.ask(path, { form: {}, headers })).status, 403, path)
    }
  }
  assert.deepEqual(takeEvents(service), [])
})

test("the password is changed with the second factor, where there is one", async (t) => {
  const { service, browser } = await prepare(t)
  const app = await setUpApp(service, alice)
  await logIn(browser, app, { stay: "1" })
  const form = { current: "wonderland", new: "korrekt-pferd-batterie" }
  service.clock.advance(day)
  const page = await browser.open("/account")
  assert.doesNotMatch(page.body, /action="\/password"/)
  const refused = await browser.open("/password", { form })
  assert.equal(titleOf(refused), again)
  const asked = await browser.send(refused, "/login", { password: "wonderland" })
  const account = await browser.send(asked, "/login/code", { code: app.nextCode() })
  const changed = await browser.send(account, "/password", form)
  assert.match(changed.body, /Your password is changed\./)
  const [{ amr } = {}] = await service.store.sessions.list("alice")
  assert.deepEqual(amr, ["pwd", "otp"])
})

test("GET /account tells of wrong codes, which somebody with the password entered", async (t) => {
  const { service, browser } = await prepare(t)
  const app = await setUpApp(service, alice)
  const thief = openBrowser(service, "203.0.113.9")
  const page = await thief.open("/login", { form: alice })
  for (let times = 0; times < 3; times += 1) {
    await thief.send(page, "/login/code", { code: "000000" })
  }
  await logIn(browser, app)
  const { body } = await browser.open("/account")
  assert.match(body, /Right password, wrong code, 3 times\s*<small>just now · 203\.0\.113\.9/)
})

test("the login cookie opens /mfa to our own pages alone", async (t) => {
  const { service, browser } = await prepare(t)
  await browser.open("/login", { form: alice })
  const ask = (method: string, path: string, site: string) => {
    const cookie = `__Host-postern=${browser.cookies.get("__Host-postern")}`
    const headers = { cookie, "sec-fetch-site": site }
    return service.call(method, path, method === "POST" ? { headers, json: {} } : { headers })
  }
  assert.deepEqual(JSON.parse((await ask("GET", "/mfa", "same-origin")).body).methods, [])
  assert.match(JSON.parse((await ask("POST", "/mfa/totp", "same-origin")).body).uri, /^otpauth:/)
  takeEvents(service)
  const rows = ["GET /mfa", "POST /mfa/totp", "POST /mfa/totp/confirm", "POST /mfa/recovery"]
  for (const row of [...rows, "DELETE /mfa/x"]) {
    const [method = "", path = ""] = row.split(" ")
    for (const site of ["cross-site", "same-site", "none"]) {
      assert.equal((await ask(method, path, site)).status, 401, row)
    }
  }
  service.clock.advance(901)
  assert.equal((await ask("GET", "/mfa", "same-origin")).status, 200)
  for (const row of [...rows.slice(1), "DELETE /mfa/x"]) {
    const [method = "", path = ""] = row.split(" ")
    const { status, body } = await ask(method, path, "same-origin")
    assert.deepEqual([status, JSON.parse(body).error], [401, "insufficient_user_authentication"])
  }
  assert.deepEqual(takeEvents(service), [])
})
