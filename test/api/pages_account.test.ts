// The account page and the logout page.

import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import type { AccessRule } from "../../src/domain/access_rule.ts"
import { takeEvents } from "../support/api_scenario.ts"
import { fieldsOf, nextOf, openBrowser, titleOf } from "../support/fake_browser.ts"
import { createTestService } from "../support/test_service.ts"

const rule: AccessRule = {
  ...{ open: [], preflight: false, bearer: false, machine: false },
  ...{ roles: null, users: null, freshSeconds: null, mfa: false },
}
const browserOption = [{ name: "photos.example.org", ports: [443], rule }]
const alice = { username: "alice", password: "wonderland" }
const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
const next = "korrekt-pferd-batterie"

/** Alice with two browsers. */
async function prepare(t: TestContext) {
  const service = await createTestService(t, { browser: browserOption })
  const browser = openBrowser(service)
  const other = openBrowser(service, "192.0.2.7")
  await browser.open("/login", { form: alice })
  await other.open("/login", { form: alice, headers: { "user-agent": firefox } })
  takeEvents(service)
  return { service, browser, other }
}

test("GET /account shows where the person is logged in, and without a login the login page", async (t) => {
  const { service, browser } = await prepare(t)
  const page = await browser.open("/account")
  assert.match(page.body, /<b>Firefox on Linux<\/b>\s*<small>192\.0\.2\.7 · used in the last ten/)
  assert.match(page.body, /<b>Unknown program<\/b> <span class="tag">This device<\/span>/)
  assert.equal(page.body.split("/account/sessions/end").length, 2)
  assert.equal(titleOf(await openBrowser(service).open("/account")), "Log in")
})

test("POST /account/sessions/end logs another browser out at once, and no one else", async (t) => {
  const { service, browser, other } = await prepare(t)
  const page = await browser.open("/account")
  const after = await browser.send(page, "/account/sessions/end")
  assert.match(after.body, /You are logged out there\./)
  assert.deepEqual(takeEvents(service), ["session.ended alice by_user"])
  assert.equal(titleOf(await other.open("/account")), "Log in")
  assert.equal(titleOf(await browser.open("/account")), "Your account")
  // Once more, or with somebody else's session: nothing ends.
  const bob = openBrowser(service)
  await bob.open("/login", { form: { username: "bob", password: "builder" } })
  takeEvents(service)
  const [own] = await service.store.sessions.list("alice")
  for (const session of [own?.sid ?? "", "", "x"]) {
    await bob.open("/account/sessions/end", { form: { session } })
  }
  assert.deepEqual(takeEvents(service), [])
})

test("POST /account/logout-others ends all sessions but this one", async (t) => {
  const { service, browser, other } = await prepare(t)
  const { access_token: token } = await service.start("alice", "wonderland")
  const page = await browser.open("/account")
  const after = await browser.send(page, "/account/logout-others")
  assert.match(after.body, /You are logged out everywhere else\./)
  assert.equal(after.body.includes("/account/logout-others"), false)
  assert.equal(titleOf(await other.open("/account")), "Log in")
  assert.equal((await service.call("GET", "/me", { token })).status, 401)
})

test("sessions are ended only after a recent login", async (t) => {
  const { service, browser } = await prepare(t)
  const page = await browser.open("/account")
  service.clock.advance(901)
  for (const action of ["/account/sessions/end", "/account/logout-others"]) {
    assert.equal(titleOf(await browser.send(page, action)), "Enter your password again")
  }
  assert.equal((await service.store.sessions.list("alice")).length, 2)
  const again = await browser.open("/login?again=1")
  await browser.send(again, "/login", { password: "wonderland" })
  const fresh = await browser.open("/account")
  await browser.send(fresh, "/account/logout-others")
  assert.equal((await service.store.sessions.list("alice")).length, 1)
})

test("POST /password with a form changes the password, and ends all other sessions", async (t) => {
  const { service, browser, other } = await prepare(t)
  const before = browser.cookies.get("__Host-postern")
  const page = await browser.open("/account")
  const after = await browser.send(page, "/password", { current: "wonderland", new: next })
  assert.match(after.body, /Your password is changed\./)
  assert.notEqual(browser.cookies.get("__Host-postern"), before)
  assert.equal(titleOf(await other.open("/account")), "Log in")
  assert.deepEqual(takeEvents(service), [
    "password.changed alice",
    "session.ended alice password_changed",
    "session.ended alice password_changed",
  ])
  const again = await openBrowser(service).open("/login", { form: { ...alice, password: next } })
  assert.equal(titleOf(again), "Your account")
  // The cookie of before is of a session that has ended.
  browser.cookies.set("__Host-postern", before ?? "")
  assert.equal(titleOf(await browser.open("/account")), "Log in")
})

test("POST /password with a form says beside the field what is wrong", async (t) => {
  const { service, browser } = await prepare(t)
  const rows: readonly (readonly [Record<string, string>, number, string])[] = [
    [{}, 400, "Enter your current password."],
    [{ current: "wonderland" }, 400, "Enter a new password."],
    [{ current: "wrong", new: next }, 403, "This is not your current password."],
    [{ current: "wonderland", new: "short" }, 400, "A password needs at least 15 characters."],
    [{ current: "wonderland", new: "alicealicealice" }, 400, "made of the username"],
  ]
  for (const [form, status, text] of rows) {
    const reply = await browser.ask("/password", { form })
    assert.deepEqual([reply.status, titleOf(reply)], [status, "Error: Your account"])
    assert.ok(reply.body.includes(text), text)
    assert.match(reply.body, /<details open>/)
  }
  assert.equal((await service.store.sessions.list("alice")).length, 2)
})

test("POST /password with a form ends the session after too many wrong passwords", async (t) => {
  const { service, browser } = await prepare(t)
  const form = { current: "wrong", new: next }
  const statuses = []
  for (let at = 0; at < 12; at += 1) {
    const { status } = await browser.ask("/password", { form })
    statuses.push(status)
    service.clock.advance(120)
  }
  assert.deepEqual(statuses, [...Array(9).fill(403), 303, 303, 303])
  assert.equal(titleOf(await browser.open("/account")), "Log in")
})

test("GET /logout asks, and POST /logout ends the session and deletes its cookie", async (t) => {
  const { service, browser } = await prepare(t)
  const page = await browser.open("/logout")
  assert.deepEqual([titleOf(page), takeEvents(service)], ["Log out?", []])
  const after = await browser.send(page, "/logout")
  assert.equal(titleOf(after), "You are logged out")
  assert.deepEqual(takeEvents(service), ["session.ended alice logout"])
  assert.deepEqual([...browser.cookies.keys()], ["__Host-postern_device"])
  assert.equal(titleOf(await browser.open("/account")), "Log in")
})

test("GET /logout?to= shows the button and the logout returns to the host", async (t) => {
  const { browser } = await prepare(t)
  const to = "https://photos.example.org/a?b=c"
  const page = await browser.open(`/logout?to=${to}`)
  assert.equal(fieldsOf(page, "/logout")["to"], to)
  const reply = await browser.send(page, "/logout")
  assert.deepEqual([titleOf(reply), nextOf(reply)], ["You are logged out", to])
  assert.match(reply.body, /<a class="button" href="https:\/\/photos\.example\.org\/a\?b=c">/)
  // Without a session there is nothing to ask.
  assert.equal(titleOf(await browser.open(`/logout?to=${to}`)), "You are logged out")
})

test("a link can't make the account page say that something was done", async (t) => {
  const { browser } = await prepare(t)
  const says = async (site: string) =>
    (await browser.open("/account?done=changed", { headers: { "sec-fetch-site": site } })).body
  assert.match(await says("same-origin"), /Your password is changed/)
  for (const site of ["cross-site", "same-site", "none"]) {
    assert.doesNotMatch(await says(site), /Your password is changed/)
  }
})

test("a disabled user and an operator's logout end browsers' sessions at once", async (t) => {
  const { service, browser, other } = await prepare(t)
  await service.accounts.logOut("alice")
  assert.equal(titleOf(await browser.open("/account")), "Log in")
  await browser.open("/login", { form: alice })
  await service.accounts.disable("alice")
  assert.equal(titleOf(await browser.open("/account")), "Log in")
  assert.equal(titleOf(await other.open("/login", { form: alice })), "Error: Log in")
})

test("the login cookie opens /me and /sessions to our own pages alone, and never tokens", async (t) => {
  const { service, browser } = await prepare(t)
  const ask = (method: string, path: string, headers: Readonly<Record<string, string>>) => {
    const cookie = `__Host-postern=${browser.cookies.get("__Host-postern")}`
    return service.call(method, path, { headers: { cookie, ...headers } })
  }
  const own = { "sec-fetch-site": "same-origin" }
  assert.equal(JSON.parse((await ask("GET", "/me", own)).body).username, "alice")
  assert.equal(JSON.parse((await ask("GET", "/sessions", own)).body).sessions.length, 2)
  for (const path of ["/me", "/sessions"]) {
    for (const site of ["cross-site", "same-site", "none"]) {
      assert.equal((await ask("GET", path, { "sec-fetch-site": site })).status, 401)
    }
  }
  assert.equal((await ask("GET", "/protected", own)).status, 401)
  assert.equal((await ask("POST", "/refresh", own)).status, 401)
  const json = { ...own, "content-type": "application/json" }
  assert.equal((await ask("POST", "/password", json)).status, 401)
  assert.equal((await ask("DELETE", "/sessions", own)).status, 204)
  assert.equal((await service.store.sessions.list("alice")).length, 1)
  service.clock.advance(901)
  assert.equal((await ask("DELETE", "/sessions", own)).status, 401)
  await browser.open("/logout", { form: {} })
  assert.equal((await ask("GET", "/me", own)).status, 401)
})

test("GET /account shows recent logins and failures, however many failures there were", async (t) => {
  const { service, browser } = await prepare(t)
  for (let at = 0; at < 12; at += 1) {
    const json = { username: "alice", password: `guess ${at}` }
    await service.call("POST", "/login", { json, address: "203.0.113.9" })
    service.clock.advance(1800)
  }
  await browser.ask("/password", { form: { current: "wrong", new: next } })
  const page = await browser.open("/account")
  assert.match(page.body, /Wrong password, 12 times\s*<small>30 minutes ago · 203\.0\.113\.9/)
  assert.match(page.body, /Wrong password\s*<small>just now · 127\.0\.0\.1/)
  assert.match(page.body, /Login\s*<small>6 hours ago · 192\.0\.2\.7/)
  assert.equal(page.body.split("<span>Login").length, 3)
  // The other user sees nothing of that.
  const bob = openBrowser(service)
  const own = await bob.open("/login", { form: { username: "bob", password: "builder" } })
  assert.equal(own.body.split("<span>Login").length, 2)
  assert.doesNotMatch(own.body, /Wrong password/)
})
