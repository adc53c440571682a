// The authenticator app on the account page: how it is turned on.

import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import type { FactorRequirement } from "../../src/domain/factor_requirement.ts"
import { Unavailable } from "../../src/errors.ts"
import type { Reply } from "../../src/http/message.ts"
import { takeEvents } from "../support/api_scenario.ts"
import {
  type FakeBrowser,
  fieldsOf,
  nextOf,
  openBrowser,
  titleOf,
} from "../support/fake_browser.ts"
import { setUpPasskey } from "../support/passkeys.ts"
import { anyUser } from "../support/protected_apps.ts"
import { appOn, codesOn } from "../support/second_factor.ts"
import { createTestService, type TestService } from "../support/test_service.ts"

const alice = { username: "alice", password: "wonderland" }
const safe = "https://safe.example.org/x"
const st = "s".repeat(43)
const browserOption = [{ name: "safe.example.org", ports: [443], rule: { ...anyUser, mfa: true } }]
const day = 86_400
const add = "Add an authenticator app"
const again = "Enter your password again"

async function prepare(t: TestContext, requirement: FactorRequirement = { kind: "none" }) {
  const service = await createTestService(t, {
    ...{ browser: browserOption, requirement },
    settings: { idleSeconds: 3 * day, maxAgeSeconds: 7 * day },
  })
  const browser = openBrowser(service)
  return { service, browser }
}

/** Turns an app on at the page of a new one. */
async function turnOn(browser: FakeBrowser, page: Reply, service: TestService) {
  const app = appOn(page, service)
  const shown = await browser.send(page, "/account/totp", { code: app.code() })
  return { app, shown, ...codesOn(shown) }
}

test("an app is turned on by its first code: this browser goes on with it, all others are out", async (t) => {
  const { service, browser } = await prepare(t)
  const other = openBrowser(service)
  await other.open("/login", { form: alice })
  const account = await browser.open("/login", { form: { ...alice, stay: "1" } })
  assert.match(account.body, /with a password\.<\/p>/)
  assert.match(account.body, /<small>off: your password alone logs you in<\/small>/)
  const page = await browser.open("/account/totp")
  assert.deepEqual([page.status, titleOf(page)], [200, add])
  assert.match(page.body, /<a href="\/account">Not now<\/a>/)
  const [before] = await service.store.sessions.list("alice")
  takeEvents(service)
  const { shown, next, codes } = await turnOn(browser, page, service)
  assert.deepEqual(takeEvents(service), [
    "login.succeeded alice",
    "session.ended alice mfa_changed",
    "session.ended alice mfa_changed",
    "mfa.enrolled alice otp",
  ])
  assert.deepEqual([titleOf(shown), codes.length], ["Save your recovery codes", 10])
  assert.match(shown.cookies?.[0] ?? "", /Max-Age=604800$/)
  const after = await service.store.sessions.list("alice")
  assert.deepEqual([after.length, after[0]?.sid === before?.sid], [1, false])
  assert.deepEqual([after[0]?.amr, after[0]?.factorAt], [["pwd", "otp"], service.clock.now()])
  const done = await browser.open(next)
  assert.match(done.body, /role="status">Your authenticator app is on\. You are logged out every/)
  assert.match(done.body, /just now, with a password and a code\./)
  assert.match(done.body, /<small>set up just now · 10 of 10 recovery codes left<\/small>/)
  assert.equal(titleOf(await other.open("/account")), "Log in")
})

test("a first code that is wrong, or none, shows the same picture again", async (t) => {
  const { service, browser } = await prepare(t)
  await browser.open("/login", { form: alice })
  const page = await browser.open("/account/totp")
  takeEvents(service)
  const rows: readonly (readonly [code: string, status: number, text: string])[] = [
    ["", 400, "Enter the code that your app shows."],
    ["000000", 403, "That code is not right."],
  ]
  for (const [code, status, text] of rows) {
    const reply = await browser.send(page, "/account/totp", { code })
    assert.deepEqual([reply.status, titleOf(reply)], [status, `Error: ${add}`])
    assert.ok(reply.body.includes(`id="code-error">${text}`), text)
    assert.deepEqual(fieldsOf(reply, "/account/totp"), fieldsOf(page, "/account/totp"))
  }
  const stale = await browser.send(page, "/account/totp", { code: "000000", offer: "x.y" })
  assert.deepEqual([stale.status, titleOf(stale)], [400, `Error: ${add}`])
  assert.deepEqual(takeEvents(service), [])
  assert.equal((await service.store.users.find("alice"))?.factors, null)
})

test("the page of an app needs a recent login, with the code where there is one, and comes back", async (t) => {
  const { service, browser } = await prepare(t)
  assert.equal(titleOf(await openBrowser(service).open("/account/totp")), "Log in")
  await browser.open("/login", { form: alice })
  service.clock.advance(901)
  const asked = await browser.open("/account/totp")
  assert.equal(titleOf(asked), again)
  const page = await browser.send(asked, "/login", { password: "wonderland" })
  assert.equal(titleOf(page), add)
  const { app } = await turnOn(browser, page, service)
  for (const path of ["/account/totp", "/account/totp/new"]) {
    service.clock.advance(901)
    const old = await browser.open(path)
    assert.equal(titleOf(old), again)
    const code = await browser.send(old, "/login", { password: "wonderland" })
    const managed = await browser.send(code, "/login/code", { code: app.nextCode() })
    assert.equal(titleOf(managed), "Authenticator app")
  }
  // Forms, too: nothing is done before that.
  service.clock.advance(901)
  takeEvents(service)
  for (const path of ["/account/totp/off", "/account/recovery", "/account/totp"]) {
    assert.equal(titleOf(await browser.open(path, { form: {} })), again, path)
  }
  assert.deepEqual(takeEvents(service), [])
})

test("a stranger at the page of an app comes back to it after the login", async (t) => {
  const { service, browser } = await prepare(t)
  const page = await browser.open(`/account/totp?to=${encodeURIComponent(safe)}&st=${st}`)
  assert.deepEqual(fieldsOf(page, "/login"), {
    to: safe,
    st,
    at: "totp",
    username: "",
    password: "",
  })
  const offered = await browser.send(page, "/login", alice)
  assert.equal(titleOf(offered), add)
  assert.match(offered.body, /<a href="https:\/\/safe\.example\.org\/x">Not now<\/a>/)
  const { next } = await turnOn(browser, offered, service)
  const handed = await browser.ask(next)
  assert.match(handed.headers["Location"] ?? "", /^https:\/\/safe\.example\.org\/\.postern\/in\?/)
})

test("a host that asks for a second factor leads over the set-up of one, and opens", async (t) => {
  const { service, browser } = await prepare(t)
  const first = await browser.open(`/continue?to=${safe}&st=${st}`)
  const told = await browser.send(first, "/login", alice)
  const [, link = ""] = /<a class="button" href="([^"]*)">Set up/.exec(told.body) ?? []
  const page = await browser.open(link.replaceAll("&amp;", "&"))
  assert.equal(titleOf(page), add)
  const { next, app } = await turnOn(browser, page, service)
  const handed = await browser.ask(next)
  assert.match(handed.headers["Location"] ?? "", /^https:\/\/safe\.example\.org\/\.postern\/in\?/)
  await browser.open("/logout", { form: {} })
  const login = await browser.open(`/continue?to=${safe}&st=${st}`)
  const asked = await browser.send(login, "/login", alice)
  const entered = await browser.send(asked, "/login/code", { code: app.nextCode() })
  assert.match(nextOf(entered), /^https:\/\/safe\.example\.org\//)
})

test("a session that was ended while its user set an app up gets none", async (t) => {
  const { service, browser } = await prepare(t)
  await browser.open("/login", { form: alice })
  const page = await browser.open("/account/totp")
  const { change } = service.store.users
  t.mock.method(service.store.users, "change", async (...words: Parameters<typeof change>) => {
    await service.accounts.logOut("alice")
    return change.apply(service.store.users, words)
  })
  const { shown } = await turnOn(browser, page, service)
  assert.deepEqual([titleOf(shown), shown.cookies?.length ?? 0], ["Log in", 0])
  const user = await service.store.users.find("alice")
  assert.equal(user?.factors?.totp ?? null, null)
})

test("a bug behind the page of an app is a page, too", async (t) => {
  const { service, browser } = await prepare(t)
  await browser.open("/login", { form: alice })
  const page = await browser.open("/account/totp")
  t.mock.method(service.store.users, "change", async () => {
    throw new TypeError("a bug")
  })
  const { shown } = await turnOn(browser, page, service)
  assert.deepEqual([shown.status, titleOf(shown)], [500, "Error: Something went wrong here"])
})

test("the page of an app shows that the disk is full", async (t) => {
  const { service, browser } = await prepare(t)
  await browser.open("/login", { form: alice })
  const page = await browser.open("/account/totp")
  const { change } = service.store.users
  t.mock.method(service.store.users, "change", async () => {
    throw new Unavailable("no disk", { retryAfterSeconds: 3 })
  })
  const { shown } = await turnOn(browser, page, service)
  assert.deepEqual([shown.status, shown.headers["Retry-After"]], [503, "3"])
  assert.match(shown.body, /Try again in 3 seconds/)
  t.mock.method(service.store.users, "change", change)
  assert.equal((await turnOn(browser, shown, service)).codes.length, 10)
})

test("an app beside a passkey leaves the sessions, and gives no new recovery codes", async (t) => {
  const { service, browser } = await prepare(t)
  const { recoveryCodes = [] } = await setUpPasskey(service, alice)
  const [code = "", other = ""] = recoveryCodes
  for (const [one, typed] of [
    [browser, code],
    [openBrowser(service), other],
  ] as const) {
    await one.open("/login", { form: alice })
    const form = { code: typed, kind: "recovery" }
    assert.equal(titleOf(await one.open("/login/code", { form })), "Your account")
  }
  const page = await browser.open("/account/totp")
  assert.equal(titleOf(page), add)
  takeEvents(service)
  const { shown } = await turnOn(browser, page, service)
  assert.deepEqual(takeEvents(service), ["mfa.enrolled alice otp"])
  assert.match(shown.body, /role="status">Your authenticator app is on\.<\/div>/)
  assert.match(shown.body, /8 of 10 recovery codes left/)
  assert.equal((await service.store.sessions.list("alice")).length, 2)
})

test("the page of an app leads to no address that is not listed", async (t) => {
  const { service, browser } = await prepare(t)
  const evil = encodeURIComponent("https://evil.example/")
  const login = await browser.open(`/account/totp?to=${evil}`)
  assert.deepEqual(fieldsOf(login, "/login"), { at: "totp", username: "", password: "" })
  await browser.open("/login", { form: alice })
  const page = await browser.open(`/account/totp?to=${evil}`)
  assert.equal(page.body.includes("evil"), false)
  const form = { ...fieldsOf(page, "/account/totp"), to: "https://evil.example/" }
  const code = appOn(page, service).code()
  const shown = await browser.open("/account/totp", { form: { ...form, code } })
  assert.equal(codesOn(shown).next, "/account?done=totp_on")
})
