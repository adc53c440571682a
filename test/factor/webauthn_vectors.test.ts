// The specification's own test vectors.

import assert from "node:assert/strict"
import { createHash, verify } from "node:crypto"
import { test } from "node:test"
import * as library from "@simplewebauthn/server/helpers"
import { type CoseKey, publicKeyOf } from "../../src/factor/cose_key.ts"
import { verifyLogin, verifyRegistration } from "../../src/factor/webauthn.ts"
import { type WebauthnVector, webauthnVectors } from "../vectors/webauthn_vectors.ts"

const site = { origin: "https://example.org", rpId: "example.org" }

function base64url(hex: string): string {
  return Buffer.from(hex, "hex").toString("base64url")
}

function credentialOf({ credentialId: id }: WebauthnVector, clientData: string, more: object) {
  const clientDataJSON = Buffer.from(clientData).toString("base64url")
  return { id, rawId: id, type: "public-key", response: { clientDataJSON, ...more } }
}

function registrationOf(vector: WebauthnVector) {
  const { clientData, attestationObject } = vector.registration
  return credentialOf(vector, clientData, { attestationObject: base64url(attestationObject) })
}

/** What the authenticator says of the new key. */
function newKeyOf({ registration }: WebauthnVector) {
  const bytes = new Uint8Array(Buffer.from(registration.attestationObject, "hex"))
  const data = library.decodeAttestationObject(bytes).get("authData")
  const { credentialPublicKey = new Uint8Array(), flags } = library.parseAuthenticatorData(data)
  return { bytes: credentialPublicKey, isSynced: flags.be }
}

for (const vector of webauthnVectors) {
  const { name, section, registration, login } = vector

  test(`verifyRegistration() §${section} ${name}: ${registration.expect}`, async () => {
    const { challenge } = registration
    const credential = registrationOf(vector)
    const passkey = await verifyRegistration({ credential, challenge, ...site })
    const { bytes, isSynced } = newKeyOf(vector)
    const expected = {
      credentialId: vector.credentialId,
      publicKey: Buffer.from(bytes).toString("base64url"),
      ...{ counter: 0, isSynced, transports: [] },
    }
    assert.deepEqual(passkey, registration.expect === "accepted" ? expected : null)
  })

  test(`verifyLogin() §${section} ${name}: ${login.expect}`, async () => {
    const { challenge, clientData, authenticatorData, signature } = login
    const sent = {
      authenticatorData: base64url(authenticatorData),
      signature: base64url(signature),
    }
    const { bytes, isSynced } = newKeyOf(vector)
    const publicKey = Buffer.from(bytes).toString("base64url")
    const passkey = { credentialId: vector.credentialId, publicKey, isSynced }
    const credential = credentialOf(vector, clientData, sent)
    const result = await verifyLogin({ credential, passkey, challenge, ...site })
    assert.deepEqual(result, login.expect === "accepted" ? { counter: 0 } : null)
  })

  test(`publicKeyOf() §${section} ${name}: the key verifies the login's signature`, () => {
    const { bytes } = newKeyOf(vector)
    const decoded = library.decodeCredentialPublicKey(new Uint8Array(bytes))
    const key = publicKeyOf(decoded as unknown as CoseKey)
    assert.ok(key !== null)
    const hash = createHash("sha256").update(login.clientData).digest()
    const signed = Buffer.concat([Buffer.from(login.authenticatorData, "hex"), hash])
    const digest = name.endsWith("EdDSA") ? null : "sha256"
    assert.ok(verify(digest, signed, key, Buffer.from(login.signature, "hex")))
  })
}

test("verifyRegistration() asks no other machine about certificates", async (t) => {
  const asked = t.mock.method(globalThis, "fetch", () => Promise.reject(new Error("No network")))
  for (const vector of webauthnVectors) {
    const { challenge } = vector.registration
    await verifyRegistration({ credential: registrationOf(vector), challenge, ...site })
  }
  assert.equal(asked.mock.callCount(), 0)
})
