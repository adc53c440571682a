// Credentials of passkeys that are no credentials, or good ones that were changed. None is accepted
// but the original; nothing throws, and nothing takes long.

import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { createLoginOptions, createRegistrationOptions } from "../../src/factor/passkey_options.ts"
import {
  readChallenge,
  readCredentialId,
  readUserHandle,
} from "../../src/factor/sent_credential.ts"
import { verifyLogin, verifyRegistration } from "../../src/factor/webauthn.ts"
import { createAuthenticator } from "../support/authenticator.ts"
import { anyJson, edited, edits } from "./inputs.ts"
import { holds } from "./property.ts"

const millisMax = 5000
const ceremony = {
  challenge: Buffer.alloc(32, 1).toString("base64url"),
  origin: "https://login.example.org",
  rpId: "login.example.org",
}
const user = { rpName: "Postern", handle: "aGFuZGxl", username: "alice", existing: [] }
const authenticator = createAuthenticator(ceremony)
const registration = authenticator.create(createRegistrationOptions({ ...ceremony, ...user }))
const registered = await verifyRegistration({ credential: registration, ...ceremony })
assert.ok(registered !== null)
const passkey = registered
const login = authenticator.get(createLoginOptions(ceremony))
const loggedIn = await verifyLogin({ credential: login, passkey, ...ceremony })
assert.deepEqual(loggedIn, { counter: 1 })

/** What both functions make of a value, in time. */
async function verdicts(credential: unknown) {
  readCredentialId(credential)
  readUserHandle(credential)
  readChallenge(credential)
  const startedAt = performance.now()
  const created = await verifyRegistration({ credential, ...ceremony })
  const counted = await verifyLogin({ credential, passkey, ...ceremony })
  assert.ok(performance.now() - startedAt < millisMax)
  return { created, counted }
}

const nothing = { created: null, counted: null }

test("verifyRegistration() and verifyLogin() take no JSON value that is no credential", () =>
  holds(anyJson, async (value) => assert.deepEqual(await verdicts(value), nothing)))

const outer = fc.constantFrom("id", "rawId", "type", "response")
const inner = fc.constantFrom(
  "clientDataJSON",
  "attestationObject",
  "authenticatorData",
  "signature",
)

test("verifyRegistration() and verifyLogin() take no other JSON value for a member", () =>
  holds(fc.tuple(outer, inner, anyJson), async ([name, innerName, value]) => {
    for (const good of [registration, login]) {
      assert.deepEqual(await verdicts({ ...good, [name]: value }), nothing)
      if (!(innerName in good.response)) continue
      const response = { ...good.response, [innerName]: value }
      assert.deepEqual(await verdicts({ ...good, response }), nothing)
    }
  }))

/** Heads of CBOR's items, large lengths and the names that stand in attestations. */
const fragments = [
  ...["\xa0", "\xa1", "\x80", "\x9f", "\xbf", "\xff", "\xc0", "\xf6", "\xf7", "\xf9\x7c\x00"],
  ...["\x1b\x7f\xff\xff\xff\xff\xff\xff\xff", "\x5b\x00\x1f\xff\xff\xff\xff\xff\xff"],
  ...["\x9b\x00\x1f\xff\xff\xff\xff\xff\xff", "\xbb\x00\x00\x00\x01\x00\x00\x00\x00"],
  ...["\x64none", "\x66packed", "\x63fmt", "\x67attStmt", "\x68authData", "\x63x5c"],
]
const loginMember = fc.constantFrom("clientDataJSON", "authenticatorData", "signature")

test("verifyLogin() takes no login that was changed", () =>
  holds(fc.tuple(loginMember, edits(fragments)), async ([name, changes]) => {
    const before = Buffer.from(login.response[name], "base64url")
    const after = edited(before, changes)
    const response = { ...login.response, [name]: after.toString("base64url") }
    const counted = await verifyLogin({ credential: { ...login, response }, passkey, ...ceremony })
    // One signature can be written in several ways.
    if (name !== "signature" && !after.equals(before)) assert.equal(counted, null)
    else if (counted !== null) assert.deepEqual(counted, loggedIn)
  }))

test("verifyRegistration() takes no passkey under another id, however it was changed", () =>
  holds(edits(fragments), async (changes) => {
    const before = Buffer.from(registration.response.attestationObject, "base64url")
    const attestationObject = edited(before, changes).toString("base64url")
    const response = { ...registration.response, attestationObject }
    const { created, counted } = await verdicts({ ...registration, response })
    assert.equal(counted, null)
    if (created !== null) assert.equal(created.credentialId, registration.id)
  }))

/** Attestation objects as long as they may be. */
const longest: readonly (readonly [what: string, bytes: Buffer])[] = [
  ["arrays in arrays", Buffer.alloc(3072, 0x81)],
  ["maps in maps", Buffer.alloc(3072, 0xa1)],
  ["maps in maps, by name", Buffer.from("a101".repeat(1536), "hex")],
  ["tags of tags", Buffer.alloc(3072, 0xc1)],
  ["texts without an end", Buffer.alloc(3072, 0x7b)],
  ["bytes that go on after the end", Buffer.alloc(3072, 0x5b)],
  ["arrays of 2^53 items", Buffer.from("9b001fffffffffffff".repeat(341), "hex")],
  ["items without a form", Buffer.alloc(3072, 0xff)],
]

for (const [what, bytes] of longest) {
  test(`verifyRegistration() refuses ${what} in time`, async () => {
    const attestationObject = bytes.toString("base64url")
    const response = { ...registration.response, attestationObject }
    assert.deepEqual(await verdicts({ ...registration, response }), nothing)
    // The same as what extensions say, in a login.
    const data = Buffer.from(login.response.authenticatorData, "base64url")
    data[32] = (data[32] ?? 0) | 0x80
    const long = Buffer.concat([data, bytes.subarray(0, 700)]).toString("base64url")
    const changed = { ...login.response, authenticatorData: long }
    assert.deepEqual(await verdicts({ ...login, response: changed }), nothing)
  })
}
