// Passkeys that log nobody in: one answer for all, one event each, and no session.

import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import { writeChallenge } from "../../src/token/challenge.ts"
import { takeEvents } from "../support/api_scenario.ts"
import type { Authenticator, WrongLogin } from "../support/authenticator.ts"
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
import { createTestService, type TestService } from "../support/test_service.ts"

const alice = { username: "alice", password: "wonderland" }
const bob = { username: "bob", password: "builder" }
const refusal = { error: "invalid_credentials", msg: "That passkey is not right" }
const optionsPath = "/login/passkey/options"

interface Prepared {
  readonly service: TestService
  readonly authenticator: Authenticator
}

async function setUp(t: TestContext): Promise<Prepared> {
  const service = await createTestService(t)
  const { authenticator } = await setUpPasskey(service, alice)
  takeEvents(service)
  return { service, authenticator }
}

/** Holds that a credential is refused, with this event, and starts no session. */
async function assertWrong(
  service: TestService,
  credential: unknown,
  event = "mfa.failed alice passkey",
): Promise<void> {
  const before = await service.store.sessions.list("alice")
  takeEvents(service)
  const reply = await sendPasskey(service, credential)
  assert.deepEqual([reply.status, JSON.parse(reply.body)], [401, refusal])
  assert.deepEqual(takeEvents(service), [event])
  assert.deepEqual(await service.store.sessions.list("alice"), before)
}

const wrongs: Readonly<Record<string, WrongLogin>> = {
  "another origin": { origin: "https://login.example.com" },
  "another port": { origin: `${testSite.origin}:8443` },
  "http in the place of https": { origin: "http://login.example.org" },
  "a host below": { origin: "https://evil.login.example.org" },
  "another relying party": { rpId: "example.org" },
  "the client data of a registration": { type: "webauthn.create" },
  "a frame of another site": { crossOrigin: true },
  "another site around the frame": { topOrigin: "https://evil.example" },
  "no user verification": { isVerified: false },
  "nobody present": { isPresent: false },
  "a bad signature": { hasBadSignature: true },
  "a passkey that says it is synced now": { isSynced: true },
  "a challenge that we did not make": { challenge: "A".repeat(80) },
  "a challenge of another length": { challenge: "A".repeat(43) },
  "an empty challenge": { challenge: "" },
  "a challenge of a key that somebody guessed": {
    challenge: writeChallenge(
      { id: Buffer.alloc(32), expiresAt: 2_000_000_000 },
      { ceremony: "login", holder: ["client"] },
      new Uint8Array(32),
    ),
  },
}

for (const [name, wrong] of Object.entries(wrongs)) {
  test(`POST /login/passkey refuses ${name}`, async (t) => {
    const { service, authenticator } = await setUp(t)
    const options = await offer(service, optionsPath, {})
    await assertWrong(service, authenticator.get(options, wrong))
    // What was wrong was this answer alone.
    assert.equal((await logInByPasskey(service, authenticator)).status, 200)
  })
}

test("POST /login/passkey refuses handles of nobody, and those of others", async (t) => {
  const { service, authenticator } = await setUp(t)
  await setUpPasskey(service, bob)
  const handleOfBob = (await service.store.users.find("bob"))?.factors?.handle ?? assert.fail()
  const handles: readonly (readonly [string | null, string])[] = [
    [null, "mfa.failed passkey"],
    ["", "mfa.failed passkey"],
    ["A".repeat(43), "mfa.failed passkey"],
    ["alice", "mfa.failed passkey"],
    ["__proto__", "mfa.failed passkey"],
    [handleOfBob, "mfa.failed bob passkey"],
  ]
  for (const [userHandle, event] of handles) {
    const options = await offer(service, optionsPath, {})
    await assertWrong(service, authenticator.get(options, { userHandle }), event)
  }
})

test("POST /login/passkey refuses a passkey under the id of another", async (t) => {
  const { service, authenticator } = await setUp(t)
  const stranger = createTestAuthenticator()
  const { authenticator: ofBob } = await setUpPasskey(service, bob)
  const mine = authenticator.get(await offer(service, optionsPath, {}))
  for (const { id } of [ofBob.get(await offer(service, optionsPath, {})), { id: "AAAA" }]) {
    await assertWrong(service, { ...mine, id, rawId: id })
  }
  // A key of their own, under alice's names.
  const token = await service.logIn("alice", "wonderland").catch(() => undefined)
  assert.equal(token, undefined)
  const registration = { rp: { id: testSite.rpId, name: "" }, challenge: "", pubKeyCredParams: [] }
  const user = { id: mine.response.userHandle ?? "", name: "", displayName: "" }
  const key = [{ type: "public-key" as const, alg: -7 }]
  stranger.create({
    ...{ ...registration, user, pubKeyCredParams: key, excludeCredentials: [], timeout: 1 },
    authenticatorSelection: {
      ...{ residentKey: "required", requireResidentKey: true, userVerification: "required" },
    },
    attestation: "none",
  })
  const forged = stranger.get(await offer(service, optionsPath, {}))
  await assertWrong(service, { ...forged, id: mine.id, rawId: mine.id })
})

test("POST /login/passkey refuses JSON of every kind", async (t) => {
  const { service, authenticator } = await setUp(t)
  const good = authenticator.get(await offer(service, optionsPath, {}))
  const { response } = good
  for (const credential of [{}, { response: null }, { response: [] }, { id: good.id }]) {
    await assertWrong(service, credential, "mfa.failed passkey")
  }
  for (const other of [
    { ...good, type: "password" },
    { ...good, rawId: "AAAA" },
    { ...good, response: { ...response, signature: "" } },
    { ...good, response: { ...response, signature: `${response.signature}=` } },
    { ...good, response: { ...response, authenticatorData: "AAAA" } },
    { ...good, response: { ...response, clientDataJSON: "AAAA" } },
    { ...good, response: { ...response, clientDataJSON: 1 } },
  ]) {
    await assertWrong(service, other)
  }
  assert.equal((await sendPasskey(service, good)).status, 200)
})

test("POST /login/passkey refuses a body without a credential", async (t) => {
  const { service } = await setUp(t)
  const rows = [
    [{}, "Missing credential"],
    [{ credential: null }, "Missing credential"],
    [{ credential: "{}" }, "credential must be an object"],
    [{ credential: {}, mfa_token: 1 }, "mfa_token must be text"],
    [{ credential: {}, trust_device: "yes" }, "trust_device must be true or false"],
  ] as const
  for (const [json, msg] of rows) {
    const reply = await service.call("POST", "/login/passkey", { json })
    assert.deepEqual(
      [reply.status, JSON.parse(reply.body)],
      [400, { error: "invalid_request", msg }],
    )
  }
  assert.deepEqual(takeEvents(service), [])
})

test("POST /login/passkey takes an answer once", async (t) => {
  const { service, authenticator } = await setUp(t)
  const answer = authenticator.get(await offer(service, optionsPath, {}))
  assert.equal((await sendPasskey(service, answer)).status, 200)
  await assertWrong(service, answer, "mfa.failed alice counter")
})

test("POST /login/passkey takes an answer of a synced passkey once", async (t) => {
  const service = await createTestService(t)
  const authenticator = createTestAuthenticator({ isSynced: true })
  await setUpPasskey(service, alice, authenticator)
  const options = await offer(service, optionsPath, {})
  const answer = authenticator.get(options)
  assert.equal((await sendPasskey(service, answer)).status, 200)
  await assertWrong(service, answer, "mfa.failed alice used")
  // Nor another answer to the same challenge, until it has expired, and then for being late.
  await assertWrong(service, authenticator.get(options), "mfa.failed alice used")
  service.clock.advance(299)
  await assertWrong(service, answer, "mfa.failed alice used")
  service.clock.advance(1)
  await service.store.sessions.purge(service.clock.now())
  await assertWrong(service, answer)
  // The clock of the machine is set back.
  service.clock.advance(-100)
  await assertWrong(service, answer, "mfa.failed alice used")
})

test("POST /login/passkey starts one session of one answer sent many times at once", async (t) => {
  for (const isSynced of [false, true]) {
    const service = await createTestService(t)
    const authenticator = createTestAuthenticator({ isSynced })
    await setUpPasskey(service, alice, authenticator)
    const answer = authenticator.get(await offer(service, optionsPath, {}))
    const replies = await Promise.all(
      Array.from({ length: 20 }, () => sendPasskey(service, answer)),
    )
    const statuses = replies.map(({ status }) => status).sort()
    assert.deepEqual(statuses, [200, ...Array.from({ length: 19 }, () => 401)])
    assert.equal((await service.store.sessions.list("alice")).length, 1)
  }
})

test("POST /login/passkey refuses a challenge that has expired", async (t) => {
  const { service, authenticator } = await setUp(t)
  const options = await offer(service, optionsPath, {})
  service.clock.advance(299)
  assert.equal((await sendPasskey(service, authenticator.get(options))).status, 200)
  const late = await offer(service, optionsPath, {})
  service.clock.advance(300)
  await assertWrong(service, authenticator.get(late))
})

test("POST /login/passkey refuses challenges of other ceremonies and askers", async (t) => {
  const { service, authenticator } = await setUp(t)
  const [mfa_token, another] = [await ticketOf(service, alice), await ticketOf(service, alice)]
  const { body } = await logInByPasskey(service, authenticator)
  const { access_token: token } = JSON.parse(body)
  const { challenge: made } = await offer(service, "/mfa/passkeys/options", { token })
  const ofTicket = await offer(service, optionsPath, { json: { mfa_token } })
  const alone = await offer(service, optionsPath, {})
  await assertWrong(service, authenticator.get({ ...alone, challenge: made }))
  await assertWrong(service, authenticator.get(ofTicket))
  takeEvents(service)
  for (const [options, ticket] of [
    [alone, mfa_token],
    [ofTicket, another],
    [{ ...alone, challenge: made }, mfa_token],
  ] as const) {
    const reply = await sendPasskey(service, authenticator.get(options), { mfa_token: ticket })
    assert.deepEqual([reply.status, JSON.parse(reply.body)], [401, refusal])
  }
  assert.deepEqual(takeEvents(service), Array(3).fill("mfa.failed alice passkey"))
})

test("POST /login/passkey refuses a copy of the authenticator, and notes it apart", async (t) => {
  const { service, authenticator } = await setUp(t)
  const copy = authenticator.clone()
  assert.equal((await logInByPasskey(service, authenticator)).status, 200)
  const options = await offer(service, optionsPath, {})
  await assertWrong(service, copy.get(options), "mfa.failed alice counter")
  const zero = authenticator.get(await offer(service, optionsPath, {}), { counter: 0 })
  await assertWrong(service, zero, "mfa.failed alice counter")
})

test("POST /login/passkey refuses a disabled user, and a passkey that was removed", async (t) => {
  const { service, authenticator } = await setUp(t)
  await service.accounts.disable("alice")
  await assertWrong(service, authenticator.get(await offer(service, optionsPath, {})))
  await service.accounts.enable("alice")
  const { access_token: token } = JSON.parse((await logInByPasskey(service, authenticator)).body)
  const other = createTestAuthenticator()
  await addPasskey(service, { token }, other)
  const list = JSON.parse((await service.call("GET", "/mfa", { token })).body).passkeys
  assert.equal((await service.call("DELETE", `/mfa/${list[0].id}`, { token })).status, 204)
  await assertWrong(service, authenticator.get(await offer(service, optionsPath, {})))
  assert.equal((await service.call("DELETE", `/mfa/${list[1].id}`, { token })).status, 204)
  // Without factors a user has no handle either.
  const last = other.get(await offer(service, optionsPath, {}))
  await assertWrong(service, last, "mfa.failed passkey")
})
