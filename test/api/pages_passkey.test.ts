// Passkeys on the login page, in the place of the password and after it.

import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import { Unavailable } from "../../src/errors.ts"
import type { LoginOptions } from "../../src/factor/passkey_options.ts"
import { loginReply } from "../../src/pages/login_page.ts"
import { noWay } from "../../src/pages/way.ts"
import { takeEvents } from "../support/api_scenario.ts"
import { fieldsOf, nextOf, openBrowser, titleOf } from "../support/fake_browser.ts"
import { optionsOn, loginPath as path, usePasskeyOn } from "../support/page_passkeys.ts"
import {
  addPasskey,
  createTestAuthenticator,
  offer,
  sendPasskey,
  setUpPasskey,
  testSite,
  ticketOf,
} from "../support/passkeys.ts"
import { anyUser } from "../support/protected_apps.ts"
import { setUpApp } from "../support/second_factor.ts"
import { createTestService } from "../support/test_service.ts"

const alice = { username: "alice", password: "wonderland" }
const bob = { username: "bob", password: "builder" }
const photos = "https://photos.example.org/albums?y=2026"
const st = "s".repeat(43)
const session = "__Host-postern"
const cookie = "__Host-postern_passkey"
const note = "That passkey did not work."

async function prepare(t: TestContext) {
  const hosts = [{ name: "photos.example.org", ports: [443], rule: anyUser }]
  const service = await createTestService(t, { browser: hosts })
  const { authenticator } = await setUpPasskey(service, alice)
  takeEvents(service)
  return { service, authenticator, browser: openBrowser(service) }
}

test("GET /login has a form for passkeys, which only the script shows", async (t) => {
  const { browser } = await prepare(t)
  const page = await browser.open(`/login?to=${encodeURIComponent(photos)}&st=${st}`)
  assert.match(
    page.body,
    /<form method="post" action="\/login\/passkey" data-passkey="\/login\/passkey\/options" hidden>/,
  )
  assert.deepEqual(fieldsOf(page, path), { to: photos, st, stay: "", again: "", credential: "" })
  assert.match(page.body, /autocomplete="username webauthn"/)
  assert.equal(browser.cookies.has(cookie), false)
  const place = { way: noWay, before: null, username: "", stays: false, isAgain: false }
  const site = { name: "Home", origin: "https://192.0.2.7", host: "192.0.2.7" }
  // Nobody is logged in, so no session is looked at.
  const cookieSessions = {} as Parameters<typeof loginReply>[2]["cookieSessions"]
  const { body } = loginReply(place, null, { site, relyingParty: null, cookieSessions })
  assert.doesNotMatch(body, /passkey|webauthn/)
})

test("POST /login/passkey with a form logs a browser in, without a name or password", async (t) => {
  const { service, authenticator, browser } = await prepare(t)
  const page = await browser.open("/login")
  const reply = await usePasskeyOn(browser, page, authenticator, { stay: "1" })
  assert.match(reply.headers["Location"] ?? "", /^\/continue\?after=\d+$/)
  assert.match(reply.cookies?.[0] ?? "", /^__Host-postern=.*; Max-Age=604800$/)
  assert.deepEqual(takeEvents(service), ["login.succeeded alice", "mfa.used alice passkey"])
  assert.equal(titleOf(await browser.open("/account")), "Your account")
  const [{ amr, factorAt, sid } = {}] = await service.store.sessions.list("alice")
  assert.deepEqual([amr, factorAt], [["hwk"], service.clock.now()])
  // Without the box, for the life of the browser; and another login has another session.
  const again = await usePasskeyOn(browser, page, authenticator)
  assert.doesNotMatch(again.cookies?.[0] ?? "", /Max-Age/)
  const [{ sid: next } = {}, ...others] = await service.store.sessions.list("alice")
  assert.deepEqual([next === sid, others], [false, []])
})

test("POST /login/passkey with a form goes on to the host where the person was going", async (t) => {
  const { authenticator, browser } = await prepare(t)
  const page = await browser.open(`/login?to=${encodeURIComponent(photos)}&st=${st}`)
  const { headers } = await usePasskeyOn(browser, page, authenticator)
  const onward = await browser.open(headers["Location"] ?? "")
  assert.match(nextOf(onward), /^https:\/\/photos\.example\.org\/\.postern\/in\?t=/)
  const evil = { ...fieldsOf(page, path), to: "https://evil.example/" }
  assert.equal((await browser.ask(path, { form: evil })).status, 400)
})

test("POST /login/passkey/options keeps the name of a browser, in a cookie of ten minutes", async (t) => {
  const { browser } = await prepare(t)
  const page = await browser.open("/login")
  const replies = [
    await browser.ask(`${path}/options`, { form: fieldsOf(page, path) }),
    await browser.ask(`${path}/options`, { form: fieldsOf(page, path) }),
  ]
  const [first = "", second = ""] = replies.map(({ cookies }) => cookies?.[0])
  assert.match(first, /^__Host-postern_passkey=[\w-]{22}; .*; Max-Age=600$/)
  assert.equal(second, first)
})

test("a passkey counts only in the browser that asked, and where it asked", async (t) => {
  const { service, authenticator, browser } = await prepare(t)
  const other = openBrowser(service)
  const page = await browser.open("/login")
  await optionsOn(other, await other.open("/login"))
  const asked = await optionsOn(browser, page)
  const mfa_token = await ticketOf(service, alice)
  const elsewhere = [
    { from: other, options: asked },
    { from: browser, options: await offer<LoginOptions>(service, `${path}/options`, {}) },
    {
      from: browser,
      options: await offer<LoginOptions>(service, `${path}/options`, { json: { mfa_token } }),
    },
    { from: openBrowser(service), options: asked },
  ]
  takeEvents(service)
  for (const { from, options } of elsewhere) {
    const credential = JSON.stringify(authenticator.get(options))
    const reply = await from.ask(path, { form: { ...fieldsOf(page, path), credential } })
    assert.deepEqual([reply.status, titleOf(reply)], [403, "Error: Log in"])
    assert.match(reply.body, new RegExp(`<div class="note bad" role="alert" id="error"><b>${note}`))
    assert.equal(from.cookies.has(session), false)
  }
  assert.deepEqual(takeEvents(service), Array(4).fill("mfa.failed alice passkey"))
  // Nor over JSON, nor from another site.
  const { status } = await sendPasskey(service, authenticator.get(asked))
  assert.equal(status, 401)
  const sent = { form: { credential: JSON.stringify(authenticator.get(asked)) } }
  const headers = { "sec-fetch-site": "same-site" }
  for (const target of [path, `${path}/options`]) {
    assert.equal((await browser.ask(target, { ...sent, headers })).status, 403)
  }
  assert.equal((await browser.ask(path, sent)).status, 303)
})

test("a wrong passkey leads back to the login page, with the way and the box kept", async (t) => {
  const { service, authenticator, browser } = await prepare(t)
  const page = await browser.open(`/login?to=${encodeURIComponent(photos)}&st=${st}`)
  const { origin } = testSite
  const reply = await usePasskeyOn(browser, page, authenticator, {
    ...{ origin: `${origin}:8443` },
    stay: "1",
  })
  assert.deepEqual([reply.status, titleOf(reply)], [403, "Error: Log in"])
  assert.deepEqual(fieldsOf(reply, path), fieldsOf(page, path))
  assert.match(reply.body, /name="stay" value="1" checked/)
  assert.deepEqual(takeEvents(service), ["mfa.failed alice passkey"])
  for (const credential of ["", "null", "[]", "x", '{"id":1,"id":2}', "{}"]) {
    const form = { ...fieldsOf(page, path), credential }
    assert.equal((await browser.ask(path, { form })).status, 403)
  }
  assert.deepEqual(takeEvents(service), Array(6).fill("mfa.failed passkey"))
  for (let sent = 0; sent < 300; sent += 1) await sendPasskey(service, {})
  const slowed = await usePasskeyOn(browser, page, authenticator)
  assert.deepEqual([slowed.status, titleOf(slowed)], [429, "Error: Log in"])
})

test("POST /login/passkey completes a login after the password, by the user's passkeys alone", async (t) => {
  const { service, authenticator, browser } = await prepare(t)
  const { authenticator: ofBob } = await setUpPasskey(service, bob)
  const page = await browser.send(await browser.open("/login"), "/login", { ...alice, stay: "1" })
  assert.equal(titleOf(page), "Use your passkey")
  assert.match(page.body, /Log in as <b>alice<\/b> with one of your passkeys/)
  assert.match(page.body, /<p class="hint" id="no-passkeys">Your browser can’t use passkeys here/)
  assert.doesNotMatch(page.body, /one-time-code/)
  const options = await optionsOn(browser, page)
  assert.equal(options.allowCredentials.length, 1)
  takeEvents(service)
  const forged = ofBob.get({ ...options, allowCredentials: [] })
  const wrong = await browser.ask(path, {
    form: { ...fieldsOf(page, path), credential: JSON.stringify(forged) },
  })
  assert.deepEqual([wrong.status, titleOf(wrong)], [403, "Error: Use your passkey"])
  assert.match(wrong.body, /role="alert" id="error"><b>That passkey did not work/)
  assert.deepEqual(takeEvents(service), ["mfa.failed alice passkey"])
  const reply = await usePasskeyOn(browser, wrong, authenticator)
  assert.match(reply.headers["Location"] ?? "", /^\/continue\?after=\d+$/)
  // Stays, as the box before said.
  assert.match(reply.cookies?.[0] ?? "", /^__Host-postern=.*; Max-Age=604800$/)
  assert.equal(browser.cookies.has("__Host-postern_factor"), false)
  const [{ amr } = {}] = await service.store.sessions.list("alice")
  assert.deepEqual(amr, ["pwd", "hwk"])
})

test("a login after the password that is over starts once more, also with a passkey", async (t) => {
  const { service, authenticator, browser } = await prepare(t)
  const page = await browser.send(await browser.open("/login"), "/login", alice)
  const answer = authenticator.get(await optionsOn(browser, page))
  service.clock.advance(300)
  const form = { ...fieldsOf(page, path), credential: JSON.stringify(answer) }
  const reply = await browser.ask(path, { form })
  assert.equal(reply.headers["Location"], "/login?over=late")
  // The script follows such a reply, and leaves the page.
  const options = await browser.ask(`${path}/options`, { form: { step: "factor", to: photos, st } })
  const there = `/login?over=late&to=${photos}&st=${st}`
  assert.deepEqual([options.status, options.headers["Location"]], [303, there])
  const evil = { step: "factor", to: "https://evil.example/" }
  const { headers } = await browser.ask(`${path}/options`, { form: evil })
  assert.equal(headers["Location"], "/login?over=late")
  assert.match((await browser.open("/login?over=late")).body, /Your login took too long/)
})

test("who has an app and passkeys is offered both after the password", async (t) => {
  const { service, browser } = await prepare(t)
  const app = await setUpApp(service, bob)
  const json = { ...bob, code: app.nextCode() }
  const { access_token: token } = JSON.parse((await service.call("POST", "/login", { json })).body)
  await addPasskey(service, { token }, createTestAuthenticator())
  const page = await browser.send(await browser.open("/login"), "/login", bob)
  assert.equal(titleOf(page), "Enter your code")
  assert.equal(fieldsOf(page, path)["step"], "factor")
  assert.doesNotMatch(page.body, /id="no-passkeys"/)
  assert.match(page.body, /No app at hand\? <a href="\/login\/recovery">/)
  const recovery = await browser.open("/login/recovery")
  assert.match(recovery.body, /App at hand\? <a href="\/login\/code">Enter a code from it<\/a>/)
})

test("who has passkeys alone comes from the recovery code back to the passkey", async (t) => {
  const { browser } = await prepare(t)
  const page = await browser.send(await browser.open("/login"), "/login", alice)
  assert.match(page.body, /No passkey at hand\? <a href="\/login\/recovery">/)
  const recovery = await browser.open("/login/recovery")
  assert.equal(titleOf(recovery), "Use a recovery code")
  assert.match(recovery.body, /Passkey at hand\? <a href="\/login\/code">Use it<\/a>/)
  assert.doesNotMatch(recovery.body, /data-passkey/)
})

test("GET /login?again=1 takes a passkey of the same user, and replaces the session", async (t) => {
  const { service, authenticator, browser } = await prepare(t)
  const { authenticator: ofBob } = await setUpPasskey(service, bob)
  await usePasskeyOn(browser, await browser.open("/login"), authenticator, { stay: "1" })
  const [{ sid } = {}] = await service.store.sessions.list("alice")
  const page = await browser.open("/login?again=1")
  assert.equal(titleOf(page), "Enter your password again")
  const options = await optionsOn(browser, page)
  assert.equal(options.allowCredentials.length, 1)
  takeEvents(service)
  const forged = JSON.stringify(ofBob.get({ ...options, allowCredentials: [] }))
  const wrong = await browser.ask(path, {
    form: { ...fieldsOf(page, path), credential: forged },
  })
  assert.deepEqual([wrong.status, titleOf(wrong)], [403, "Error: Enter your password again"])
  assert.deepEqual(takeEvents(service), ["mfa.failed alice passkey"])
  const reply = await usePasskeyOn(browser, wrong, authenticator)
  assert.match(reply.cookies?.[0] ?? "", /^__Host-postern=.*; Max-Age=604800$/)
  assert.deepEqual(takeEvents(service), [
    ...["login.succeeded alice", "mfa.used alice passkey", "session.ended alice replaced"],
  ])
  const [{ sid: next } = {}] = await service.store.sessions.list("alice")
  assert.notEqual(next, sid)
  // Who has no passkey is asked for the password alone.
  const other = openBrowser(service)
  const carol = { username: "carol", password: "korrekt-pferd-batterie" }
  await service.accounts.create(carol)
  await other.send(await other.open("/login"), "/login", carol)
  assert.doesNotMatch((await other.open("/login?again=1")).body, /passkey/)
  const none = await other.ask(`${path}/options`, { form: { again: "1" } })
  assert.equal(none.status, 404)
})

test("a device can be trusted after a passkey, too, and says so after a wrong one", async (t) => {
  const service = await createTestService(t, { browser: [], trustSeconds: 86_400 })
  const { authenticator } = await setUpPasskey(service, alice)
  const browser = openBrowser(service)
  const page = await browser.send(await browser.open("/login"), "/login", alice)
  assert.match(page.body, /<input type="checkbox" name="trust" value="1">/)
  const wrong = await usePasskeyOn(browser, page, authenticator, { trust: "1", isVerified: false })
  assert.match(wrong.body, /<input type="checkbox" name="trust" value="1" checked>/)
  await usePasskeyOn(browser, wrong, authenticator, { trust: "1" })
  assert.equal(browser.cookies.has("__Host-postern_trust"), true)
  await browser.send(await browser.open("/logout"), "/logout")
  const { headers } = await browser.ask("/login", { form: alice })
  assert.match(headers["Location"] ?? "", /^\/continue/)
})

test("a failed login by passkey is a page, too", async (t) => {
  const { service, authenticator, browser } = await prepare(t)
  const failing = t.mock.method(service.store.sessions, "start", async () => {
    throw new Unavailable("The change could not be stored")
  })
  const page = await browser.open("/login")
  const busy = await usePasskeyOn(browser, page, authenticator)
  assert.deepEqual([busy.status, titleOf(busy)], [503, "Error: Log in"])
  failing.mock.mockImplementation(async () => {
    throw new TypeError("a bug of the test")
  })
  const broken = await usePasskeyOn(browser, page, authenticator)
  assert.deepEqual([broken.status, titleOf(broken)], [500, "Error: Something went wrong here"])
  assert.doesNotMatch(broken.body, /a bug of the test/)
})

test("a passkey on the page that asks again is a whole login when the session has ended", async (t) => {
  const { service, authenticator, browser } = await prepare(t)
  await browser.open("/login", { form: bob })
  await service.accounts.logOut("bob")
  const form = { ...fieldsOf(await openBrowser(service).open("/login"), path), again: "1" }
  const offered = await browser.ask(`${path}/options`, { form })
  const credential = JSON.stringify(authenticator.get(JSON.parse(offered.body)))
  const reply = await browser.ask(path, { form: { ...form, credential } })
  assert.match(reply.headers["Location"] ?? "", /^\/continue\?after=/)
  assert.equal((await service.store.sessions.list("alice")).length, 1)
})
