// How often passkeys may be wrong, right and made; and that locked codes keep no passkey out.

import assert from "node:assert/strict"
import { test } from "node:test"
import { takeEvents } from "../support/api_scenario.ts"
import {
  addPasskey,
  createTestAuthenticator,
  logInByPasskey,
  offer,
  sendPasskey,
  setUpPasskey,
  ticketOf,
} from "../support/passkeys.ts"
import { setUpApp } from "../support/second_factor.ts"
import { createTestService } from "../support/test_service.ts"

const alice = { username: "alice", password: "wonderland" }
const optionsPath = "/login/passkey/options"

test("POST /login/passkey slows down a client whose passkeys are wrong, and nobody else", async (t) => {
  const service = await createTestService(t)
  const { authenticator } = await setUpPasskey(service, alice)
  const from = (address: string, credential: unknown) =>
    sendPasskey(service, credential, {}, { address })
  takeEvents(service)
  const replies = await Promise.all(
    Array.from({ length: 302 }, () => from("192.0.2.1", { id: "x" })),
  )
  const refused = replies.filter(({ status }) => status === 401)
  const slowed = replies.filter(({ status }) => status === 429)
  assert.deepEqual([refused.length, slowed.length], [300, 2])
  assert.equal(slowed[0]?.headers["Retry-After"], "2")
  const events = takeEvents(service)
  // The others are summed up (audit_summary.ts).
  assert.equal(events.filter((event) => event === "mfa.failed passkey").length, 100)
  assert.ok(events.includes("client.throttled passkey"))
  const answer = authenticator.get(await offer(service, optionsPath, {}))
  assert.equal((await from("192.0.2.1", answer)).status, 429)
  assert.equal((await from("192.0.2.2", answer)).status, 200)
  service.clock.advance(2)
  assert.equal((await logInByPasskey(service, authenticator)).status, 200)
})

test("POST /login/passkey counts no right passkey among the wrong ones", async (t) => {
  const service = await createTestService(t)
  const { authenticator } = await setUpPasskey(service, alice)
  const { status } = await sendPasskey(service, { id: "x" })
  assert.equal(status, 401)
  for (let login = 0; login < 299; login += 1) {
    assert.equal((await logInByPasskey(service, authenticator)).status, 200, String(login))
  }
  takeEvents(service)
  assert.equal((await logInByPasskey(service, authenticator)).status, 200)
  assert.deepEqual(takeEvents(service), [
    ...["client.throttled alice passkey_logins", "login.succeeded alice"],
    ...["session.ended alice too_many", "mfa.used alice passkey"],
  ])
  const { status: slowed, headers } = await logInByPasskey(service, authenticator)
  assert.deepEqual([slowed, headers["Retry-After"]], [429, "2"])
  assert.deepEqual(takeEvents(service), ["client.throttled alice passkey_logins"])
})

test("POST /login/passkey works when no code counts any more, and lets codes count again", async (t) => {
  const service = await createTestService(t)
  const app = await setUpApp(service, alice)
  const code = { ...alice, code: app.nextCode() }
  const { access_token: token } = JSON.parse(
    (await service.call("POST", "/login", { json: code })).body,
  )
  const authenticator = createTestAuthenticator()
  assert.equal((await addPasskey(service, { token }, authenticator)).status, 200)
  for (let wrong = 0; wrong < 100; wrong += 1) {
    const claim = { claim: null, at: service.clock.now(), failuresMax: 100, triesMax: 5 }
    assert.ok(typeof (await service.store.users.change("alice", { factors: claim })) === "object")
  }
  const locked = await service.call("POST", "/login", { json: { ...alice, code: app.nextCode() } })
  assert.deepEqual([locked.status, JSON.parse(locked.body).error], [401, "invalid_code"])
  const mfa_token = await ticketOf(service, alice)
  assert.equal((await logInByPasskey(service, authenticator, { mfa_token })).status, 200)
  assert.equal((await service.store.users.find("alice"))?.factors?.failures, 0)
  const reply = await service.call("POST", "/login", { json: { ...alice, code: app.nextCode() } })
  assert.equal(reply.status, 200, reply.body)
})

test("POST /mfa/passkeys slows down a user who makes passkeys without pause", async (t) => {
  const service = await createTestService(t)
  const token = await service.logIn("alice", "wonderland")
  const add = () => service.call("POST", "/mfa/passkeys", { token, json: { credential: {} } })
  for (let sent = 0; sent < 30; sent += 1) assert.equal((await add()).status, 400)
  const slowed = await add()
  assert.deepEqual([slowed.status, slowed.headers["Retry-After"]], [429, "10"])
  service.clock.advance(10)
  const reply = await addPasskey(service, { token }, createTestAuthenticator())
  assert.equal(reply.status, 200, reply.body)
})
