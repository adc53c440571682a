// Logging in by a passkey, alone and after the password.

import assert from "node:assert/strict"
import { test } from "node:test"
import { claimsOf, takeEvents } from "../support/api_scenario.ts"
import {
  addPasskey,
  createTestAuthenticator,
  logInByPasskey,
  offer,
  sendPasskey,
  setUpPasskey,
  testSite,
  ticketOf,
} from "../support/passkeys.ts"
import { createTestService } from "../support/test_service.ts"

const alice = { username: "alice", password: "wonderland" }
const bob = { username: "bob", password: "builder" }
const refusal = { error: "invalid_credentials", msg: "That passkey is not right" }

test("POST /login/passkey/options names no user", async (t) => {
  const service = await createTestService(t)
  await setUpPasskey(service, alice)
  takeEvents(service)
  for (const options of [{}, { json: {} }, { json: { mfa_token: null, username: "alice" } }]) {
    const { challenge, ...rest } = await offer(service, "/login/passkey/options", options)
    assert.match(challenge, /^[\w-]{80}$/)
    assert.deepEqual(rest, {
      rpId: testSite.rpId,
      timeout: 300_000,
      userVerification: "required",
      allowCredentials: [],
    })
  }
  assert.deepEqual(takeEvents(service), [])
})

for (const algorithm of ["ES256", "RS256", "EdDSA"] as const) {
  test(`POST /login/passkey logs in by a passkey alone: ${algorithm}`, async (t) => {
    const service = await createTestService(t)
    const authenticator = createTestAuthenticator({ algorithm })
    await setUpPasskey(service, alice, authenticator)
    takeEvents(service)
    const reply = await logInByPasskey(service, authenticator)
    assert.equal(reply.status, 200, reply.body)
    assert.deepEqual(takeEvents(service), ["login.succeeded alice", "mfa.used alice passkey"])
    const { access_token: token, refresh_token, device_token } = JSON.parse(reply.body)
    const { sub, acr, amr, fresh } = claimsOf(token)
    assert.deepEqual(
      { sub, acr, amr, fresh },
      { ...{ sub: "alice", acr: "aal2" }, amr: ["hwk"], fresh: true },
    )
    assert.match(refresh_token, /^ptr_/)
    assert.match(device_token, /^ptd_/)
    assert.equal((await service.call("GET", "/me", { token })).status, 200)
    const { passkeys } = JSON.parse((await service.call("GET", "/mfa", { token })).body)
    assert.equal(passkeys[0].last_used_at, service.clock.now())
  })
}

test("POST /login/passkey says of a synced passkey that its key is in software", async (t) => {
  const service = await createTestService(t)
  const authenticator = createTestAuthenticator({ isSynced: true })
  await setUpPasskey(service, alice, authenticator)
  for (let login = 0; login < 2; login += 1) {
    const reply = await logInByPasskey(service, authenticator)
    assert.deepEqual(claimsOf(JSON.parse(reply.body).access_token)["amr"], ["swk"])
  }
})

test("POST /login/passkey completes a login whose password was right", async (t) => {
  const service = await createTestService(t)
  const { authenticator } = await setUpPasskey(service, alice)
  takeEvents(service)
  const asked = await service.call("POST", "/login", { json: alice })
  const { mfa_token, methods } = JSON.parse(asked.body)
  assert.deepEqual(methods, ["recovery", "passkey"])
  const options = await offer(service, "/login/passkey/options", { json: { mfa_token } })
  assert.deepEqual(
    options.allowCredentials.map(({ type, transports }) => [type, transports]),
    [["public-key", ["internal"]]],
  )
  // Authenticators may leave the handle out where passkeys are named.
  const credential = authenticator.get(options, { userHandle: null })
  const reply = await sendPasskey(service, credential, { mfa_token })
  assert.equal(reply.status, 200, reply.body)
  const { access_token: token } = JSON.parse(reply.body)
  const { acr, amr } = claimsOf(token)
  assert.deepEqual({ acr, amr }, { acr: "aal2", amr: ["pwd", "hwk"] })
  assert.deepEqual(takeEvents(service), [
    ...["mfa.required alice factor", "login.succeeded alice", "mfa.used alice passkey"],
  ])
  const again = await logInByTicket(mfa_token)
  assert.deepEqual([again.status, JSON.parse(again.body).error], [401, "invalid_token"])

  function logInByTicket(ticket: string) {
    return service.call("POST", "/login/passkey/options", { json: { mfa_token: ticket } })
  }
})

test("POST /login/passkey completes a login by any of the user's passkeys", async (t) => {
  const service = await createTestService(t)
  const { authenticator } = await setUpPasskey(service, alice)
  const { access_token: token } = JSON.parse((await logInByPasskey(service, authenticator)).body)
  const other = createTestAuthenticator({ algorithm: "RS256", isSynced: true })
  const added = await addPasskey(service, { token, name: "Phone" }, other)
  assert.equal(added.status, 200, added.body)
  for (const one of [authenticator, other]) {
    const mfa_token = await ticketOf(service, alice)
    const reply = await logInByPasskey(service, one, { mfa_token })
    assert.equal(reply.status, 200, reply.body)
    assert.equal((await logInByPasskey(service, one)).status, 200)
  }
})

test("POST /login/passkey refuses another user's passkey after a password", async (t) => {
  const service = await createTestService(t)
  await setUpPasskey(service, alice)
  const { authenticator } = await setUpPasskey(service, bob)
  const mfa_token = await ticketOf(service, alice)
  const options = await offer(service, "/login/passkey/options", { json: { mfa_token } })
  takeEvents(service)
  for (const wrong of [{}, { userHandle: null }]) {
    const answer = authenticator.get({ ...options, allowCredentials: [] }, wrong)
    const reply = await sendPasskey(service, answer, { mfa_token })
    assert.deepEqual([reply.status, JSON.parse(reply.body)], [401, refusal])
  }
  assert.deepEqual(takeEvents(service), ["mfa.failed alice passkey", "mfa.failed alice passkey"])
})

test("POST /login/passkey takes no ticket of a page, of enrolment, or of nobody", async (t) => {
  const requirement = { kind: "role", role: "ops" } as const
  const service = await createTestService(t, { requirement })
  await service.accounts.addRole("bob", "ops")
  const enrolling = await ticketOf(service, bob)
  const { authenticator } = await setUpPasskey(service, alice)
  const credential = authenticator.get(await offer(service, "/login/passkey/options", {}))
  takeEvents(service)
  for (const mfa_token of [enrolling, "ptm_x.y", "x", `${enrolling}A`]) {
    for (const path of ["/login/passkey/options", "/login/passkey"]) {
      const reply = await service.call("POST", path, { json: { credential, mfa_token } })
      assert.deepEqual(JSON.parse(reply.body), {
        error: "invalid_token",
        msg: "This login is over: log in again",
      })
    }
  }
  assert.deepEqual(takeEvents(service), [])
})

test("POST /login/passkey trusts a device where that is asked for", async (t) => {
  const service = await createTestService(t, { trustSeconds: 86_400 })
  const { authenticator } = await setUpPasskey(service, alice)
  const mfa_token = await ticketOf(service, alice)
  const options = await offer(service, "/login/passkey/options", { json: { mfa_token } })
  const more = { mfa_token, trust_device: true }
  const { trust_token } = JSON.parse(
    (await sendPasskey(service, authenticator.get(options), more)).body,
  )
  const reply = await service.call("POST", "/login", { json: { ...alice, trust_token } })
  assert.equal(reply.status, 200, reply.body)
  assert.equal(claimsOf(JSON.parse(reply.body).access_token)["acr"], "aal1")
})
