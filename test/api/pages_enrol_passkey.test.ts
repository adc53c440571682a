// Passkeys of logins that can't go on without a second factor.

import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import { Unavailable } from "../../src/errors.ts"
import type { RegistrationOptions } from "../../src/factor/passkey_options.ts"
import { takeEvents } from "../support/api_scenario.ts"
import { fieldsOf, openBrowser, titleOf } from "../support/fake_browser.ts"
import { makePasskeyOn, optionsOn } from "../support/page_passkeys.ts"
import { createTestAuthenticator } from "../support/passkeys.ts"
import { codesOn } from "../support/second_factor.ts"
import { createTestService } from "../support/test_service.ts"

const alice = { username: "alice", password: "wonderland" }
const enrol = "/login/enrol/passkey"

async function prepare(t: TestContext) {
  const requirement = { kind: "all" } as const
  const service = await createTestService(t, { browser: [], requirement })
  return { service, browser: openBrowser(service), authenticator: createTestAuthenticator() }
}

test("a login that needs a factor first can make a passkey in the place of an app", async (t) => {
  const { service, browser, authenticator } = await prepare(t)
  const page = await browser.send(await browser.open("/login"), "/login", { ...alice, stay: "1" })
  assert.equal(titleOf(page), "Set up a second factor")
  assert.deepEqual(fieldsOf(page, enrol), { credential: "" })
  takeEvents(service)
  const wrong = await makePasskeyOn(browser, { page, path: enrol }, createTestAuthenticator(), {
    isVerified: false,
  })
  assert.deepEqual([wrong.status, titleOf(wrong)], [400, "Error: Set up a second factor"])
  assert.match(wrong.body, /<b>That passkey could not be added\. Try again\.<\/b>/)
  assert.deepEqual(takeEvents(service), [])
  const shown = await makePasskeyOn(browser, { page: wrong, path: enrol }, authenticator)
  assert.deepEqual(takeEvents(service), ["login.succeeded alice", "mfa.enrolled alice passkey"])
  assert.match(shown.cookies?.[0] ?? "", /Max-Age=604800$/)
  assert.equal(browser.cookies.has("__Host-postern_factor"), false)
  const { next, codes } = codesOn(shown)
  assert.equal(codes.length, 10)
  assert.equal(titleOf(await browser.open(next)), "Your account")
  const [{ amr } = {}] = await service.store.sessions.list("alice")
  assert.deepEqual(amr, ["pwd", "hwk"])
  // The ticket is used up.
  const late = await browser.ask(enrol, { form: { credential: "{}" } })
  assert.equal(late.headers["Location"], "/login?again=1&over=late")
  const options = await browser.ask(`${enrol}/options`, { form: { to: "https://evil.example/" } })
  assert.equal(options.headers["Location"], "/login?again=1&over=late")
  const evil = await browser.ask(enrol, { form: { to: "https://evil.example/" } })
  assert.equal(evil.status, 400)
})

test("an enrolment by passkey ends the session that the browser had", async (t) => {
  const { service, browser, authenticator } = await prepare(t)
  const enrolAs = async (user: typeof alice, by: typeof authenticator) => {
    const page = await browser.send(await browser.open("/login?again=1"), "/login", user)
    return makePasskeyOn(browser, { page, path: enrol }, by)
  }
  await enrolAs({ username: "bob", password: "builder" }, createTestAuthenticator())
  takeEvents(service)
  await enrolAs(alice, authenticator)
  assert.deepEqual(takeEvents(service), [
    ...["mfa.required alice enrolment", "login.succeeded alice", "mfa.enrolled alice passkey"],
    "session.ended bob replaced",
  ])
  assert.deepEqual(await service.store.sessions.list("bob"), [])
})

test("an enrolment by passkey that is sent twice at once starts one session", async (t) => {
  const { service, browser, authenticator } = await prepare(t)
  const page = await browser.send(await browser.open("/login"), "/login", alice)
  const options = await optionsOn<RegistrationOptions>(browser, page, enrol)
  const form = { credential: JSON.stringify(authenticator.create(options)) }
  const replies = await Promise.all([browser.ask(enrol, { form }), browser.ask(enrol, { form })])
  assert.deepEqual(replies.map(({ status }) => status).sort(), [200, 400])
  assert.equal((await service.store.sessions.list("alice")).length, 1)
})

test("a failed enrolment by passkey is a page, too", async (t) => {
  const { service, browser } = await prepare(t)
  const page = await browser.send(await browser.open("/login"), "/login", alice)
  const enrolled = () => makePasskeyOn(browser, { page, path: enrol }, createTestAuthenticator())
  const { sessions } = service.store
  const failing = t.mock.method(sessions, "revokeToken", async () => {
    throw new Unavailable("The change could not be stored")
  })
  const busy = await enrolled()
  assert.deepEqual([busy.status, titleOf(busy)], [503, "Error: Set up a second factor"])
  failing.mock.mockImplementation(async () => {
    throw new TypeError("a bug of the test")
  })
  assert.equal((await enrolled()).status, 500)
  // The password is changed while recovery codes are hashed.
  failing.mock.mockImplementation(async () => {
    await service.accounts.setPassword({ ...alice, password: "korrekt-pferd-batterie" })
    return true
  })
  const over = await enrolled()
  assert.equal(over.headers["Location"], "/login?over=late")
  assert.equal((await service.store.users.find("alice"))?.factors, null)
})
