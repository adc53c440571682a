// Tickets of logins between password and factor: for how long they are good, for whom and how
// often, and what voids them.

import assert from "node:assert/strict"
import { test } from "node:test"
import { assertRefused, takeEvents } from "../support/api_scenario.ts"
import { interruptBefore } from "../support/interrupted_store.ts"
import { setUpApp } from "../support/second_factor.ts"
import { createTestService, loginAddress, type TestService } from "../support/test_service.ts"
import { tally } from "./guesses.ts"
import {
  alice,
  bob,
  enrolAlice,
  isOver,
  logInWith,
  sendCode,
  ticketOf,
  wrongCode,
} from "./mfa_calls.ts"

const form = { "content-type": "application/x-www-form-urlencoded" }
const longer = "a-much-longer-password"

test("POST /login/code takes a ticket until its last second", async (t) => {
  for (const [seconds, status] of [
    [299, 200],
    [300, 401],
  ] as const) {
    const service = await createTestService(t)
    const app = await enrolAlice({ service })
    const ticket = await ticketOf(service)
    service.clock.advance(seconds)
    takeEvents(service)
    const reply = await sendCode(service, [ticket, app.code()])
    if (status === 200) assert.equal(reply.status, 200, reply.body)
    else {
      assertRefused(reply, isOver)
      assert.deepEqual(takeEvents(service), [])
    }
  }
})

test("POST /login/code takes a ticket once", async (t) => {
  const service = await createTestService(t)
  const app = await enrolAlice({ service })
  const ticket = await ticketOf(service)
  assert.equal((await sendCode(service, [ticket, app.code()])).status, 200)
  takeEvents(service)
  for (const code of [app.code(), app.nextCode(), app.recoveryCodes[0] ?? ""]) {
    assertRefused(await sendCode(service, [ticket, code]), isOver)
  }
  assert.deepEqual(takeEvents(service), [])
})

test("a login does not void the tickets of others of the user", async (t) => {
  const service = await createTestService(t)
  const app = await enrolAlice({ service })
  const [first, second] = [await ticketOf(service), await ticketOf(service)]
  assert.notEqual(first, second)
  assert.equal((await sendCode(service, [first, app.code()])).status, 200)
  assert.equal((await sendCode(service, [second, app.nextCode()])).status, 200)
})

test("POST /login/code takes no ticket with the code of another user", async (t) => {
  const service = await createTestService(t)
  const app = await enrolAlice({ service })
  const bobs = await setUpApp(service, bob)
  service.clock.advance(60)
  takeEvents(service)
  const ticket = await ticketOf(service, bob)
  for (const code of [app.code(), app.recoveryCodes[0] ?? ""]) {
    assertRefused(await sendCode(service, [ticket, code]), wrongCode)
  }
  assert.deepEqual(takeEvents(service), [
    ...["mfa.required bob factor", "mfa.failed bob otp", "mfa.failed bob recovery"],
  ])
  const reply = await sendCode(service, [ticket, bobs.code()])
  assert.equal(reply.status, 200, reply.body)
  assert.equal((await service.store.sessions.list("alice")).length, 0)
})

test("POST /login/code counts five tries of a ticket, and then none", async (t) => {
  for (const kind of ["otp", "recovery"] as const) {
    const service = await createTestService(t)
    const app = await enrolAlice({ service })
    const ticket = await ticketOf(service)
    const wrong = kind === "otp" ? app.wrongCode() : "0-AAAA-AAAA-AAAA-AAAA"
    takeEvents(service)
    for (let tries = 0; tries < 5; tries += 1) {
      assertRefused(await sendCode(service, [ticket, wrong]), wrongCode)
    }
    for (const code of [wrong, app.code(), app.recoveryCodes[0] ?? ""]) {
      assertRefused(await sendCode(service, [ticket, code]), isOver)
    }
    assert.deepEqual(takeEvents(service), Array(5).fill(`mfa.failed alice ${kind}`))
    const user = await service.store.users.find("alice")
    assert.equal(user?.factors?.failures, 5)
    await logInWith(service, app.code())
  }
})

test("POST /login/code with a ticket fifty times at once compares five codes", async (t) => {
  const service = await createTestService(t)
  const app = await enrolAlice({ service })
  const ticket = await ticketOf(service)
  takeEvents(service)
  const tries = Array.from({ length: 50 }, (_, number) => app.wrongCode(number))
  const replies = await Promise.all(tries.map((code) => sendCode(service, [ticket, code])))
  const errors = replies.map(({ body }) => JSON.parse(body).error)
  assert.equal(errors.filter((error) => error === "invalid_code").length, 5)
  assert.equal(errors.filter((error) => error === "invalid_token").length, 45)
  assert.deepEqual(takeEvents(service), Array(5).fill("mfa.failed alice otp"))
})

test("what is no code uses up no try", async (t) => {
  const service = await createTestService(t)
  const app = await enrolAlice({ service })
  const ticket = await ticketOf(service)
  const texts = Array.from({ length: 20 }, (_, length) => "x".repeat(length + 1))
  const replies = await Promise.all(texts.map((code) => sendCode(service, [ticket, code])))
  assert.deepEqual(tally(replies.map(({ status }) => status)), { 401: 20 })
  assert.equal((await sendCode(service, [ticket, app.code()])).status, 200)
})

const voiding: Readonly<Record<string, (service: TestService) => Promise<unknown>>> = {
  "another password": ({ accounts }) =>
    accounts.setPassword({ username: "alice", password: longer }),
  "the end of all sessions by the operator": ({ accounts }) => accounts.logOut("alice"),
  "the end of all sessions of all users": ({ accounts }) => accounts.logOutAll(),
  "a user who is disabled": ({ accounts }) => accounts.disable("alice"),
  "a user who was disabled in between": async ({ accounts }) => {
    await accounts.disable("alice")
    await accounts.enable("alice")
  },
  "a deleted user": ({ accounts }) => accounts.delete("alice"),
  "other factors": async ({ store, clock, keys, tokens }) => {
    const window = { at: clock.now(), steadyAt: 0, graceSeconds: 30, ...tokens, ...keys }
    await store.users.reset("alice", {}, { window, factors: { removeAll: "recovery" } })
  },
}

for (const [what, work] of Object.entries(voiding)) {
  test(`POST /login/code refuses the ticket from before ${what}`, async (t) => {
    const service = await createTestService(t)
    const app = await enrolAlice({ service })
    const ticket = await ticketOf(service)
    await work(service)
    takeEvents(service)
    assertRefused(await sendCode(service, [ticket, app.code()]), isOver)
    assert.deepEqual(takeEvents(service), [])
    assert.deepEqual(await service.store.sessions.list("alice"), [])
  })
}

for (const what of ["another password", "a user who is disabled", "a deleted user"]) {
  test(`POST /login/code gives nothing when ${what} comes in its middle`, async (t) => {
    const service = await createTestService(t)
    const app = await enrolAlice({ service })
    const ticket = await ticketOf(service)
    interruptBefore(service.store, "startSession", async () => voiding[what]?.(service))
    assertRefused(await sendCode(service, [ticket, app.code()]), wrongCode)
    assert.deepEqual(await service.store.sessions.list("alice"), [])
  })
}

test("POST /password voids the tickets of others", async (t) => {
  const service = await createTestService(t)
  const app = await enrolAlice({ service })
  const ticket = await ticketOf(service)
  const { access_token: token } = await logInWith(service, app.code())
  const json = { current: alice.password, new: longer }
  assert.equal((await service.call("POST", "/password", { token, json })).status, 200)
  assertRefused(await sendCode(service, [ticket, app.nextCode()]), isOver)
})

test("a ticket is good for what it was given for, and where", async (t) => {
  const service = await createTestService(t, {
    ...{ requirement: { kind: "role", role: "admin" }, browser: [] },
  })
  await service.accounts.addRole("bob", "admin")
  const app = await enrolAlice({ service })
  const factor = await ticketOf(service)
  const enrolment = await ticketOf(service, bob)
  assertRefused(await sendCode(service, [enrolment, app.code()]), isOver)
  for (const path of ["/mfa/totp", "/mfa/totp/confirm"]) {
    const json = { mfa_token: factor, code: app.code() }
    assertRefused(await service.call("POST", path, { json }), isOver)
  }
  const page = await service.call("POST", "/login", {
    headers: { ...form, host: "login.example.org", origin: loginAddress },
    body: new URLSearchParams(alice).toString(),
  })
  const [, ofPage = ""] = /(ptm_[\w.-]+)/.exec(page.cookies?.join() ?? "") ?? []
  assert.ok(ofPage.length > 100, page.body)
  assertRefused(await sendCode(service, [ofPage, app.code()]), isOver)
  const { body } = await sendCode(service, [factor, app.code()])
  assert.match(body, /"access_token"/)
})
