// POST /login/code with an access token: a second factor for somebody who is logged in, without the
// password (RFC 9470)..

import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import { findSession, listRevocations } from "../store/session_calls.ts"
import { assertRefused, claimsOf, refresh, takeEvents } from "../support/api_scenario.ts"
import { startOfTests } from "../support/fake_clock.ts"
import { createForge } from "../support/forge.ts"
import { interruptBefore } from "../support/interrupted_store.ts"
import { appWith, setUpApp } from "../support/second_factor.ts"
import {
  createTestService,
  type TestService,
  type TestServiceOptions,
  type TokenBody,
} from "../support/test_service.ts"
import { assertDead } from "./dead_tokens.ts"

const alice = { username: "alice", password: "wonderland" }
const wrongCode = [401, "invalid_code", "That code is not right"] as const
const isOver = [401, "invalid_token", "This login is over: log in again"] as const

/** A service where alice set up a factor in a session, which goes on by the password alone. */
async function enrolledSession(t: TestContext, options: TestServiceOptions = {}) {
  const service = await createTestService(t, options)
  const tokens = await service.start(alice.username, alice.password)
  const { access_token: token } = tokens
  const { secret } = JSON.parse((await service.call("POST", "/mfa/totp", { token })).body)
  const json = { code: appWith(secret, service).code() }
  const confirmed = await service.call("POST", "/mfa/totp/confirm", { token, json })
  const { recovery_codes: recoveryCodes } = JSON.parse(confirmed.body)
  takeEvents(service)
  return { service, tokens, token, app: appWith(secret, service, recoveryCodes) }
}

function send(service: TestService, token: string, code: string) {
  return service.call("POST", "/login/code", { token, json: { code } })
}

/** Steps up, which has to work. */
async function stepUp(service: TestService, token: string, code: string): Promise<TokenBody> {
  const reply = await send(service, token, code)
  assert.equal(reply.status, 200, reply.body)
  return JSON.parse(reply.body)
}

function proofOf(token: string) {
  const { acr, amr, fresh, auth_time: authTime } = claimsOf(token)
  return { acr, amr, fresh, authTime }
}

test("POST /login/code steps a session up: another sid, and the time of the password", async (t) => {
  const { service, tokens, token, app } = await enrolledSession(t)
  const atFirst = { acr: "aal1", amr: ["pwd"], fresh: true, authTime: startOfTests }
  assert.deepEqual(proofOf(token), atFirst)
  const code = app.nextCode()
  const next = await stepUp(service, token, code)
  assert.deepEqual(takeEvents(service), [
    "session.started alice step_up",
    "session.ended alice step_up",
    "mfa.used alice otp",
  ])
  assert.deepEqual(proofOf(next.access_token), { ...atFirst, acr: "aal2", amr: ["pwd", "otp"] })
  assert.deepEqual(Object.keys(next), [
    ...["access_token", "token_type", "expires_in", "refresh_token", "refresh_expires_in"],
    "device_token",
  ])
  const [sid, before] = [next.access_token, token].map((one) => String(claimsOf(one)["sid"]))
  assert.ok(sid !== undefined && before !== undefined && sid !== before)
  await assertDead(service, [tokens])
  const { sids } = await listRevocations(service.store, service.clock.now())
  assert.deepEqual(sids, [before])
  const sessions = await service.store.sessions.list("alice")
  assert.deepEqual(
    sessions.map((session) => [session.sid, session.startedAt, session.factorAt]),
    [[sid, startOfTests, startOfTests + 30]],
  )
  // The new tokens do what the old ones could not.
  const { status } = await service.call("POST", "/mfa/recovery", { token: next.access_token })
  assert.equal(status, 200)
  assert.equal(proofOf((await refresh(service, next.refresh_token)).access_token).acr, "aal2")
})

test("POST /login/code steps up by a recovery code, once", async (t) => {
  const { service, token, app } = await enrolledSession(t)
  const [code = ""] = app.recoveryCodes
  const next = await stepUp(service, token, code)
  assert.deepEqual(proofOf(next.access_token).amr, ["pwd", "otp"])
  assertRefused(await send(service, next.access_token, code), wrongCode)
})

test("POST /login/code makes no token fresh: only the password does", async (t) => {
  const { service, tokens, app } = await enrolledSession(t)
  const refreshed = await refresh(service, tokens.refresh_token)
  const next = await stepUp(service, refreshed.access_token, app.nextCode())
  assert.deepEqual(
    [proofOf(refreshed.access_token).fresh, proofOf(next.access_token).fresh],
    [...[false, false]],
  )
  const reply = await service.call("POST", "/mfa/recovery", { token: next.access_token })
  assertRefused(reply, [401, "insufficient_user_authentication", "Fresh token required"])
})

test("POST /login/code gives a session no longer life", async (t) => {
  const settings = { idleSeconds: 1000, maxAgeSeconds: 2500 }
  const { service, tokens, app } = await enrolledSession(t, { settings })
  service.clock.advance(900)
  let current = await refresh(service, tokens.refresh_token)
  service.clock.advance(570)
  current = await stepUp(service, current.access_token, app.nextCode())
  assert.deepEqual([current.expires_in, current.refresh_expires_in], [900, 1000])
  service.clock.advance(800)
  current = await refresh(service, current.refresh_token)
  const session = await findSession(service.store, String(claimsOf(current.access_token)["sid"]))
  assert.equal(session?.expiresAt, startOfTests + 2500)
  current = await stepUp(service, current.access_token, app.nextCode())
  assert.deepEqual([current.expires_in, current.refresh_expires_in], [170, 170])
})

test("POST /login/code renews a factor that is too old", async (t) => {
  const settings = { idleSeconds: 200_000 }
  const { service, token, app } = await enrolledSession(t, { settings })
  const stepped = await stepUp(service, token, app.nextCode())
  service.clock.advance(86_399)
  assert.equal(proofOf((await refresh(service, stepped.refresh_token)).access_token).acr, "aal2")
  service.clock.advance(1)
  const json = { refresh_token: stepped.refresh_token }
  const lapsed = JSON.parse((await service.call("POST", "/refresh", { json })).body)
  assert.deepEqual(proofOf(lapsed.access_token), {
    ...{ acr: "aal1", amr: ["pwd", "otp"], fresh: false, authTime: startOfTests },
  })
  const renewed = await stepUp(service, lapsed.access_token, app.nextCode())
  assert.deepEqual(proofOf(renewed.access_token), {
    ...{ acr: "aal2", amr: ["pwd", "otp"], fresh: false, authTime: startOfTests },
  })
})

test("POST /login/code with the present code again, or an older one, is refused", async (t) => {
  const { service, token, app } = await enrolledSession(t)
  const used = app.code()
  assertRefused(await send(service, token, used), wrongCode)
  const next = await stepUp(service, token, app.nextCode())
  takeEvents(service)
  for (const code of [used, app.code()]) {
    assertRefused(await send(service, next.access_token, code), wrongCode)
  }
  assert.deepEqual(takeEvents(service), ["mfa.failed alice used", "mfa.failed alice used"])
})

test("POST /login/code with five wrong codes ends the session", async (t) => {
  const { service, token, tokens, app } = await enrolledSession(t)
  for (let tries = 0; tries < 5; tries += 1) {
    assertRefused(await send(service, token, "000000"), wrongCode)
  }
  assert.equal((await service.call("GET", "/me", { token })).status, 200)
  takeEvents(service)
  assertRefused(await send(service, token, app.nextCode()), isOver)
  assert.deepEqual(takeEvents(service), ["session.ended alice wrong_codes"])
  await assertDead(service, [tokens])
  const user = await service.store.users.find("alice")
  assert.equal(user?.factors?.failures, 5)
})

test("POST /login/code counts the tries of a session apart, and forgets them with it", async (t) => {
  const { service, token, app } = await enrolledSession(t)
  for (let tries = 0; tries < 4; tries += 1) {
    assertRefused(await send(service, token, "000000"), wrongCode)
  }
  let next = await stepUp(service, token, app.nextCode())
  for (let tries = 0; tries < 4; tries += 1) {
    assertRefused(await send(service, next.access_token, "000000"), wrongCode)
  }
  next = await stepUp(service, next.access_token, app.nextCode())
  const user = await service.store.users.find("alice")
  assert.deepEqual([user?.factors?.failures, user?.factors?.tickets], [0, []])
  assert.equal((await service.call("GET", "/me", { token: next.access_token })).status, 200)
})

test("POST /login/code by one code ten times at once gives one session", async (t) => {
  const { service, token, app } = await enrolledSession(t)
  const code = app.nextCode()
  const replies = await Promise.all(Array.from({ length: 4 }, () => send(service, token, code)))
  assert.deepEqual(replies.map(({ status }) => status).sort(), [200, 401, 401, 401])
  assert.equal((await service.store.sessions.list("alice")).length, 1)
})

test("POST /login/code of a session that ends meanwhile gives nothing", async (t) => {
  const { service, token, app } = await enrolledSession(t)
  interruptBefore(service.store, "startSession", () => service.accounts.logOut("alice"))
  assertRefused(await send(service, token, app.nextCode()), wrongCode)
  assert.deepEqual(await service.store.sessions.list("alice"), [])
  const user = await service.store.users.find("alice")
  assert.equal(user?.factors?.totp?.lastUsedAt, startOfTests, "the code was not used up")
})

test("POST /login/code without a second factor says what to do", async (t) => {
  const service = await createTestService(t)
  const token = await service.logIn("alice", "wonderland")
  takeEvents(service)
  const msg = "You have no second factor: POST /mfa/totp sets one up"
  assertRefused(await send(service, token, "000000"), [400, "invalid_request", msg])
  assert.deepEqual(takeEvents(service), [])
})

test("POST /login/code with a token that has no session says so", async (t) => {
  const service = await createTestService(t, { shared: true })
  const app = await setUpApp(service, alice)
  const flask = await createForge("HS256")
  service.clock.advance(1)
  const iat = service.clock.now()
  const token = flask.token({ payload: { iat, exp: iat + 900, fresh: true, acr: "aal2" } })
  const msg = "This token has no session: log in at /login"
  const reply = await send(service, token, app.nextCode())
  assertRefused(reply, [400, "invalid_request", msg])
})

const malformed: readonly (readonly [string, object, readonly [number, string, string]])[] = [
  [
    "no token at all",
    { json: { code: "000000" } },
    [401, "missing_token", "Missing mfa_token: send it, or an access token as Bearer"],
  ],
  [
    "the words that stand for none",
    { json: { code: "000000", mfa_token: "null" }, headers: { authorization: "Bearer undefined" } },
    [401, "missing_token", "Missing mfa_token: send it, or an access token as Bearer"],
  ],
  ["no code", { json: {} }, [400, "invalid_request", "Missing code"]],
  ["a number", { json: { code: 123_456 } }, [400, "invalid_request", "Code must be text"]],
  [
    "a ticket that is no text",
    { json: { code: "000000", mfa_token: 7 } },
    [400, "invalid_request", "mfa_token must be text"],
  ],
  [
    "two tokens in the header",
    { json: { code: "000000" }, headers: { authorization: "Bearer x y" } },
    [
      ...([400, "invalid_request"] as const),
      "Bad Authorization header. Expected 'Authorization: Bearer <JWT>'",
    ],
  ],
  [
    "a spoiled token",
    { json: { code: "000000" }, headers: { authorization: "Bearer x.y.z" } },
    [401, "invalid_token", "Invalid token"],
  ],
  [
    "a form",
    {
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: "code=000000&mfa_token=x",
    },
    [415, "unsupported_media_type", "The body must be application/json in UTF-8"],
  ],
]

for (const [what, sent, refusal] of malformed) {
  test(`POST /login/code with ${what} is refused`, async (t) => {
    const { service } = await enrolledSession(t)
    assertRefused(await service.call("POST", "/login/code", sent), refusal)
    assert.deepEqual(takeEvents(service), [])
  })
}
