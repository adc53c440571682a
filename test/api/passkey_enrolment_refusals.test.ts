// New passkeys that are not added.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { RegistrationOptions } from "../../src/factor/passkey_options.ts"
import type { RevokedToken } from "../../src/store/store.ts"
import { pendingTotp } from "../store/sample_factors.ts"
import { assertRefused, takeEvents } from "../support/api_scenario.ts"
import type { WrongRegistration } from "../support/authenticator.ts"
import {
  addPasskey,
  createTestAuthenticator,
  logInByPasskey,
  offer,
  setUpPasskey,
  testSite,
  ticketOf,
} from "../support/passkeys.ts"
import { createTestService } from "../support/test_service.ts"

const alice = { username: "alice", password: "wonderland" }
const bob = { username: "bob", password: "builder" }
const path = "/mfa/passkeys"
const notAdded = [
  ...([400, "invalid_request"] as const),
  "That passkey could not be added: start again",
] as const

const wrongs: Readonly<Record<string, WrongRegistration>> = {
  "another origin": { origin: "https://login.example.com" },
  "another port": { origin: `${testSite.origin}:8443` },
  "another relying party": { rpId: "example.org" },
  "the client data of a login": { type: "webauthn.get" },
  "a frame of another site": { crossOrigin: true },
  "no user verification": { isVerified: false },
  "nobody present": { isPresent: false },
  "a challenge that we did not make": { challenge: "A".repeat(80) },
  "another id than the signed one": { credentialId: Buffer.alloc(32) },
  "an attestation with a certificate": {
    attestation: { format: "fido-u2f", statement: new Map() },
  },
}

for (const [name, wrong] of Object.entries(wrongs)) {
  test(`POST /mfa/passkeys refuses ${name}`, async (t) => {
    const service = await createTestService(t)
    const token = await service.logIn("alice", "wonderland")
    takeEvents(service)
    assertRefused(await addPasskey(service, { token }, createTestAuthenticator(), wrong), notAdded)
    assert.deepEqual(takeEvents(service), [])
    assert.equal((await service.store.users.find("alice"))?.factors, null)
  })
}

test("POST /mfa/passkeys takes names that can be shown in a list", async (t) => {
  const service = await createTestService(t)
  const token = await service.logIn("alice", "wonderland")
  takeEvents(service)
  const message = "The name must have at most 60 characters, and no control ones"
  for (const name of [
    "x".repeat(61),
    "😀".repeat(61),
    "a\nb",
    "a\u0000",
    "\u202egnp.exe",
    "a\u2028b",
  ]) {
    const json = { credential: {}, name }
    const reply = await service.call("POST", path, { token, json })
    assertRefused(reply, [400, "invalid_request", message])
  }
  for (const [json, message] of [
    [{ credential: {}, name: 1 }, "name must be text"],
    [{ name: "x" }, "Missing credential"],
    [
      { credential: {}, label: "x" },
      'Unknown member "label": the body may have credential, name, mfa_token',
    ],
  ] as const) {
    const reply = await service.call("POST", path, { token, json })
    assertRefused(reply, [400, "invalid_request", message])
  }
  const long = "👩‍🚀".repeat(20)
  const reply = await addPasskey(service, { token, name: long }, createTestAuthenticator())
  assert.equal(JSON.parse(reply.body).name, long)
})

test("POST /mfa/passkeys takes an answer once, of the session that asked", async (t) => {
  const service = await createTestService(t)
  const [token, other] = [
    await service.logIn("alice", "wonderland"),
    await service.logIn("alice", "wonderland"),
  ]
  const ofBob = await service.logIn("bob", "builder")
  const asked = await offer<RegistrationOptions>(service, `${path}/options`, { token })
  const authenticator = createTestAuthenticator()
  const json = { credential: authenticator.create(asked) }
  takeEvents(service)
  for (const wrong of [other, ofBob]) {
    assertRefused(await service.call("POST", path, { token: wrong, json }), notAdded)
  }
  const { challenge } = await offer(service, "/login/passkey/options", {})
  const ofLogin = { credential: createTestAuthenticator().create({ ...asked, challenge }) }
  assertRefused(await service.call("POST", path, { token, json: ofLogin }), notAdded)
  const sent = () => service.call("POST", path, { token, json })
  const replies = await Promise.all([sent(), sent(), sent()])
  assert.deepEqual(replies.map(({ status }) => status).sort(), [200, 400, 400])
  assert.equal((await service.store.users.find("alice"))?.factors?.passkeys.length, 1)
})

test("POST /mfa/passkeys refuses an answer that comes late", async (t) => {
  const service = await createTestService(t)
  const token = await service.logIn("alice", "wonderland")
  const asked = await offer<RegistrationOptions>(service, `${path}/options`, { token })
  service.clock.advance(300)
  const json = { credential: createTestAuthenticator().create(asked) }
  assertRefused(await service.call("POST", path, { token, json }), notAdded)
})

test("POST /mfa/passkeys refuses a passkey under a handle that is not the user's any more", async (t) => {
  const service = await createTestService(t)
  const token = await service.logIn("alice", "wonderland")
  const asked = await offer<RegistrationOptions>(service, `${path}/options`, { token })
  // The user sets an app up meanwhile, and gets a handle with it.
  await service.call("POST", "/mfa/totp", { token })
  const json = { credential: createTestAuthenticator().create(asked) }
  assertRefused(await service.call("POST", path, { token, json }), notAdded)
  // And between the check of the passkey and its storing.
  const again = await offer<RegistrationOptions>(service, `${path}/options`, { token })
  const { sessions, users } = service.store
  const revokeToken = sessions.revokeToken.bind(sessions)
  t.mock.method(sessions, "revokeToken", async (used: RevokedToken) => {
    await users.change("alice", { factors: { removeAll: "all" } })
    await users.change("alice", { factors: { offerTotp: pendingTotp, handle: "h".repeat(43) } })
    return revokeToken(used)
  })
  const other = { credential: createTestAuthenticator().create(again) }
  assertRefused(await service.call("POST", path, { token, json: other }), notAdded)
  assert.deepEqual((await users.find("alice"))?.factors?.passkeys, [])
})

test("POST /mfa/passkeys refuses a passkey that the user has", async (t) => {
  const service = await createTestService(t)
  const { authenticator } = await setUpPasskey(service, alice)
  const token = JSON.parse((await logInByPasskey(service, authenticator)).body).access_token
  const { excludeCredentials, ...asked } = await offer<RegistrationOptions>(
    ...([service, `${path}/options`, { token }] as const),
  )
  const { id = "" } = excludeCredentials[0] ?? {}
  const wrong = { credentialId: Buffer.from(id, "base64url") }
  const made = createTestAuthenticator().create({ ...asked, excludeCredentials: [] }, wrong)
  const json = { credential: { ...made, id, rawId: id } }
  assertRefused(await service.call("POST", path, { token, json }), [
    ...([400, "invalid_request", "That was used before"] as const),
  ])
})

test("POST /mfa/passkeys keeps at most twenty passkeys", async (t) => {
  const service = await createTestService(t)
  const { authenticator } = await setUpPasskey(service, alice)
  const token = JSON.parse((await logInByPasskey(service, authenticator)).body).access_token
  const asked = await offer<RegistrationOptions>(service, `${path}/options`, { token })
  for (let count = 1; count < 20; count += 1) {
    const reply = await addPasskey(service, { token }, createTestAuthenticator())
    assert.equal(reply.status, 200, reply.body)
  }
  const full = [400, "invalid_request", "You have too many passkeys: remove one first"] as const
  assertRefused(await service.call("POST", `${path}/options`, { token }), full)
  const json = { credential: createTestAuthenticator().create(asked) }
  assertRefused(await service.call("POST", path, { token, json }), full)
})

test("POST /mfa/passkeys keeps an answer of another user's login out", async (t) => {
  const service = await createTestService(t, { requirement: { kind: "all" } })
  const [ticket, ofBob] = [await ticketOf(service, alice), await ticketOf(service, bob)]
  const json = { mfa_token: ticket }
  const asked = await offer<RegistrationOptions>(service, `${path}/options`, { json })
  const credential = createTestAuthenticator().create(asked)
  const reply = await service.call("POST", path, { json: { credential, mfa_token: ofBob } })
  assertRefused(reply, notAdded)
  assert.equal((await service.store.users.find("bob"))?.factors, null)
})
