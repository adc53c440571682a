// The page of the second factor: logging in by password and code, what goes wrong, and where it
// leads.

import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import { Unavailable } from "../../src/errors.ts"
import { takeEvents } from "../support/api_scenario.ts"
import { fieldsOf, nextOf, openBrowser, titleOf } from "../support/fake_browser.ts"
import { anyUser } from "../support/protected_apps.ts"
import { setUpApp } from "../support/second_factor.ts"
import { createTestService } from "../support/test_service.ts"

const alice = { username: "alice", password: "wonderland" }
const st = "s".repeat(43)
const photos = "https://photos.example.org/albums?y=2026"
const browserOption = [
  { name: "photos.example.org", ports: [443], rule: anyUser },
  { name: "bank.example.org", ports: [443], rule: { ...anyUser, freshSeconds: 300 } },
]
const session = "__Host-postern"
const factor = "__Host-postern_factor"

/** Alice with an authenticator app, and a browser. */
async function prepare(t: TestContext) {
  const service = await createTestService(t, { browser: browserOption })
  const app = await setUpApp(service, alice)
  takeEvents(service)
  return { service, app, browser: openBrowser(service) }
}

test("POST /login with a form gives no session where a factor is due, and asks for the code", async (t) => {
  const { service, app, browser } = await prepare(t)
  const sent = await browser.ask("/login", { form: { ...alice, stay: "1" } })
  assert.deepEqual([sent.status, sent.headers["Location"]], [303, "/login/code"])
  assert.match(
    sent.cookies?.[0] ?? "",
    /^__Host-postern_factor=ptm_[^;]*; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=300$/,
  )
  assert.deepEqual([...browser.cookies.keys()], [factor])
  assert.deepEqual(takeEvents(service), ["mfa.required alice factor"])
  const page = await browser.open("/login/code")
  assert.deepEqual([page.status, titleOf(page)], [200, "Enter your code"])
  assert.match(page.body, /app shows for <b>Home<\/b>/)
  const reply = await browser.ask("/login/code", {
    form: { ...fieldsOf(page, "/login/code"), code: app.nextCode() },
  })
  assert.match(reply.headers["Location"] ?? "", /^\/continue\?after=\d+$/)
  // Stays, as the box before said.
  assert.match(reply.cookies?.[0] ?? "", /^__Host-postern=.*; Max-Age=604800$/)
  assert.deepEqual([...browser.cookies.keys()], [session, "__Host-postern_device"])
  assert.deepEqual(takeEvents(service), ["login.succeeded alice", "mfa.used alice otp"])
  assert.equal(titleOf(await browser.open("/account")), "Your account")
  const [{ amr, factorAt } = {}] = await service.store.sessions.list("alice")
  assert.deepEqual([amr, factorAt], [["pwd", "otp"], service.clock.now()])
})

test("a wrong code is named beside the field and in the title; the way and the box are kept", async (t) => {
  const { service, app, browser } = await prepare(t)
  const first = await browser.open(`/continue?to=${encodeURIComponent(photos)}&st=${st}`)
  const page = await browser.send(first, "/login", alice)
  assert.deepEqual(fieldsOf(page, "/login/code"), { to: photos, st, kind: "otp", code: "" })
  takeEvents(service)
  const rows: readonly (readonly [code: string, status: number, text: string])[] = [
    ["", 400, "Enter the code that your app shows."],
    [" ", 400, "Enter the code that your app shows."],
    ["hello", 403, "That code is not right."],
    ["000000", 403, "That code is not right."],
  ]
  for (const [code, status, text] of rows) {
    const reply = await browser.send(page, "/login/code", { code })
    assert.deepEqual([reply.status, titleOf(reply)], [status, "Error: Enter your code"])
    assert.match(reply.body, new RegExp(`<p class="error" id="code-error">${text}`))
    assert.deepEqual(fieldsOf(reply, "/login/code"), fieldsOf(page, "/login/code"))
  }
  assert.deepEqual(takeEvents(service), ["mfa.failed alice otp"])
  assert.equal(browser.cookies.has(session), false)
  const reply = await browser.send(page, "/login/code", { code: app.nextCode() })
  assert.equal(titleOf(reply), "You are logged in")
  assert.match(nextOf(reply), /^https:\/\/photos\.example\.org\/\.postern\/in\?t=/)
})

test("after five wrong codes the login starts over, and the ticket is dead", async (t) => {
  const { service, app, browser } = await prepare(t)
  const page = await browser.open("/login", { form: { ...alice, to: photos, st } })
  const ticket = browser.cookies.get(factor) ?? ""
  for (let tries = 1; tries < 5; tries += 1) {
    const reply = await browser.send(page, "/login/code", { code: "000000" })
    assert.equal(titleOf(reply), "Error: Enter your code")
  }
  takeEvents(service)
  const last = await browser.send(page, "/login/code", { code: "000000" })
  assert.deepEqual([last.status, titleOf(last)], [200, "Error: Log in"])
  assert.match(last.body, /<b>Too many codes were wrong\.<\/b><p>Start over with your password\./)
  assert.deepEqual(fieldsOf(last, "/login"), { to: photos, st, username: "", password: "" })
  assert.deepEqual([...browser.cookies.keys()], [])
  assert.deepEqual(takeEvents(service), ["mfa.failed alice otp"])
  browser.cookies.set(factor, ticket)
  const late = await browser.send(page, "/login/code", { code: app.nextCode() })
  assert.equal(titleOf(late), "Error: Log in")
  assert.deepEqual(takeEvents(service), [])
})

test("a login that takes too long starts over, and so does one whose password was changed", async (t) => {
  const { service, app, browser } = await prepare(t)
  const says = /<b>Your login took too long\.<\/b>/
  const page = await browser.open("/login", { form: alice })
  service.clock.advance(300)
  const code = app.code()
  assert.match((await browser.send(page, "/login/code", { code })).body, says)
  await browser.open("/login", { form: alice })
  service.clock.advance(299)
  assert.equal(titleOf(await browser.open("/login/code")), "Enter your code")
  await service.accounts.logOut("alice")
  for (const path of ["/login/code", "/login/recovery"]) {
    assert.match((await browser.open(path)).body, says)
  }
  // A link from elsewhere makes the page say nothing.
  const headers = { "sec-fetch-site": "cross-site" }
  assert.doesNotMatch((await browser.open("/login?over=late", { headers })).body, says)
  assert.equal(titleOf(await browser.open("/login?over=x")), "Log in")
})

test("a ticket is good in the medium that it was given for, and completes one login", async (t) => {
  const { service, app, browser } = await prepare(t)
  const page = await browser.open("/login", { form: alice })
  const ticket = browser.cookies.get(factor) ?? ""
  const code = app.nextCode()
  const json = await service.call("POST", "/login/code", { json: { mfa_token: ticket, code } })
  assert.deepEqual([json.status, JSON.parse(json.body).error], [401, "invalid_token"])
  const asked = await service.call("POST", "/login", { json: alice })
  const other = openBrowser(service)
  other.cookies.set(factor, JSON.parse(asked.body).mfa_token)
  assert.match((await other.send(page, "/login/code", { code })).body, /took too long/)
  assert.equal(titleOf(await browser.send(page, "/login/code", { code })), "Your account")
  other.cookies.set(factor, ticket)
  assert.equal(
    titleOf(await other.send(page, "/login/code", { code: app.nextCode() })),
    "Error: Log in",
  )
  assert.equal((await service.store.sessions.list("alice")).length, 1)
})

test("a form that is sent twice at once logs in once", async (t) => {
  const { service, app, browser } = await prepare(t)
  const page = await browser.open("/login", { form: alice })
  const form = { ...fieldsOf(page, "/login/code"), code: app.nextCode() }
  const replies = await Promise.all([1, 2, 3].map(() => browser.ask("/login/code", { form })))
  const places = replies.map(({ headers }) => headers["Location"]?.replace(/\d+$/, ""))
  assert.deepEqual(places.sort(), ["/continue?after=", "/login?over=codes", "/login?over=codes"])
  assert.equal((await service.store.sessions.list("alice")).length, 1)
})

test("a recovery code logs in once, on a page that takes letters", async (t) => {
  const { service, app, browser } = await prepare(t)
  const [code = ""] = app.recoveryCodes
  const first = await browser.open("/login", { form: { ...alice, to: photos, st } })
  const [, link = ""] = /<a href="([^"]*)">Use a recovery code/.exec(first.body) ?? []
  const page = await browser.open(link.replaceAll("&amp;", "&"))
  assert.deepEqual([page.status, titleOf(page)], [200, "Use a recovery code"])
  assert.doesNotMatch(page.body, /inputmode|pattern/)
  assert.match(page.body, /<a href="\/login\/code\?to=[^"]*">Enter a code from it/)
  const wrong = await browser.send(page, "/login/code", { code: code.replace(/.$/, "?") })
  assert.equal(titleOf(wrong), "Error: Use a recovery code")
  const none = await browser.send(page, "/login/code", {})
  assert.match(none.body, /id="code-error">Enter one of your recovery codes\./)
  takeEvents(service)
  const typed = code.toLowerCase().replaceAll("-", " ")
  const reply = await browser.send(wrong, "/login/code", { code: typed })
  assert.match(nextOf(reply), /^https:\/\/photos\.example\.org\//)
  assert.deepEqual(takeEvents(service), ["login.succeeded alice", "mfa.used alice recovery"])
  const again = await openBrowser(service).open("/login", { form: alice })
  const other = openBrowser(service)
  await other.open("/login", { form: alice })
  const used = await other.send(again, "/login/code", { code, kind: "recovery" })
  assert.deepEqual([used.status, titleOf(used)], [403, "Error: Use a recovery code"])
  assert.match(used.body, /it was used before/)
})

test("the page offers recovery codes while there are some", async (t) => {
  const { service, app, browser } = await prepare(t)
  for (const code of app.recoveryCodes) {
    const page = await browser.open("/login", { form: alice })
    assert.match(page.body, /Use a recovery code/)
    assert.equal(titleOf(await browser.send(page, "/login/code", { code })), "Your account")
    await browser.open("/logout", { form: {} })
  }
  assert.doesNotMatch((await browser.open("/login", { form: alice })).body, /recovery/)
  assert.equal((await service.store.users.find("alice"))?.factors?.recoveryCodes.length, 0)
})

test("a login again goes through password and code, and ends the session before", async (t) => {
  const { service, app, browser } = await prepare(t)
  const first = await browser.open("/login", { form: { ...alice, stay: "1" } })
  await browser.send(first, "/login/code", { code: app.nextCode() })
  const [before] = await service.store.sessions.list("alice")
  service.clock.advance(301)
  const page = await browser.open(`/continue?to=https://bank.example.org/&st=${st}`)
  assert.equal(titleOf(page), "Enter your password again")
  assert.match(page.body, /needs a recent login with your second factor/)
  takeEvents(service)
  const asked = await browser.send(page, "/login", { password: "wonderland" })
  assert.match(asked.body, /Not alice\? <a href="\/login\?again=1&amp;to=[^"]*">Start over/)
  // The old session goes on until the new one is there.
  assert.deepEqual(takeEvents(service), ["mfa.required alice factor"])
  assert.equal(titleOf(await browser.open("/account")), "Your account")
  const reply = await browser.send(asked, "/login/code", { code: app.nextCode() })
  assert.match(nextOf(reply), /^https:\/\/bank\.example\.org\/\.postern\/in\?t=/)
  assert.deepEqual(takeEvents(service), [
    "login.succeeded alice",
    "mfa.used alice otp",
    "session.ended alice replaced",
  ])
  const after = await service.store.sessions.list("alice")
  assert.deepEqual([after.length, after[0]?.sid === before?.sid], [1, false])
  const life = (one: typeof before) => (one?.idleExpiresAt ?? 0) - (one?.lastUsedAt ?? 0)
  assert.equal(life(after[0]), life(before))
})

test("a wrong code of somebody who is logged in leads back to their own password", async (t) => {
  const { app, browser } = await prepare(t)
  const first = await browser.open("/login", { form: alice })
  await browser.send(first, "/login/code", { code: app.nextCode() })
  const again = await browser.open("/login?again=1")
  let reply = await browser.send(again, "/login", { password: "wonderland" })
  const page = reply
  for (let tries = 0; tries < 5; tries += 1) {
    reply = await browser.send(page, "/login/code", { code: "000000" })
  }
  assert.equal(titleOf(reply), "Error: Enter your password again")
  assert.match(reply.body, /Too many codes were wrong/)
})

test("a code page that has to wait says how long", async (t) => {
  const { service, app, browser } = await prepare(t)
  const page = await browser.open("/login", { form: alice })
  const { change } = service.store.users
  t.mock.method(service.store.users, "change", async () => {
    throw new Unavailable("no disk", { retryAfterSeconds: 3 })
  })
  const code = app.nextCode()
  const busy = await browser.send(page, "/login/code", { code })
  assert.deepEqual([busy.status, busy.headers["Retry-After"]], [503, "3"])
  assert.equal(titleOf(busy), "Error: Enter your code")
  assert.match(busy.body, /Try again in 3 seconds/)
  t.mock.method(service.store.users, "change", change)
  assert.equal(titleOf(await browser.send(busy, "/login/code", { code })), "Your account")
})

test("a bug behind the code page is a page, too", async (t) => {
  const { service, app, browser } = await prepare(t)
  const page = await browser.open("/login", { form: alice })
  t.mock.method(service.store.users, "change", async () => {
    throw new TypeError("a bug")
  })
  const reply = await browser.send(page, "/login/code", { code: app.nextCode() })
  assert.deepEqual([reply.status, titleOf(reply)], [500, "Error: Something went wrong here"])
})

test("the code page takes no form of another site, and leads to no address that is not listed", async (t) => {
  const { service, app, browser } = await prepare(t)
  const page = await browser.open("/login", { form: alice })
  const form = { ...fieldsOf(page, "/login/code"), code: app.nextCode() }
  const headers = { "sec-fetch-site": "cross-site" }
  const refused = await browser.ask("/login/code", { form, headers })
  assert.equal(refused.status, 403)
  const evil = { ...form, to: "https://evil.example/" }
  assert.equal((await browser.ask("/login/code", { form: evil })).status, 400)
  for (const path of ["/login/code", "/login/recovery"]) {
    assert.equal((await browser.ask(`${path}?to=https://evil.example/`)).status, 400)
  }
  assert.deepEqual(takeEvents(service), ["mfa.required alice factor"])
  assert.equal(titleOf(await browser.open("/login/code", { form })), "Your account")
})

test("a reset link leads to the code page, and never to a session", async (t) => {
  const { service, app, browser } = await prepare(t)
  const password = "korrekt-pferd-batterie"
  const { url } = await service.links.reset("alice")
  const page = await browser.open(url.replace("https://login.example.org", ""))
  takeEvents(service)
  const asked = await browser.send(page, "/reset", { password })
  assert.equal(titleOf(asked), "Enter your code")
  assert.deepEqual([...browser.cookies.keys()], [factor])
  assert.deepEqual(takeEvents(service), ["link.used alice reset", "mfa.required alice factor"])
  assert.equal((await service.store.sessions.list("alice")).length, 0)
  // The link is used up, and without the code the password alone opens nothing.
  const other = openBrowser(service)
  assert.equal((await other.open(url.replace("https://login.example.org", ""))).status, 410)
  assert.equal(
    titleOf(await other.open("/login", { form: { ...alice, password } })),
    "Enter your code",
  )
  takeEvents(service)
  const account = await browser.send(asked, "/login/code", { code: app.nextCode() })
  assert.equal(titleOf(account), "Your account")
  assert.deepEqual(takeEvents(service), ["login.succeeded alice", "mfa.used alice otp"])
})
