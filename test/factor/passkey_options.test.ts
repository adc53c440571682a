// What a page hands to the browser.

import assert from "node:assert/strict"
import { test } from "node:test"
import { createLoginOptions, createRegistrationOptions } from "../../src/factor/passkey_options.ts"

const rpId = "login.example.org"
const challenge = "Y2hhbGxlbmdl"
const passkey = { credentialId: "cGFzc2tleQ", transports: ["internal", "hybrid"] }
const described = { type: "public-key", id: "cGFzc2tleQ", transports: ["internal", "hybrid"] }

test("createRegistrationOptions() asks for a passkey of a verified user, without attestation", () => {
  const user = { rpName: "Postern", handle: "aGFuZGxl", username: "alice" }
  assert.deepEqual(createRegistrationOptions({ rpId, challenge, ...user, existing: [passkey] }), {
    rp: { id: rpId, name: "Postern" },
    user: { id: "aGFuZGxl", name: "alice", displayName: "alice" },
    challenge,
    pubKeyCredParams: [
      { type: "public-key", alg: -8 },
      { type: "public-key", alg: -7 },
      { type: "public-key", alg: -257 },
    ],
    timeout: 300_000,
    excludeCredentials: [described],
    authenticatorSelection: {
      residentKey: "required",
      requireResidentKey: true,
      userVerification: "required",
    },
    attestation: "none",
  })
})

test("createLoginOptions() asks for a verified user, with any passkey", () => {
  assert.deepEqual(createLoginOptions({ rpId, challenge }), {
    rpId,
    challenge,
    timeout: 300_000,
    userVerification: "required",
    allowCredentials: [],
  })
})

test("createLoginOptions() names the passkeys of a user who is known", () => {
  const { allowCredentials } = createLoginOptions({ rpId, challenge, allow: [passkey] })
  assert.deepEqual(allowCredentials, [described])
})
