// Adding passkeys, listing and removing them, over JSON.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { RegistrationOptions } from "../../src/factor/passkey_options.ts"
import { assertRefused, claimsOf, takeEvents } from "../support/api_scenario.ts"
import {
  addPasskey,
  createTestAuthenticator,
  logInByPasskey,
  offer,
  testSite,
  ticketOf,
} from "../support/passkeys.ts"
import { setUpApp } from "../support/second_factor.ts"
import { createTestService } from "../support/test_service.ts"

const alice = { username: "alice", password: "wonderland" }
const path = "/mfa/passkeys"

test("POST /mfa/passkeys/options asks for a passkey of the user", async (t) => {
  const service = await createTestService(t)
  const token = await service.logIn("alice", "wonderland")
  takeEvents(service)
  const asked = await offer<RegistrationOptions>(service, `${path}/options`, { token })
  const { challenge, user, pubKeyCredParams, ...rest } = asked
  assert.match(challenge, /^[\w-]{80}$/)
  assert.match(user.id, /^[\w-]{43}$/)
  assert.deepEqual([user.name, user.displayName], ["alice", "alice"])
  assert.deepEqual(
    pubKeyCredParams.map(({ alg }) => alg),
    [-8, -7, -257],
  )
  assert.deepEqual(rest, {
    rp: { id: testSite.rpId, name: "Home" },
    timeout: 300_000,
    excludeCredentials: [],
    authenticatorSelection: {
      ...{ residentKey: "required", requireResidentKey: true, userVerification: "required" },
    },
    attestation: "none",
  })
  const again = await offer<RegistrationOptions>(service, `${path}/options`, { token })
  assert.notEqual(again.challenge, challenge)
  assert.deepEqual(takeEvents(service), [])
  // Nothing is stored before there is a passkey.
  assert.equal((await service.store.users.find("alice"))?.factors, null)
})

test("POST /mfa/passkeys gives a first passkey, and recovery codes with it", async (t) => {
  const service = await createTestService(t)
  const token = await service.logIn("alice", "wonderland")
  const other = await service.logIn("alice", "wonderland")
  takeEvents(service)
  const authenticator = createTestAuthenticator({ algorithm: "RS256" })
  const reply = await addPasskey(service, { token, name: " Laptop\u00a0" }, authenticator)
  assert.equal(reply.status, 200, reply.body)
  const { id, name, recovery_codes: codes, ...rest } = JSON.parse(reply.body)
  assert.match(id, /^[\w-]{22}$/)
  assert.deepEqual([name, codes.length, rest], ["Laptop", 10, {}])
  assert.deepEqual(takeEvents(service), [
    ...["session.ended alice mfa_changed", "mfa.enrolled alice passkey"],
  ])
  assert.equal((await service.call("GET", "/me", { token: other })).status, 401)
  const { body } = await service.call("GET", "/mfa", { token })
  const createdAt = service.clock.now()
  assert.deepEqual(JSON.parse(body).passkeys, [
    { id, name, synced: false, created_at: createdAt, last_used_at: null },
  ])
  assert.deepEqual(JSON.parse(body).methods, ["recovery", "passkey"])
  assert.equal(JSON.parse(body).recovery_codes_left, 10)
  // The session goes on, and needs the passkey for what is next.
  assertRefused(await service.call("POST", `${path}/options`, { token }), [
    ...([401, "insufficient_user_authentication", "Second factor required"] as const),
  ])
  assert.equal((await logInByPasskey(service, authenticator)).status, 200)
})

test("POST /mfa/passkeys adds further passkeys, and ends no session", async (t) => {
  const service = await createTestService(t)
  const app = await setUpApp(service, alice)
  const handle = (await service.store.users.find("alice"))?.factors?.handle
  const json = { ...alice, code: app.nextCode() }
  const { access_token: token } = JSON.parse((await service.call("POST", "/login", { json })).body)
  const first = createTestAuthenticator()
  takeEvents(service)
  const added = JSON.parse((await addPasskey(service, { token }, first)).body)
  assert.deepEqual(added, { id: added.id, name: "Passkey" })
  assert.deepEqual(takeEvents(service), ["mfa.enrolled alice passkey"])
  const asked = await offer<RegistrationOptions>(service, `${path}/options`, { token })
  assert.equal(asked.user.id, handle)
  assert.deepEqual(
    asked.excludeCredentials.map(({ type, transports }) => [type, transports]),
    [["public-key", ["internal"]]],
  )
  assert.throws(() => first.create(asked), { message: "InvalidStateError" })
  const key = createTestAuthenticator({ algorithm: "EdDSA" })
  const wrong = { transports: ["usb", "nfc"] }
  const { name } = JSON.parse((await addPasskey(service, { token }, key, wrong)).body)
  assert.equal(name, "Security key")
  const synced = createTestAuthenticator({ isSynced: true })
  await addPasskey(service, { token, name: "Phone" }, synced, { transports: [] })
  const { passkeys, methods } = JSON.parse((await service.call("GET", "/mfa", { token })).body)
  assert.deepEqual(
    passkeys.map((one: { name: string; synced: boolean }) => [one.name, one.synced]),
    [
      ["Passkey", false],
      ["Security key", false],
      ["Phone", true],
    ],
  )
  assert.deepEqual(methods, ["otp", "recovery", "passkey"])
  for (const one of [first, key, synced]) {
    assert.equal((await logInByPasskey(service, one)).status, 200)
  }
})

test("POST /mfa/passkeys completes the login of a user who has to have a factor", async (t) => {
  for (const isSynced of [false, true]) {
    const service = await createTestService(t, { requirement: { kind: "all" } })
    const ticket = await ticketOf(service, alice)
    const authenticator = createTestAuthenticator({ isSynced })
    takeEvents(service)
    const reply = await addPasskey(service, { ticket, name: "Phone" }, authenticator)
    assert.equal(reply.status, 200, reply.body)
    const { access_token: token, recovery_codes: codes } = JSON.parse(reply.body)
    const { sub, acr, amr } = claimsOf(token)
    const kind = isSynced ? "swk" : "hwk"
    assert.deepEqual({ sub, acr, amr }, { sub: "alice", acr: "aal2", amr: ["pwd", kind] })
    assert.equal(codes.length, 10)
    assert.deepEqual(takeEvents(service), ["login.succeeded alice", "mfa.enrolled alice passkey"])
    const { passkeys, required } = JSON.parse((await service.call("GET", "/mfa", { token })).body)
    assert.deepEqual([passkeys[0].name, required], ["Phone", true])
    const json = { mfa_token: ticket }
    assertRefused(await service.call("POST", `${path}/options`, { json }), [
      ...([401, "invalid_token", "This login is over: log in again"] as const),
    ])
    const remove = await service.call("DELETE", `/mfa/${passkeys[0].id}`, { token })
    assert.deepEqual([remove.status, JSON.parse(remove.body).error], [403, "access_denied"])
  }
})
