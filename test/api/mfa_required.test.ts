// POSTERN_REQUIRE_MFA over JSON: who has no second factor gets a ticket to set one up and no token,
// and a session from before opens nothing else.

import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import { assertRefused, claimsOf, refresh, takeEvents } from "../support/api_scenario.ts"
import { createForge } from "../support/forge.ts"
import { interruptBefore } from "../support/interrupted_store.ts"
import { appWith, setUpApp, type TestApp } from "../support/second_factor.ts"
import {
  createTestService,
  type TestService,
  type TestServiceOptions,
} from "../support/test_service.ts"
import { alice, bob, enrolAlice, isOver, logInWith, ticketOf, wrongCode } from "./mfa_calls.ts"
import { guardedRoutes } from "./token_rows.ts"

const all: TestServiceOptions = { requirement: { kind: "all" } }
const admins: TestServiceOptions = { requirement: { kind: "role", role: "admin" } }
const error = "insufficient_user_authentication"
const mustEnrol = [401, error, "Second factor required: log in to set one up"] as const

/** What a session of a user who must enrol may use all the same. */
const enrolling = [
  ...["GET /mfa", "POST /mfa/totp", "POST /mfa/totp/confirm"],
  ...["POST /mfa/passkeys/options", "POST /mfa/passkeys"],
]

async function offerBy(service: TestService, ticket: string): Promise<TestApp> {
  const reply = await service.call("POST", "/mfa/totp", { json: { mfa_token: ticket } })
  assert.equal(reply.status, 200, reply.body)
  return appWith(JSON.parse(reply.body).secret, service)
}

function confirmBy(service: TestService, ticket: string, code: string) {
  const json = { mfa_token: ticket, code }
  return service.call("POST", "/mfa/totp/confirm", { json })
}

for (const [who, options] of Object.entries({ all, admins })) {
  test(`POST /login asks a user who must enrol (${who}) to do that, and gives a ticket`, async (t) => {
    const service = await createTestService(t, options)
    await service.accounts.addRole("alice", "admin")
    takeEvents(service)
    for (const code of [undefined, "000000"]) {
      const reply = await service.call("POST", "/login", { json: { ...alice, code } })
      const { mfa_token: ticket, ...rest } = JSON.parse(reply.body)
      assert.deepEqual(
        [reply.status, rest],
        [
          401,
          {
            error: "mfa_enrolment_required",
            msg: "Set up a second factor to log in",
            ...{ methods: [], expires_in: 900 },
          },
        ],
      )
      assert.equal(reply.headers["WWW-Authenticate"], 'Bearer realm="postern"')
      assert.match(ticket, /^ptm_/)
    }
    const asked = "mfa.required alice enrolment"
    assert.deepEqual(takeEvents(service), [asked, asked])
    assert.deepEqual(await service.store.sessions.list("alice"), [])
    const reply = await service.call("POST", "/login", { json: bob })
    assert.equal(reply.status, who === "all" ? 401 : 200)
  })
}

test("an enrolment by ticket ends in the tokens of the login", async (t) => {
  const service = await createTestService(t, all)
  const ticket = await ticketOf(service)
  const app = await offerBy(service, ticket)
  assertRefused(await confirmBy(service, ticket, app.wrongCode()), wrongCode)
  takeEvents(service)
  const reply = await confirmBy(service, ticket, app.code())
  assert.equal(reply.status, 200, reply.body)
  const { recovery_codes: codes, ...tokens } = JSON.parse(reply.body)
  assert.equal(codes.length, 10)
  assert.deepEqual(Object.keys(tokens), [
    ...["access_token", "token_type", "expires_in", "refresh_token", "refresh_expires_in"],
    "device_token",
  ])
  assert.deepEqual(takeEvents(service), ["login.succeeded alice", "mfa.enrolled alice otp"])
  const { access_token: token } = tokens
  const { acr, amr, fresh } = claimsOf(token)
  assert.deepEqual([acr, amr, fresh], ["aal2", ["pwd", "otp"], true])
  for (const path of ["/me", "/protected", "/sessions", "/mfa"]) {
    assert.equal((await service.call("GET", path, { token })).status, 200)
  }
  assert.equal((await service.call("POST", "/mfa/recovery", { token })).status, 200)
  await refresh(service, tokens.refresh_token)
  // The device is one that has logged in: strangers can't lock it out.
  const { device_token } = tokens
  const again = await service.call("POST", "/login", { json: { ...alice, device_token } })
  assert.equal(JSON.parse(again.body).error, "mfa_required")
  assertRefused(await confirmBy(service, ticket, app.nextCode()), isOver)
})

test("an enrolment by ticket ends the sessions that are older than the requirement", async (t) => {
  const service = await createTestService(t, admins)
  const old = await service.start("alice", "wonderland")
  await service.accounts.addRole("alice", "admin")
  const ticket = await ticketOf(service)
  const app = await offerBy(service, ticket)
  takeEvents(service)
  assert.equal((await confirmBy(service, ticket, app.code())).status, 200)
  assert.deepEqual(takeEvents(service), [
    ...["login.succeeded alice", "session.ended alice mfa_changed", "mfa.enrolled alice otp"],
  ])
  const reply = await service.call("GET", "/me", { token: old.access_token })
  assertRefused(reply, [401, "invalid_token", "Token has been revoked"])
})

test("of two tickets one enrols", async (t) => {
  const service = await createTestService(t, all)
  const [first, second] = [await ticketOf(service), await ticketOf(service)]
  const app = await offerBy(service, first)
  const replies = await Promise.all([
    confirmBy(service, first, app.code()),
    confirmBy(service, second, app.code()),
  ])
  assert.deepEqual(replies.map(({ status }) => status).sort(), [200, 404])
  assert.equal((await service.store.sessions.list("alice")).length, 1)
})

test("a ticket enrols until its last second", async (t) => {
  const service = await createTestService(t, all)
  const ticket = await ticketOf(service)
  service.clock.advance(899)
  const app = await offerBy(service, ticket)
  service.clock.advance(1)
  assertRefused(await confirmBy(service, ticket, app.code()), isOver)
  assertRefused(await service.call("POST", "/mfa/totp", { json: { mfa_token: ticket } }), isOver)
})

test("a ticket of an old password enrols nobody, even when that changes in the middle", async (t) => {
  const service = await createTestService(t, all)
  const ticket = await ticketOf(service)
  const app = await offerBy(service, ticket)
  const next = { username: "alice", password: "a-much-longer-password" }
  interruptBefore(service.store, "resetUser", () => service.accounts.setPassword(next))
  assertRefused(await confirmBy(service, ticket, app.code()), isOver)
  const user = await service.store.users.find("alice")
  assert.equal(user?.factors?.totp, null)
  assert.deepEqual(await service.store.sessions.list("alice"), [])
})

/** alice logged in, and has to enrol since. */
async function obligedSession(t: TestContext) {
  const service = await createTestService(t, admins)
  const tokens = await service.start("alice", "wonderland")
  await service.accounts.addRole("alice", "admin")
  takeEvents(service)
  return { service, tokens, token: tokens.access_token }
}

for (const route of guardedRoutes.filter((one) => !enrolling.includes(one))) {
  test(`${route} refuses a session whose user has to enrol, from the next request on`, async (t) => {
    const { service, token } = await obligedSession(t)
    const [method = "", path = ""] = route.replace(/\{s?id\}/, "A".repeat(22)).split(" ")
    const json = { current: "wonderland", new: "a-much-longer-password" }
    const reply = await service.call(method, path, method === "POST" ? { token, json } : { token })
    assertRefused(reply, mustEnrol)
    const challenge = `Bearer realm="postern", error="${error}", acr_values="aal2"`
    assert.equal(reply.headers["WWW-Authenticate"], challenge)
    assert.deepEqual(takeEvents(service), [])
    await service.accounts.removeRole("alice", "admin")
    const later = await service.call(method, path, method === "POST" ? { token, json } : { token })
    assert.ok(later.status !== 401, later.body)
  })
}

test("a session whose user has to enrol may do so, and log out", async (t) => {
  const { service, token, tokens } = await obligedSession(t)
  const shown = await service.call("GET", "/mfa", { token })
  assert.deepEqual([shown.status, JSON.parse(shown.body).required], [200, true])
  const app = appWith(
    JSON.parse((await service.call("POST", "/mfa/totp", { token })).body).secret,
    service,
  )
  const json = { code: app.code() }
  assert.equal((await service.call("POST", "/mfa/totp/confirm", { token, json })).status, 200)
  assert.equal((await service.call("GET", "/me", { token })).status, 200)
  await refresh(service, tokens.refresh_token)
  const other = await obligedSession(t)
  const reply = await other.service.call("POST", "/logout", { token: other.token })
  assert.deepEqual([reply.status, takeEvents(other.service)], [204, ["session.ended alice logout"]])
})

test("a session whose user has to enrol can't when it is not fresh", async (t) => {
  const service = await createTestService(t, admins)
  const tokens = await service.start("alice", "wonderland")
  const { access_token: token } = await refresh(service, tokens.refresh_token)
  await service.accounts.addRole("alice", "admin")
  for (const route of ["POST /mfa/totp", "POST /mfa/totp/confirm"]) {
    const [method = "", path = ""] = route.split(" ")
    const reply = await service.call(method, path, { token, json: { code: "000000" } })
    assertRefused(reply, [401, error, "Fresh token required"])
  }
})

test("the last factor of a user who needs one stays", async (t) => {
  const service = await createTestService(t, admins)
  const app = await enrolAlice({ service })
  const { access_token: token } = await logInWith(service, app.code())
  await service.accounts.addRole("alice", "admin")
  const { totp, required } = JSON.parse((await service.call("GET", "/mfa", { token })).body)
  assert.equal(required, true)
  takeEvents(service)
  const reply = await service.call("DELETE", `/mfa/${totp.id}`, { token })
  const msg = "You need a second factor: add another one before you remove this one"
  assertRefused(reply, [403, "access_denied", msg])
  assert.deepEqual(takeEvents(service), [])
  assert.equal((await service.call("GET", "/me", { token })).status, 200)
  await service.accounts.removeRole("alice", "admin")
  assert.equal((await service.call("DELETE", `/mfa/${totp.id}`, { token })).status, 204)
})

test("who has a factor is asked for it, whether it is required or not", async (t) => {
  const service = await createTestService(t, admins)
  await setUpApp(service, alice)
  await service.accounts.addRole("alice", "admin")
  const reply = await service.call("POST", "/login", { json: alice })
  assert.equal(JSON.parse(reply.body).error, "mfa_required")
})

test("a Flask token of a user who has to enrol opens what enrols, and nothing else", async (t) => {
  const service = await createTestService(t, { ...all, shared: true })
  const flask = await createForge("HS256")
  const token = flask.token({ payload: { fresh: true, acr: "aal2", amr: ["pwd", "otp"] } })
  assertRefused(await service.call("GET", "/me", { token }), mustEnrol)
  assert.equal((await service.call("GET", "/mfa", { token })).status, 200)
  const { secret } = JSON.parse((await service.call("POST", "/mfa/totp", { token })).body)
  const json = { code: appWith(secret, service).code() }
  const confirmed = await service.call("POST", "/mfa/totp/confirm", { token, json })
  assert.equal(JSON.parse(confirmed.body).recovery_codes.length, 10)
})
