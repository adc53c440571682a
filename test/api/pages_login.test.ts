// The login page: logging in by cookie, what goes wrong, and where it leads.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { AccessRule, ProtectedHost } from "../../src/domain/access_rule.ts"
import { readTicket } from "../../src/token/ticket.ts"
import { takeEvents } from "../support/api_scenario.ts"
import { fieldsOf, nextOf, openBrowser, titleOf } from "../support/fake_browser.ts"
import { createTestService } from "../support/test_service.ts"

const rule: AccessRule = {
  ...{ open: [], preflight: false, bearer: false, machine: false },
  ...{ roles: null, users: null, freshSeconds: null, mfa: false },
}
const hosts: readonly ProtectedHost[] = [
  { name: "photos.example.org", ports: [443], rule },
  { name: "admin.example.org", ports: [443], rule: { ...rule, roles: ["admin", "ops"] } },
  { name: "bank.example.org", ports: [443], rule: { ...rule, freshSeconds: 300 } },
]
const alice = { username: "alice", password: "wonderland" }
const st = "s".repeat(43)
const photos = "https://photos.example.org/albums?y=2026"

test("GET /login shows the form; a login leads to the account, with two cookies", async (t) => {
  const service = await createTestService(t, { browser: hosts })
  const browser = openBrowser(service)
  const page = await browser.ask("/login")
  assert.deepEqual([page.status, titleOf(page)], [200, "Log in"])
  assert.match(page.headers["Content-Security-Policy"] ?? "", /; form-action 'self'; /)
  takeEvents(service)
  const account = await browser.send(page, "/login", alice)
  assert.deepEqual([account.status, titleOf(account)], [200, "Your account"])
  assert.deepEqual(takeEvents(service), ["login.succeeded alice"])
  assert.deepEqual([...browser.cookies.keys()], ["__Host-postern", "__Host-postern_device"])
  // Logged in already: the login page goes on.
  assert.equal(titleOf(await browser.open("/login")), "Your account")
})

test("POST /login keeps the session until the browser ends, or, if asked, for its whole life", async (t) => {
  const service = await createTestService(t, { browser: [] })
  const sessionCookie = async (fields: Readonly<Record<string, string>>) => {
    const reply = await openBrowser(service).ask("/login", { form: { ...alice, ...fields } })
    return reply.cookies?.[0]?.replace(/=[^;]*/, "")
  }
  const attributes = "__Host-postern; Path=/; Secure; HttpOnly; SameSite=Lax"
  assert.equal(await sessionCookie({}), attributes)
  assert.equal(await sessionCookie({ stay: "1" }), `${attributes}; Max-Age=604800`)
})

test("POST /login with a form says what is missing, and keeps what was typed", async (t) => {
  const service = await createTestService(t, { browser: hosts })
  const browser = openBrowser(service)
  const rows: readonly (readonly [Record<string, string>, number, string])[] = [
    [{}, 400, "Enter your username."],
    [{ password: "x" }, 400, "Enter your username."],
    [{ username: "alice", stay: "1" }, 400, "Enter your password."],
    [{ ...alice, password: "wrong", stay: "1" }, 403, "That name or password is not right."],
    [{ ...alice, username: `<b>"alice` }, 403, "That name or password is not right."],
  ]
  for (const [form, status, text] of rows) {
    const reply = await browser.ask("/login", { form: { ...form, to: photos, st } })
    assert.deepEqual([reply.status, titleOf(reply)], [status, "Error: Log in"])
    assert.ok(reply.body.includes(text), text)
    const { username = "", stay } = form
    const kept = { to: photos, st, username, password: "", ...(stay ? { stay } : {}) }
    assert.deepEqual(fieldsOf(reply, "/login"), kept)
    assert.equal(reply.body.includes("wonderland"), false)
  }
  assert.equal(browser.cookies.size, 0)
})

test("POST /login with a form says when to try again", async (t) => {
  const service = await createTestService(t, { browser: [] })
  const browser = openBrowser(service)
  const form = { ...alice, password: "wrong" }
  for (let tries = 0; tries < 6; tries += 1) await browser.ask("/login", { form })
  const reply = await browser.ask("/login", { form })
  assert.equal(reply.status, 429)
  const seconds = Number(reply.headers["Retry-After"])
  assert.ok(seconds >= 1)
  assert.match(reply.body, new RegExp(`Try again in ${seconds} second`))
})

test("a planted cookie of devices is no reason to fail, and is replaced", async (t) => {
  const service = await createTestService(t, { browser: [] })
  const browser = openBrowser(service)
  browser.cookies.set("__Host-postern_device", `ptd_${"A".repeat(2040)}`)
  assert.equal(titleOf(await browser.open("/login", { form: alice })), "Your account")
  assert.match(browser.cookies.get("__Host-postern_device") ?? "", /^ptd_[\w-]{48}$/)
})

test("a browser that has logged in can log in while strangers have locked the account", async (t) => {
  const service = await createTestService(t, { browser: [] })
  const browser = openBrowser(service, "192.0.2.1")
  await browser.open("/login", { form: alice })
  await browser.open("/logout", { form: {} })
  assert.deepEqual([...browser.cookies.keys()], ["__Host-postern_device"])
  for (let at = 0; at < 80; at += 1) {
    const json = { ...alice, password: `guess ${at}` }
    await service.call("POST", "/login", { json, address: `198.51.100.${at}` })
  }
  const stranger = await openBrowser(service, "203.0.113.7").open("/login", { form: alice })
  assert.equal(stranger.status, 403)
  assert.match(stranger.body, /an account is closed to devices that it does not know/)
  assert.equal(titleOf(await browser.open("/login", { form: alice })), "Your account")
})

test("a login keeps the device tokens of a browser's other users", async (t) => {
  const service = await createTestService(t, { browser: [] })
  const browser = openBrowser(service)
  for (const form of [alice, { username: "bob", password: "builder" }, alice]) {
    await browser.open("/login", { form })
  }
  const tokens = browser.cookies.get("__Host-postern_device")?.split(".") ?? []
  assert.equal(tokens.length, 2)
  // A login ends the session that the browser had before.
  const { users, sessions } = service.store
  assert.equal(await users.count(), 2)
  assert.deepEqual(
    [(await sessions.list("alice")).length, (await sessions.list("bob")).length],
    [1, 0],
  )
})

test("/continue says that the browser kept no cookie, instead of looping", async (t) => {
  const service = await createTestService(t, { browser: [] })
  const browser = openBrowser(service)
  const reply = await browser.ask("/login", { form: alice })
  const path = reply.headers["Location"] ?? ""
  browser.cookies.clear()
  assert.equal(titleOf(await browser.open(path)), "Error: Your browser kept no cookie")
  // Long after, it is just a browser that nobody is logged in with.
  service.clock.advance(121)
  assert.equal(titleOf(await browser.open(path)), "Log in")
  assert.equal(titleOf(await browser.open("/continue?after=x")), "Log in")
})

test("/continue hands a login over to the host that asked, and to no other", async (t) => {
  const service = await createTestService(t, { browser: hosts })
  const browser = openBrowser(service)
  const page = await browser.open(`/continue?to=${encodeURIComponent(photos)}&st=${st}`)
  assert.match(page.body, /to continue to <b>photos.example.org<\/b>/)
  const policy = page.headers["Content-Security-Policy"] ?? ""
  // It would hold for whatever the app redirects to, so the way there is no redirect.
  assert.match(policy, /; form-action 'self'; /)
  const reply = await browser.send(page, "/login", alice)
  assert.deepEqual([reply.status, titleOf(reply)], [200, "You are logged in"])
  assert.match(reply.body, /<a class="button" href="https:\/\/photos\.example\.org\/[^"]*">Go on/)
  const [start, token = ""] = nextOf(reply).split("?t=")
  assert.equal(start, "https://photos.example.org/.postern/in")
  const ticket = readTicket(token, service.keys.cookieKey())
  assert.ok(ticket)
  const { sid } = (await service.store.sessions.list("alice"))[0] ?? {}
  const { id, ...rest } = ticket
  assert.match(id, /^[\w-]{22}$/)
  assert.deepEqual(rest, {
    ...{ sid, host: "photos.example.org", state: st, target: photos, attempt: 0 },
    expiresAt: service.clock.now() + 60,
  })
})

test("/continue tries a hand-over seven times, and then says what is wrong", async (t) => {
  const service = await createTestService(t, { browser: hosts })
  const browser = openBrowser(service)
  await browser.open("/login", { form: alice })
  const path = `/continue?to=https://photos.example.org/&st=${st}`
  const tried = await browser.ask(`${path}&n=6`)
  const [, token = ""] = (tried.headers["Location"] ?? "").split("?t=")
  assert.equal(readTicket(token, service.keys.cookieKey())?.attempt, 6)
  const last = await browser.ask(`${path}&n=7`)
  assert.deepEqual([last.status, titleOf(last)], [400, "Error: The login did not arrive"])
  assert.match(last.body, /<a class="button" href="https:\/\/photos\.example\.org\/">Try again/)
  // A login in between carries the count along.
  const page = await openBrowser(service).open(`${path}&n=1`)
  assert.equal(fieldsOf(page, "/login")["n"], "1")
})

test("/continue asks for the password again where the host wants a recent login", async (t) => {
  const service = await createTestService(t, { browser: hosts })
  const browser = openBrowser(service)
  await browser.open("/login", { form: alice })
  const [before] = await service.store.sessions.list("alice")
  service.clock.advance(301)
  const page = await browser.open(`/continue?to=https://bank.example.org/&st=${st}`)
  assert.equal(titleOf(page), "Enter your password again")
  assert.equal(fieldsOf(page, "/login")["username"], "alice")
  const reply = await browser.send(page, "/login", { password: "wonderland" })
  assert.match(nextOf(reply), /^https:\/\/bank\.example\.org\/\.postern\/in\?t=/)
  const after = await service.store.sessions.list("alice")
  assert.deepEqual([after.length, after[0]?.sid === before?.sid], [1, false])
})

test("a login again keeps how long the session stays", async (t) => {
  const service = await createTestService(t, { browser: [] })
  const browser = openBrowser(service)
  await browser.open("/login", { form: { ...alice, stay: "1" } })
  const page = await browser.open("/login?again=1")
  assert.equal(fieldsOf(page, "/login")["stay"], undefined)
  const form = { ...fieldsOf(page, "/login"), password: "wonderland" }
  const reply = await browser.ask("/login", { form })
  assert.match(reply.cookies?.[0] ?? "", /Max-Age=604800$/)
})

test("/continue sends a user whom the host is not for to /denied, which says whom it is for", async (t) => {
  const service = await createTestService(t, { browser: hosts })
  const browser = openBrowser(service)
  await browser.open("/login", { form: alice })
  const page = await browser.open(`/continue?to=https://admin.example.org/x&st=${st}`)
  assert.deepEqual([page.status, titleOf(page)], [403, "Error: You can’t open this"])
  assert.match(
    page.body,
    /<b>admin\.example\.org<\/b> is for the role <b>admin<\/b> or <b>ops<\/b>/,
  )
  assert.match(page.body, new RegExp(service.exchanges.at(-1)?.id ?? "-"))
  const reply = await browser.send(page, "/logout")
  assert.equal(nextOf(reply), "https://admin.example.org/x")
  assert.equal(browser.cookies.has("__Host-postern"), false)
})

test("/denied says so when the host is for the user after all, and links to it", async (t) => {
  const service = await createTestService(t, { browser: hosts })
  const browser = openBrowser(service)
  await browser.open("/login", { form: alice })
  const path = "/denied?to=https://admin.example.org/x"
  assert.equal(titleOf(await browser.ask(path)), "Error: You can’t open this")
  await service.accounts.addRole("alice", "ops")
  const page = await browser.ask(path)
  assert.deepEqual([page.status, titleOf(page)], [200, "You can open this"])
  assert.match(page.body, /<b>alice<\/b>, and <b>admin\.example\.org<\/b> is for you\./)
  assert.match(page.body, /href="https:\/\/admin\.example\.org\/x">Open admin\.example\.org</)
})

test("addresses that are not listed lead nowhere", async (t) => {
  const service = await createTestService(t, { browser: hosts })
  const browser = openBrowser(service)
  const bad = ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/account", "x"]
  for (const to of bad) {
    for (const path of ["/login", "/continue", "/logout", "/denied"]) {
      const reply = await browser.ask(`${path}?to=${encodeURIComponent(to)}&st=${st}`)
      assert.deepEqual([path, reply.status], [path, 400])
      assert.equal(titleOf(reply), "Error: This address can’t be opened from here")
      assert.equal(reply.body.includes("evil"), false)
    }
    const login = await browser.ask("/login", { form: { ...alice, to } })
    assert.deepEqual([login.status, login.cookies], [400, []])
    const logout = await browser.ask("/logout", { form: { to } })
    assert.equal(logout.headers["Location"], "/logout")
  }
})
