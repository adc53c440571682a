// Trusted browsers: the box on the page of the code, and what its cookie spares at the next login.

import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import { takeEvents } from "../support/api_scenario.ts"
import { fieldsOf, openBrowser, titleOf } from "../support/fake_browser.ts"
import { setUpApp } from "../support/second_factor.ts"
import { createTestService, type TestServiceOptions } from "../support/test_service.ts"

const alice = { username: "alice", password: "wonderland" }
const bob = { username: "bob", password: "builder" }
const day = 86_400
const trust = "__Host-postern_trust"
const askedFor = "Enter your code"

type Browser = ReturnType<typeof openBrowser>

/** Alice with an authenticator app, and a browser. */
async function prepare(t: TestContext, options: TestServiceOptions = { trustSeconds: 30 * day }) {
  const service = await createTestService(t, { browser: [], ...options })
  const app = await setUpApp(service, alice)
  takeEvents(service)
  const browser = openBrowser(service)
  /** Logs in by the code, with the box ticked or not. */
  const logIn = async (ticks: boolean, by: Browser = browser) => {
    const page = await by.send(await by.open("/login"), "/login", alice)
    assert.equal(titleOf(page), askedFor)
    const box = ticks ? { trust: "1" } : {}
    return by.send(page, "/login/code", { ...box, code: app.nextCode() })
  }
  return { service, app, browser, logIn }
}

async function logOut(browser: Browser): Promise<void> {
  await browser.send(await browser.open("/account"), "/logout")
}

/** Enters the password, and gives the title of the page that follows. */
async function afterPassword(browser: Browser, form: object = alice): Promise<string> {
  return titleOf(await browser.send(await browser.open("/login"), "/login", { ...form }))
}

test("the page of the code has no box where the setting is off, and a field of its name gives nothing", async (t) => {
  const { browser, logIn, service } = await prepare(t, {})
  const page = await browser.send(await browser.open("/login"), "/login", alice)
  assert.doesNotMatch(page.body, /checkbox/)
  await logIn(true)
  assert.equal(browser.cookies.has(trust), false)
  assert.deepEqual((await service.store.users.find("alice"))?.factors?.trusted, [])
})

test("the box is not ticked, and without it the next login asks for the code again", async (t) => {
  const { browser, logIn } = await prepare(t)
  const page = await browser.send(await browser.open("/login"), "/login", alice)
  assert.match(
    page.body,
    /name="trust" value="1">\nDon’t ask for a code on this device for 30 days/,
  )
  assert.equal("trust" in fieldsOf(page, "/login/code"), false)
  await logIn(false)
  assert.equal(browser.cookies.has(trust), false)
  await logOut(browser)
  assert.equal(await afterPassword(browser), askedFor)
})

test("a ticked box gives a cookie for as long as the setting says, which spares the code", async (t) => {
  const { service, app, browser } = await prepare(t)
  const page = await browser.send(await browser.open("/login"), "/login", alice)
  takeEvents(service)
  const form = { ...fieldsOf(page, "/login/code"), trust: "1", code: app.nextCode() }
  const reply = await browser.ask("/login/code", { form })
  assert.match(
    reply.cookies?.find((cookie) => cookie.startsWith(trust)) ?? "",
    /^__Host-postern_trust=ptt_[\w-]{54}; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=2592000$/,
  )
  assert.deepEqual(takeEvents(service), [
    ...["login.succeeded alice", "mfa.used alice otp", "mfa.trusted alice"],
  ])
  await logOut(browser)
  takeEvents(service)
  assert.equal(await afterPassword(browser), "Your account")
  assert.deepEqual(takeEvents(service), ["login.succeeded alice", "mfa.skipped alice"])
  const [{ amr, factorAt } = {}] = await service.store.sessions.list("alice")
  assert.deepEqual([amr, factorAt], [["pwd"], null])
})

test("the box stays ticked beside a wrong code", async (t) => {
  const { browser } = await prepare(t)
  const page = await browser.send(await browser.open("/login"), "/login", alice)
  const wrong = await browser.send(page, "/login/code", { trust: "1", code: "000000" })
  assert.equal(titleOf(wrong), `Error: ${askedFor}`)
  assert.equal(fieldsOf(wrong, "/login/code")["trust"], "1")
  assert.equal(browser.cookies.has(trust), false)
})

test("to enter the password again asks for the code, also on a trusted browser", async (t) => {
  const { browser, logIn, service } = await prepare(t)
  await logIn(true)
  await logOut(browser)
  await afterPassword(browser)
  const again = await browser.open("/login?again=1")
  const page = await browser.send(again, "/login", { password: alice.password })
  assert.equal(titleOf(page), askedFor)
  // Also when the login has ended meanwhile.
  await logOut(browser)
  const late = await browser.ask("/login", { form: { ...alice, again: "1" } })
  assert.equal(late.headers["Location"], "/login/code")
  assert.equal(takeEvents(service).at(-1), "mfa.required alice factor")
})

test("a trusted browser spares each of its users the code, and nobody else", async (t) => {
  const { service, browser, logIn } = await prepare(t)
  const appOfBob = await setUpApp(service, bob)
  await logIn(true)
  await logOut(browser)
  assert.equal(await afterPassword(browser, bob), askedFor)
  const page = await browser.open("/login/code")
  await browser.send(page, "/login/code", { trust: "1", code: appOfBob.nextCode() })
  assert.equal(browser.cookies.get(trust)?.split(".").length, 2)
  await logOut(browser)
  for (const user of [alice, bob]) {
    assert.equal(await afterPassword(browser, user), "Your account")
    await logOut(browser)
  }
  const other = openBrowser(service)
  assert.equal(await afterPassword(other), askedFor)
  other.cookies.set(trust, `ptt_${"A".repeat(54)}`)
  assert.equal(await afterPassword(other), askedFor)
})

test("a new trust takes the place of the one that the browser had", async (t) => {
  const { browser, logIn, service } = await prepare(t)
  await logIn(true)
  const before = browser.cookies.get(trust)
  await logOut(browser)
  service.clock.advance(30 * day)
  await logIn(true)
  assert.notEqual(browser.cookies.get(trust), before)
  assert.match(browser.cookies.get(trust) ?? "", /^ptt_[\w-]{54}$/)
})

test("the account page says how many devices are trusted, and ends that", async (t) => {
  const { service, browser, logIn } = await prepare(t)
  await logIn(false)
  assert.doesNotMatch((await browser.open("/account")).body, /Trusted devices/)
  const other = openBrowser(service)
  await logIn(true, other)
  assert.match((await browser.open("/account")).body, /1 device needs no code/)
  await logOut(browser)
  const page = await logIn(true)
  assert.match(page.body, /2 devices need no code/)
  takeEvents(service)
  const after = await browser.send(page, "/account/trust/end")
  assert.match(after.body, /All devices are asked for a code from now on\./)
  assert.doesNotMatch(after.body, /Trusted devices/)
  assert.deepEqual(takeEvents(service), ["mfa.untrusted alice by_user"])
  await logOut(other)
  assert.equal(await afterPassword(other), askedFor)
})

test("POST /account/trust/end asks for the password when the login is not recent", async (t) => {
  const { service, browser, logIn } = await prepare(t)
  const page = await logIn(true)
  service.clock.advance(900)
  assert.equal(titleOf(await browser.send(page, "/account/trust/end")), "Enter your password again")
  assert.equal((await service.store.users.find("alice"))?.factors?.trusted.length, 1)
})

test("to log out everywhere else ends the trust in devices", async (t) => {
  const { service, browser, logIn } = await prepare(t)
  const other = openBrowser(service)
  await logIn(true, other)
  await logOut(other)
  const page = await logIn(false)
  takeEvents(service)
  const reply = await browser.ask("/account/logout-others", { form: {} })
  assert.equal(reply.status, 303)
  assert.match(page.body, /Trusted devices/)
  assert.deepEqual(takeEvents(service), ["mfa.untrusted alice by_user"])
  assert.equal(await afterPassword(other), askedFor)
})
