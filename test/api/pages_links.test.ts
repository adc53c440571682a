// Links by which a user sets a password once: invites and resets.

import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import { takeEvents } from "../support/api_scenario.ts"
import { openBrowser, titleOf } from "../support/fake_browser.ts"
import { createTestService, loginAddress, type TestService } from "../support/test_service.ts"

const password = "korrekt-pferd-batterie"
const gone = "Error: This link doesn’t work"

async function prepare(t: TestContext) {
  const service = await createTestService(t, { browser: [] })
  const invite = async (name = "carol") => pathOf((await service.links.invite(name)).url)
  const reset = async (name = "alice") => pathOf((await service.links.reset(name)).url)
  takeEvents(service)
  return { service, invite, reset }
}

function pathOf(url: string): string {
  assert.ok(url.startsWith(`${loginAddress}/`))
  return url.slice(loginAddress.length)
}

async function logIn(service: TestService, username: string, password: string) {
  return (await service.call("POST", "/login", { json: { username, password } })).status
}

test("an invite makes the user, who chooses a password and is logged in", async (t) => {
  const { service, invite } = await prepare(t)
  const made = await service.links.invite("Carol")
  const expiresAt = service.clock.now() + 86_400
  const { url, version, ...rest } = made
  assert.deepEqual(rest, { username: "carol", kind: "invite", expiresAt })
  assert.equal(version, (await service.accounts.find("carol"))?.version)
  assert.match(url, /^https:\/\/login\.example\.org\/invite\?t=pti_[\w-]{54}\.Y2Fyb2w$/)
  assert.deepEqual(takeEvents(service), ["user.added carol", "link.made carol invite"])
  assert.deepEqual(
    (await service.accounts.list()).map(({ username, isInvited }) => [username, isInvited]),
    [
      ["alice", false],
      ["bob", false],
      ["carol", true],
    ],
  )
  const browser = openBrowser(service)
  const page = await browser.open(await invite())
  assert.deepEqual([page.status, titleOf(page)], [200, "Choose a password"])
  assert.match(page.body, /<h1>Welcome, carol<\/h1>/)
  assert.match(page.body, /works once, for another 24 hours\./)
  takeEvents(service)
  const account = await browser.send(page, "/invite", { password })
  assert.equal(titleOf(account), "Your account")
  assert.deepEqual(takeEvents(service), ["link.used carol invite"])
  assert.deepEqual([...browser.cookies.keys()], ["__Host-postern", "__Host-postern_device"])
  assert.equal(await logIn(service, "carol", password), 200)
  assert.equal((await service.accounts.list())[2]?.isInvited, false)
})

test("nobody can log in as an invited user before the link is used", async (t) => {
  const { service, invite } = await prepare(t)
  await invite()
  for (const guess of ["", "carol", password]) {
    assert.ok([400, 401].includes(await logIn(service, "carol", guess)))
  }
})

test("a reset ends the user's sessions and unlocks the account", async (t) => {
  const { service, reset } = await prepare(t)
  const old = openBrowser(service)
  await old.open("/login", { form: { username: "alice", password: "wonderland" } })
  for (let at = 0; at < 80; at += 1) {
    const json = { username: "alice", password: `guess ${at}` }
    await service.call("POST", "/login", { json, address: `198.51.100.${at}` })
  }
  const browser = openBrowser(service)
  const page = await browser.open(await reset())
  assert.match(page.body, /<h1>New password for alice<\/h1>/)
  assert.match(page.body, /for another 60 minutes\./)
  takeEvents(service)
  await browser.send(page, "/reset", { password })
  assert.deepEqual(takeEvents(service), [
    "link.used alice reset",
    "session.ended alice password_set",
    "user.unlocked alice password_set",
  ])
  assert.equal(titleOf(await old.open("/account")), "Log in")
  assert.equal(await logIn(service, "alice", "wonderland"), 401)
  assert.equal(await logIn(service, "alice", password), 200)
})

test("opening a link moves the token into a cookie and uses nothing up", async (t) => {
  const { service, reset } = await prepare(t)
  const path = await reset()
  takeEvents(service)
  const first = openBrowser(service)
  const moved = await first.ask(path)
  assert.deepEqual([moved.status, moved.headers["Location"], moved.body], [303, "/reset", ""])
  assert.equal(first.cookies.get("__Host-postern_link"), path.split("?t=")[1])
  for (const method of ["GET", "HEAD"]) {
    for (let times = 0; times < 3; times += 1) {
      await service.call(method, path, { headers: { host: "login.example.org" } })
    }
  }
  // A mail scanner that opens the page, too.
  await openBrowser(service).open(path)
  assert.deepEqual(takeEvents(service), [])
  const page = await first.open("/reset")
  assert.equal(titleOf(await first.send(page, "/reset", { password })), "Your account")
})

test("a link works once, within its time, and only until a newer one or a reset", async (t) => {
  const { service, reset, invite } = await prepare(t)
  const titleFor = async (path: string) => titleOf(await openBrowser(service).open(path))
  const used = await reset()
  const browser = openBrowser(service)
  const page = await browser.open(used)
  await browser.send(page, "/reset", { password })
  assert.equal(await titleFor(used), gone)
  const older = await reset()
  const newer = await reset()
  assert.deepEqual([await titleFor(older), await titleFor(newer)], [gone, "Choose a new password"])
  await service.accounts.logOut("alice")
  assert.equal(await titleFor(newer), gone)
  const late = await reset()
  const invited = await invite()
  service.clock.advance(3600)
  assert.deepEqual([await titleFor(late), await titleFor(invited)], [gone, "Choose a password"])
  service.clock.advance(86_400 - 3600)
  assert.equal(await titleFor(invited), gone)
  // The operator makes another one for the user who never came.
  assert.equal(await titleFor(await invite()), "Choose a password")
  const disabled = await reset()
  await service.accounts.disable("alice")
  assert.equal(await titleFor(disabled), gone)
})

test("a link that is used twice at once sets one password", async (t) => {
  const { service, reset } = await prepare(t)
  const path = await reset()
  const browsers = Array.from({ length: 5 }, () => openBrowser(service))
  const pages = await Promise.all(browsers.map((browser) => browser.open(path)))
  const replies = await Promise.all(
    browsers.map((browser, at) =>
      browser.send(pages[at] ?? assert.fail(), "/reset", { password: `${password} ${at}` }),
    ),
  )
  assert.deepEqual(replies.map(titleOf).sort(), [gone, gone, gone, gone, "Your account"].sort())
  assert.equal((await service.store.sessions.list("alice")).length, 1)
})

test("a link is refused in another spelling, for another page, and after its key is retired", async (t) => {
  const { service, reset } = await prepare(t)
  const path = await reset()
  const token = path.split("?t=")[1] ?? ""
  const [secret = "", name = ""] = token.split(".")
  const bob = Buffer.from("bob").toString("base64url")
  const refused = [
    path.replace("/reset", "/invite"),
    ...[
      `${secret}.${bob}`,
      `${secret}`,
      `${secret}.`,
      `.${name}`,
      token.toUpperCase(),
      "x",
      "pti_",
    ].map((text) => `/reset?t=${text}`),
    `/reset?t=${secret.slice(0, -1)}${secret.endsWith("A") ? "B" : "A"}.${name}`,
    `/reset?t=${token}&t=${token}`,
    ...["/reset", "/invite"],
  ]
  for (const one of refused) {
    const page = await openBrowser(service).open(one)
    assert.deepEqual([one, page.status, titleOf(page)], [one, 410, gone])
  }
  assert.equal(titleOf(await openBrowser(service).open(path)), "Choose a new password")
  await service.keys.retire("cookies")
  assert.equal(titleOf(await openBrowser(service).open(path)), gone)
})

test("a forged link causes no look-up of the user that it names", async (t) => {
  const { service, reset } = await prepare(t)
  const token = (await reset()).split("?t=")[1] ?? ""
  const find = t.mock.method(service.store.users, "find")
  const open = (cookie: string) =>
    openBrowser(service).ask("/reset", { headers: { cookie: `__Host-postern_link=${cookie}` } })
  for (const username of ["alice", "bob", "nobody"]) {
    const name = Buffer.from(username).toString("base64url")
    const forged = `pti_${"A".repeat(54)}.${name}`
    assert.equal((await open(forged)).status, 410)
    // The link of another user, with this name in it.
    const renamed = token.replace(/\..*/, `.${name}`)
    if (renamed !== token) assert.equal((await open(renamed)).status, 410)
  }
  assert.equal(find.mock.callCount(), 0)
  assert.equal((await open(token)).status, 200)
  assert.equal(find.mock.callCount(), 1)
})

test("a password that may not be chosen is refused beside the field, and the link stays good", async (t) => {
  const { service, reset } = await prepare(t)
  const browser = openBrowser(service)
  const page = await browser.open(await reset())
  const rows: readonly (readonly [password: string, text: string])[] = [
    ["", "Enter a new password."],
    ["short", "A password needs at least 15 characters."],
    ["alicealicealice", "made of the username"],
  ]
  for (const [bad, text] of rows) {
    const reply = await browser.send(page, "/reset", { password: bad })
    assert.deepEqual([reply.status, titleOf(reply)], [400, "Error: Choose a new password"])
    assert.ok(reply.body.includes(text), text)
  }
  for (let times = 0; times < 40; times += 1) {
    await browser.send(page, "/reset", { password: "short" })
  }
  const throttled = await browser.send(page, "/reset", { password })
  assert.equal(throttled.status, 429)
  assert.match(throttled.body, /Try again in \d+ seconds?/)
  service.clock.advance(120)
  assert.equal(titleOf(await browser.send(page, "/reset", { password })), "Your account")
})

test("a form of another site uses no link", async (t) => {
  const { service, reset } = await prepare(t)
  const browser = openBrowser(service)
  await browser.open(await reset())
  const headers = { "sec-fetch-site": "cross-site" }
  assert.equal((await browser.ask("/reset", { form: { password }, headers })).status, 403)
  assert.equal(titleOf(await browser.open("/reset")), "Choose a new password")
})

test("the page of one link never sets the password of another link's user", async (t) => {
  const { service, reset } = await prepare(t)
  const browser = openBrowser(service)
  const page = await browser.open(await reset("alice"))
  // Another tab, or a link that somebody else made the browser open.
  await browser.open(await reset("bob"))
  takeEvents(service)
  const refused = await browser.send(page, "/reset", { password })
  assert.deepEqual([refused.status, titleOf(refused)], [400, "Error: Choose a new password"])
  assert.ok(refused.body.includes("that one is for bob."))
  const nameless = await browser.ask("/reset", { form: { password } })
  assert.equal(nameless.status, 400)
  assert.deepEqual(takeEvents(service), [])
  // The page says for whom it is now.
  assert.match(refused.body, /<h1>New password for bob<\/h1>/)
  const account = await browser.send(refused, "/reset", { password })
  assert.match(account.body, /<h1>bob<\/h1>/)
})

test("a link ends the session that the browser had", async (t) => {
  const { service, reset } = await prepare(t)
  const browser = openBrowser(service)
  await browser.open("/login", { form: { username: "bob", password: "builder" } })
  const page = await browser.open(await reset())
  const account = await browser.send(page, "/reset", { password })
  assert.match(account.body, /<h1>alice<\/h1>/)
  assert.equal((await service.store.sessions.list("bob")).length, 0)
})

test("links are made for users who can use them", async (t) => {
  const { service } = await prepare(t)
  const { links, accounts } = service
  await assert.rejects(links.invite("alice"), { code: "username_taken" })
  await assert.rejects(links.reset("nobody"), { code: "not_found" })
  await assert.rejects(links.invite("a b"), { code: "invalid_request" })
  await assert.rejects(links.reset(""), { code: "invalid_request" })
  await accounts.disable("alice")
  await assert.rejects(links.reset("alice"), { code: "invalid_request", message: /is disabled/ })
  await accounts.delete("bob")
  await assert.rejects(links.invite("bob"), { code: "username_taken", message: /stays reserved/ })
})

test("the store and its records never hold the token of a link", async (t) => {
  const { service, reset } = await prepare(t)
  const secret = (await reset()).split("pti_")[1]?.slice(0, 22) ?? "x"
  const user = await service.store.users.find("alice")
  assert.equal(user?.link?.kind, "reset")
  assert.equal(JSON.stringify(user).includes(secret), false)
  assert.equal(JSON.stringify(await service.accounts.list()).includes(user.link.tag), false)
  assert.equal(JSON.stringify(service.log.events).includes(secret), false)
})
