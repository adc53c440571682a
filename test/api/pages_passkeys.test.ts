// The page of a person's passkeys: how they are added, listed and removed.

import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import type { FactorRequirement } from "../../src/domain/factor_requirement.ts"
import { AuthError, Unavailable } from "../../src/errors.ts"
import type { RegistrationOptions } from "../../src/factor/passkey_options.ts"
import type { BrowserSession, PageParts } from "../../src/pages/page_parts.ts"
import { passkeysReply } from "../../src/pages/passkeys_page.ts"
import { noWay } from "../../src/pages/way.ts"
import { takeEvents } from "../support/api_scenario.ts"
import { fieldsOf, nextOf, openBrowser, titleOf } from "../support/fake_browser.ts"
import { makePasskeyOn, optionsOn, usePasskeyOn } from "../support/page_passkeys.ts"
import { addPasskey, createTestAuthenticator, logInByPasskey } from "../support/passkeys.ts"
import { anyUser } from "../support/protected_apps.ts"
import { appOn, codesOn, setUpApp } from "../support/second_factor.ts"
import { createTestService } from "../support/test_service.ts"

const alice = { username: "alice", password: "wonderland" }
const path = "/account/passkeys"
const safe = "https://safe.example.org/x"
const st = "s".repeat(43)
const agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
const failed = "That passkey could not be added: start again."

async function prepare(t: TestContext, requirement: FactorRequirement = { kind: "none" }) {
  const rule = { ...anyUser, mfa: true }
  const service = await createTestService(t, {
    ...{ browser: [{ name: "safe.example.org", ports: [443], rule }], requirement },
    settings: { idleSeconds: 259_200 },
  })
  return { service, browser: openBrowser(service), authenticator: createTestAuthenticator() }
}

test("a first passkey gives recovery codes and another session, and ends all that there were", async (t) => {
  const { service, browser, authenticator } = await prepare(t)
  const other = openBrowser(service)
  await other.open("/login", { form: alice })
  const account = await browser.open("/login", { form: { ...alice, stay: "1" } })
  assert.match(account.body, /<b>Passkeys<\/b><small>none: with one, you need no password</)
  const page = await browser.open(path)
  assert.deepEqual([page.status, titleOf(page)], [200, "Passkeys"])
  assert.deepEqual(fieldsOf(page, path), { credential: "", name: "" })
  assert.match(page.body, /data-passkey="\/account\/passkeys\/options" data-make="1" hidden>/)
  const [before] = await service.store.sessions.list("alice")
  takeEvents(service)
  const shown = await makePasskeyOn(browser, { page, path, name: " Laptop " }, authenticator)
  assert.deepEqual(takeEvents(service), [
    ...["login.succeeded alice", "session.ended alice mfa_changed"],
    ...["session.ended alice mfa_changed", "mfa.enrolled alice passkey"],
  ])
  const { next, codes } = codesOn(shown)
  assert.deepEqual([titleOf(shown), codes.length], ["Save your recovery codes", 10])
  assert.match(shown.cookies?.[0] ?? "", /Max-Age=604800$/)
  const after = await service.store.sessions.list("alice")
  assert.deepEqual([after.length, after[0]?.sid === before?.sid], [1, false])
  assert.deepEqual([after[0]?.amr, after[0]?.factorAt], [["pwd", "hwk"], service.clock.now()])
  const done = await browser.open(next)
  assert.match(done.body, /role="status">Your passkey is added\./)
  assert.match(done.body, /<b>Laptop<\/b>\s*<small>added just now · never used<\/small>/)
  assert.match(done.body, /<small>10 of 10 are left\. Each/)
  assert.match(done.body, /Without this one, your password alone logs you in\./)
  const now = await browser.open("/account")
  assert.match(now.body, /just now, with a password and a passkey\./)
  assert.match(now.body, /<b>Passkeys<\/b><small>1 passkey<\/small>/)
  assert.match(now.body, /<b>Authenticator app<\/b><small>off<\/small>/)
  assert.equal(titleOf(await other.open("/account")), "Log in")
})

test("a further passkey leaves the sessions, and gets the name of the browser", async (t) => {
  const { service, browser } = await prepare(t)
  const app = await setUpApp(service, alice)
  const code = await browser.send(await browser.open("/login"), "/login", alice)
  await browser.send(code, "/login/code", { code: app.nextCode() })
  const page = await browser.open(path)
  const options = await optionsOn<RegistrationOptions>(browser, page, path)
  const credential = JSON.stringify(createTestAuthenticator({ isSynced: true }).create(options))
  takeEvents(service)
  const form = { ...fieldsOf(page, path), credential }
  const sent = await browser.ask(path, { form, headers: { "user-agent": agent } })
  assert.deepEqual([sent.status, sent.headers["Location"]], [303, `${path}?done=added`])
  assert.deepEqual(takeEvents(service), ["mfa.enrolled alice passkey"])
  assert.equal(sent.cookies?.length, 0)
  const done = await browser.open(`${path}?done=added`)
  assert.match(done.body, /<b>Firefox on Linux<\/b> <span class="tag">Synced<\/span>/)
  assert.doesNotMatch(done.body, /your password alone/)
  // A link of another site makes the page say nothing.
  const headers = { "sec-fetch-site": "cross-site" }
  assert.doesNotMatch((await browser.ask(`${path}?done=added`, { headers })).body, /is added/)
  assert.doesNotMatch((await browser.open(`${path}?done=x`)).body, /role="status"/)
  const manage = await browser.open("/account/totp")
  assert.match(manage.body, /Your passkeys go on working\./)
})

test("a refused passkey is named on the page, and nothing is stored", async (t) => {
  const { service, browser, authenticator } = await prepare(t)
  await browser.open("/login", { form: alice })
  const page = await browser.open(path)
  takeEvents(service)
  const origin = "https://login.example.com"
  const reply = await makePasskeyOn(browser, { page, path }, authenticator, { origin })
  assert.deepEqual([reply.status, titleOf(reply)], [400, "Error: Passkeys"])
  assert.match(reply.body, new RegExp(`role="alert" id="error"><b>${failed}`))
  const long = await makePasskeyOn(
    ...([browser, { page, path, name: "x".repeat(61) }, createTestAuthenticator()] as const),
  )
  assert.match(long.body, /<b>The name must have at most 60 characters, and no control ones\./)
  const slowed = await Promise.all(
    Array.from({ length: 30 }, () => browser.ask(path, { form: { credential: "{}" } })),
  )
  assert.deepEqual([slowed[28]?.status, slowed[29]?.status], [400, 429])
  assert.equal(titleOf(slowed[29] ?? assert.fail()), "Error: Passkeys")
  assert.deepEqual(takeEvents(service), [])
  assert.equal((await service.store.users.find("alice"))?.factors, null)
})

test("the page of passkeys needs a recent login, with the factor where there is one", async (t) => {
  const { service, browser, authenticator } = await prepare(t)
  assert.equal(titleOf(await openBrowser(service).open(path)), "Log in")
  await browser.open("/login", { form: alice })
  service.clock.advance(901)
  const again = "Enter your password again"
  assert.equal(titleOf(await browser.open(path)), again)
  for (const target of [path, `${path}/options`, `${path}/remove`]) {
    assert.equal(titleOf(await browser.open(target, { form: {} })), again, target)
  }
  await browser.send(await browser.open(path), "/login", { password: "wonderland" })
  const page = await browser.open(path)
  await makePasskeyOn(browser, { page, path }, authenticator)
  service.clock.advance(901)
  const asked = await browser.open(path)
  const { headers } = await usePasskeyOn(browser, asked, authenticator)
  const back = await browser.open(headers["Location"] ?? "")
  assert.equal(titleOf(back), "Passkeys")
  // A login by password alone is not enough any more, however recent it is.
  service.clock.advance(901)
  const byPassword = await browser.send(await browser.open(path), "/login", alice)
  assert.equal(titleOf(byPassword), "Use your passkey")
})

test("a passkey is removed, and opens nothing any more", async (t) => {
  const { service, browser, authenticator } = await prepare(t)
  await browser.open("/login", { form: alice })
  const page = await browser.open(path)
  await makePasskeyOn(browser, { page, path, name: "One" }, authenticator)
  const second = createTestAuthenticator()
  await makePasskeyOn(browser, { page, path, name: "Two" }, second)
  const other = openBrowser(service)
  await usePasskeyOn(other, await other.open("/login"), second)
  const [one, two] = (await service.store.users.find("alice"))?.factors?.passkeys ?? []
  const list = await browser.open(path)
  assert.match(list.body, /aria-label="Remove the passkey One"/)
  takeEvents(service)
  const form = { passkey: one?.id ?? "" }
  const removed = await browser.open(`${path}/remove`, { form })
  assert.match(removed.body, /role="status">That passkey opens nothing any more\./)
  assert.doesNotMatch(removed.body, /<b>One<\/b>/)
  assert.deepEqual(takeEvents(service), [
    ...["session.ended alice mfa_changed", "mfa.removed alice passkey"],
  ])
  assert.equal((await logInByPasskey(service, authenticator)).status, 401)
  assert.equal((await logInByPasskey(service, second)).status, 200)
  takeEvents(service)
  // Twice is as good as once; and no other factor is removed here.
  assert.equal((await browser.open(`${path}/remove`, { form })).status, 200)
  assert.deepEqual(takeEvents(service), [])
  await browser.open(`${path}/remove`, { form: { passkey: two?.id ?? "" } })
  assert.equal((await service.store.users.find("alice"))?.factors, null)
})

test("the last factor of a user who has to have one stays", async (t) => {
  const { service, browser, authenticator } = await prepare(t)
  await browser.open("/login", { form: alice })
  const page = await browser.open(path)
  await makePasskeyOn(browser, { page, path }, authenticator)
  await service.accounts.addRole("alice", "ops")
  const [{ id } = { id: "" }] = (await service.store.users.find("alice"))?.factors?.passkeys ?? []
  await service.store.close()
  const { directory } = service
  const strict = await createTestService(t, {
    ...{ directory, browser: [], requirement: { kind: "role", role: "ops" } },
  })
  const again = openBrowser(strict)
  await usePasskeyOn(again, await again.open("/login"), authenticator)
  const list = await again.open(path)
  assert.match(list.body, /Home asks you to have a second factor, so this one stays\./)
  assert.doesNotMatch(list.body, /passkeys\/remove/)
  const refused = await again.ask(`${path}/remove`, { form: { passkey: id } })
  assert.deepEqual([refused.status, titleOf(refused)], [403, "Error: This can’t be done"])
})

test("where browsers make no passkeys, the page of passkeys says so", async (t) => {
  const { service } = await prepare(t)
  const user = (await service.store.users.find("alice")) ?? assert.fail()
  const site = { name: "Home", origin: "https://192.0.2.7", host: "192.0.2.7" }
  const news = { way: noWay, done: null, fault: null }
  const parts = {
    ...{ site, relyingParty: null, requirement: { kind: "none" }, clock: service.clock },
  }
  const session = { user } as BrowserSession
  const { body } = passkeysReply(session, news, parts as unknown as PageParts)
  assert.match(body, /Browsers make no passkeys for <b>192\.0\.2\.7<\/b>\./)
  assert.doesNotMatch(body, /data-passkey/)
})

test("a host that asks for a second factor leads over a passkey, and opens", async (t) => {
  const { browser, authenticator } = await prepare(t)
  await browser.open("/login", { form: alice })
  const totp = await browser.open(`/account/totp?to=${encodeURIComponent(safe)}&st=${st}`)
  const link = `${path}?to=${encodeURIComponent(safe).replaceAll("%3A", ":").replaceAll("%2F", "/")}&st=${st}`
  assert.ok(totp.body.includes(`<a href="${link.replaceAll("&", "&amp;")}">Use a passkey instead`))
  const page = await browser.open(link)
  assert.deepEqual(fieldsOf(page, path), { to: safe, st, credential: "", name: "" })
  const evil = "https://evil.example/"
  const strange = await browser.open(`${path}?to=${evil}`)
  assert.deepEqual(fieldsOf(strange, path), { credential: "", name: "" })
  assert.equal((await browser.ask(path, { form: { to: evil, credential: "{}" } })).status, 400)
  const { next } = codesOn(await makePasskeyOn(browser, { page, path }, authenticator))
  const onward = await browser.open(next)
  assert.match(
    onward.headers["Location"] ?? nextOf(onward),
    /^https:\/\/safe\.example\.org\/\.postern/,
  )
})

test("a failed addition of a passkey is a page, too", async (t) => {
  const { service, browser } = await prepare(t)
  await browser.open("/login", { form: alice })
  const page = await browser.open(path)
  const { sessions } = service.store
  const failing = t.mock.method(sessions, "revokeToken", async () => {
    throw new Unavailable("The change could not be stored")
  })
  const busy = await makePasskeyOn(browser, { page, path }, createTestAuthenticator())
  assert.deepEqual([busy.status, titleOf(busy)], [503, "Error: Passkeys"])
  failing.mock.mockImplementation(async () => {
    throw new TypeError("a bug of the test")
  })
  const broken = await makePasskeyOn(browser, { page, path }, createTestAuthenticator())
  assert.equal(broken.status, 500)
  failing.mock.mockImplementation(async () => {
    throw new AuthError("not_found", "There is no such user")
  })
  const gone = await makePasskeyOn(browser, { page, path }, createTestAuthenticator())
  assert.equal(gone.status, 404)
  failing.mock.restore()
  // The session is ended while recovery codes are hashed.
  const ending = t.mock.method(sessions, "revokeToken", async () => {
    await service.accounts.logOut("alice")
    return true
  })
  const ended = await makePasskeyOn(browser, { page, path }, createTestAuthenticator())
  assert.deepEqual([ended.status, ended.headers["Location"]], [303, "/login"])
  ending.mock.restore()
  assert.equal(titleOf(await browser.open(path)), "Log in")
  assert.equal((await service.store.users.find("alice"))?.factors, null)
})

test("the page of an app knows passkeys beside it, and the page of passkeys an app", async (t) => {
  const { service, browser, authenticator } = await prepare(t)
  await browser.open("/login", { form: alice })
  const page = await browser.open(path)
  await makePasskeyOn(browser, { page, path }, authenticator)
  const totp = await browser.open("/account/totp")
  const app = appOn(totp, service)
  await browser.send(totp, "/account/totp", { code: app.code() })
  assert.match((await browser.open("/account/totp")).body, /Your passkeys go on working\./)
  assert.doesNotMatch((await browser.open(path)).body, /your password alone/)
  const { body } = await logInByPasskey(service, authenticator)
  const { access_token: token } = JSON.parse(body)
  for (let count = 1; count < 20; count += 1) {
    assert.equal((await addPasskey(service, { token }, createTestAuthenticator())).status, 200)
  }
  const full = await browser.open(path)
  assert.match(full.body, /You have as many passkeys as one person can have\./)
  assert.doesNotMatch(full.body, /data-passkey/)
})
