// Passkey ceremonies, with an authenticator that behaves and one that does not.

import assert from "node:assert/strict"
import { generateKeyPairSync } from "node:crypto"
import { test } from "node:test"
import { createLoginOptions, createRegistrationOptions } from "../../src/factor/passkey_options.ts"
import { readCredentialId, readUserHandle } from "../../src/factor/sent_credential.ts"
import {
  type RegisteredPasskey,
  verifyLogin,
  verifyRegistration,
} from "../../src/factor/webauthn.ts"
import {
  type AuthenticatorOptions,
  coseKeyOf,
  createAuthenticator,
  type PasskeyAlgorithm,
  type WrongLogin,
  type WrongRegistration,
} from "../support/authenticator.ts"
import { cborOf } from "../support/cbor.ts"

const site = { origin: "https://login.example.org:8443", rpId: "login.example.org" }
const handle = Buffer.alloc(32, 7).toString("base64url")
const ceremonies = { ...site, challenge: Buffer.alloc(32, 1).toString("base64url") }
const algorithms: readonly PasskeyAlgorithm[] = ["EdDSA", "ES256", "RS256"]

function registrationOptions(existing: readonly RegisteredPasskey[] = []) {
  const user = { rpName: "Postern", handle, username: "alice", existing }
  return createRegistrationOptions({ ...ceremonies, ...user })
}

/** A passkey of a new authenticator, and a way to log in with it. */
async function register(options: Partial<AuthenticatorOptions> = {}) {
  const authenticator = createAuthenticator({ ...site, ...options })
  const credential = authenticator.create(registrationOptions())
  const passkey = await verifyRegistration({ credential, ...ceremonies })
  assert.ok(passkey !== null)
  const ask = createLoginOptions(ceremonies)
  const logIn = (wrong: WrongLogin = {}, by = authenticator) =>
    verifyLogin({ credential: by.get(ask, wrong), passkey, ...ceremonies })
  return { authenticator, credential, passkey, logIn, ask }
}

for (const algorithm of algorithms) {
  test(`verifyRegistration() and verifyLogin() take a passkey of ${algorithm}`, async () => {
    const { authenticator, credential, passkey, logIn, ask } = await register({ algorithm })
    const { publicKey, ...rest } = passkey
    assert.deepEqual(rest, {
      credentialId: credential.id,
      counter: 0,
      isSynced: false,
      transports: ["internal"],
    })
    assert.match(publicKey, /^[\w-]{56,400}$/)
    assert.deepEqual(await logIn(), { counter: 1 })
    assert.deepEqual(await logIn(), { counter: 2 })
    const login = authenticator.get(ask)
    assert.equal(readUserHandle(login), handle)
    assert.equal(readCredentialId(login), credential.id)
    assert.equal(await logIn({ hasBadSignature: true }), null)
  })
}

test("verifyRegistration() and verifyLogin() take a synced passkey, which has no counter", async () => {
  const { passkey, logIn } = await register({ isSynced: true })
  assert.equal(passkey.isSynced, true)
  assert.deepEqual(await logIn(), { counter: 0 })
  assert.deepEqual(await logIn({ isBackedUp: false }), { counter: 0 })
})

test("verifyLogin() gives a counter that went back: the store judges it", async () => {
  const { authenticator, logIn } = await register()
  const thief = authenticator.clone()
  assert.deepEqual(await logIn(), { counter: 1 })
  assert.deepEqual(await logIn(), { counter: 2 })
  assert.deepEqual(await logIn({}, thief), { counter: 1 })
  assert.deepEqual(await logIn({ counter: 0 }), { counter: 0 })
  assert.deepEqual(await logIn({ counter: 0xffff_ffff }), { counter: 0xffff_ffff })
})

test("verifyLogin() takes a login without user handle, and with what extensions say", async () => {
  const { logIn } = await register()
  assert.deepEqual(await logIn({ userHandle: null }), { counter: 1 })
  const extensions = cborOf(new Map([["credProtect", 2]]))
  assert.deepEqual(await logIn({ extensions }), { counter: 2 })
})

/** What is wrong in either ceremony. */
const wrongs: readonly (readonly [what: string, wrong: WrongLogin & WrongRegistration])[] = [
  ["another origin", { origin: "https://login.example.org" }],
  ["an origin below", { origin: "https://evil.login.example.org:8443" }],
  ["another relying party", { rpId: "example.org" }],
  ["another type", { type: "payment.get" }],
  ["another challenge", { challenge: Buffer.alloc(32, 2).toString("base64url") }],
  ["a frame of another site", { crossOrigin: true }],
  ["a page around it", { crossOrigin: true, topOrigin: "https://evil.example" }],
  ["a page around it, though not in a frame", { topOrigin: "https://evil.example" }],
  ["no user present", { isPresent: false }],
  ["no user verified", { isVerified: false }],
  ["neither", { isPresent: false, isVerified: false }],
  ["a backup of what can't be synced", { isBackedUp: true }],
  ["bytes after its data", { extensions: Buffer.of(0xa0, 0) }],
  ["extensions that are no map", { extensions: Buffer.of(0x80 | 24) }],
  ["a member twice", { clientData: (text) => text.replace("{", '{"origin":"https://a",') }],
  ["a byte order mark", { clientData: (text) => `\ufeff${text}` }],
]

for (const [what, wrong] of wrongs) {
  test(`verifyRegistration() and verifyLogin() refuse ${what}`, async () => {
    const { logIn } = await register()
    assert.equal(await logIn(wrong), null)
    const credential = createAuthenticator(site).create(registrationOptions(), wrong)
    assert.equal(await verifyRegistration({ credential, ...ceremonies }), null)
  })
}

test("verifyLogin() refuses a passkey whose synced state has changed", async () => {
  const bound = await register()
  assert.equal(await bound.logIn({ isSynced: true }), null)
  const synced = await register({ isSynced: true })
  assert.equal(await synced.logIn({ isSynced: false }), null)
})

test("verifyLogin() refuses the login of another passkey, under its name or under this one's", async () => {
  const [mine, other] = [await register(), await register()]
  const { passkey, ask } = mine
  const credential = other.authenticator.get(ask)
  assert.equal(await verifyLogin({ credential, passkey, ...ceremonies }), null)
  const { credentialId } = passkey
  const renamed = { ...credential, id: credentialId, rawId: credentialId }
  assert.equal(await verifyLogin({ credential: renamed, passkey, ...ceremonies }), null)
  const { id } = credential
  const own = { ...mine.authenticator.get(ask), id, rawId: id }
  assert.equal(await verifyLogin({ credential: own, passkey, ...ceremonies }), null)
})

test("verifyLogin() and verifyRegistration() refuse the response of the other ceremony", async () => {
  const { authenticator, credential, passkey, ask } = await register()
  assert.equal(await verifyLogin({ credential, passkey, ...ceremonies }), null)
  const login = authenticator.get(ask)
  assert.equal(await verifyRegistration({ credential: login, ...ceremonies }), null)
  const typed = authenticator.get(ask, { type: "webauthn.create" })
  const asLogin = { ...typed, response: { ...typed.response, ...credential.response } }
  assert.equal(await verifyLogin({ credential: asLogin, passkey, ...ceremonies }), null)
})

test("verifyLogin() refuses a login by a key that is damaged in the store", async () => {
  const { authenticator, passkey, ask } = await register()
  const credential = authenticator.get(ask)
  for (const publicKey of ["", "oA", "____", passkey.publicKey.slice(0, -8)]) {
    const damaged = { ...passkey, publicKey }
    assert.equal(await verifyLogin({ credential, passkey: damaged, ...ceremonies }), null)
  }
})

const strangeKey = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey
const esKey = new Map([...coseKeyOf(strangeKey, "ES256")])
const self = { format: "packed", statement: new Map([["alg", -7]]) }

const wrongRegistrations: readonly (readonly [what: string, wrong: WrongRegistration])[] = [
  ["another id than is signed", { credentialId: Buffer.alloc(32) }],
  ["an empty id", { credentialId: Buffer.of() }],
  ["an algorithm that was not asked for", { publicKey: new Map([...esKey, [3, -35]]) }],
  ["a key beside its curve", { publicKey: new Map([...esKey, [-3, Buffer.alloc(32, 1)]]) }],
  ["a key that is no map", { publicKey: [] as never }],
  ["no attestation statement", { attestation: { format: "none", statement: [] as never } }],
  ["none with a statement", { attestation: { ...self, format: "none" } }],
  ["packed without signature", { attestation: self }],
  ["packed under another algorithm", { attestation: "self", attestedAlgorithm: -257 }],
  ["packed by another key", { attestation: "self", publicKey: esKey }],
  ...["fido-u2f", "apple", "tpm", "android-key", "android-safetynet", "compound", ""].map(
    (format) => [`the format '${format}'`, { attestation: { ...self, format } }] as const,
  ),
]

for (const [what, wrong] of wrongRegistrations) {
  test(`verifyRegistration() refuses ${what}`, async () => {
    const credential = createAuthenticator(site).create(registrationOptions(), wrong)
    assert.equal(await verifyRegistration({ credential, ...ceremonies }), null)
  })
}

for (const algorithm of algorithms) {
  test(`verifyRegistration() takes a passkey of ${algorithm} that attests itself`, async () => {
    const authenticator = createAuthenticator({ ...site, algorithm })
    const credential = authenticator.create(registrationOptions(), { attestation: "self" })
    const passkey = await verifyRegistration({ credential, ...ceremonies })
    assert.equal(passkey?.credentialId, credential.id)
  })
}

test("verifyRegistration() takes the transports that it knows", async () => {
  const transports = ["hybrid", "internal", "pigeon"]
  const credential = createAuthenticator(site).create(registrationOptions(), { transports })
  const passkey = await verifyRegistration({ credential, ...ceremonies })
  assert.deepEqual(passkey?.transports, ["hybrid", "internal"])
})

test("an authenticator makes no second passkey, and none for another relying party", async () => {
  const { authenticator, passkey, ask } = await register()
  assert.throws(() => authenticator.create(registrationOptions([passkey])), /InvalidStateError/)
  assert.throws(() => authenticator.get({ ...ask, rpId: "example.org" }), /NotAllowedError/)
})
