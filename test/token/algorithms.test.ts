import assert from "node:assert/strict"
import { createSecretKey, generateKeyPairSync } from "node:crypto"
import { test } from "node:test"
import {
  isPublished,
  isShared,
  type PublishedAlgorithm,
  publishedAlgorithms,
  rsaBitsMin,
  sharedAlgorithms,
} from "../../src/token/algorithms.ts"

const notAlgorithms = ["none", "None", "", "es256", "ES256 ", "ES384", "toString", "__proto__"]

test("isPublished() and isShared() know exactly seven names", () => {
  assert.deepEqual(Object.keys(publishedAlgorithms), ["ES256", "EdDSA", "PS256", "RS256"])
  assert.deepEqual(sharedAlgorithms, { HS256: 32, HS384: 48, HS512: 64 })
  for (const name of Object.keys(publishedAlgorithms)) {
    assert.ok(isPublished(name) && !isShared(name), name)
  }
  for (const name of Object.keys(sharedAlgorithms)) {
    assert.ok(isShared(name) && !isPublished(name), name)
  }
  for (const name of notAlgorithms) assert.ok(!isPublished(name) && !isShared(name), name)
})

test("publishedAlgorithms say what is wrong with a key", () => {
  const p256 = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey
  const p384 = generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey
  const secp256k1 = generateKeyPairSync("ec", { namedCurve: "secp256k1" }).privateKey
  const ed25519 = generateKeyPairSync("ed25519").privateKey
  const ed448 = generateKeyPairSync("ed448").privateKey
  const shortRsa = generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey
  const secret = createSecretKey(Buffer.alloc(32))
  const notP256 = "ES256 needs an elliptic curve key on P-256"
  const notEd25519 = "EdDSA needs an Ed25519 key"
  const notRsa = "PS256 and RS256 need an RSA key"
  const tooShort = `an RSA key needs at least ${rsaBitsMin} bits, this one has 1024`
  const rows = [
    ["ES256", p256, null],
    ["ES256", p384, notP256],
    ["ES256", secp256k1, notP256],
    ["ES256", ed25519, notP256],
    ["ES256", shortRsa, notP256],
    ["ES256", secret, notP256],
    ["EdDSA", ed25519, null],
    ["EdDSA", ed448, notEd25519],
    ["EdDSA", p256, notEd25519],
    ["EdDSA", secret, notEd25519],
    ["PS256", shortRsa, tooShort],
    ["RS256", shortRsa, tooShort],
    ["RS256", p256, notRsa],
    ["PS256", secret, notRsa],
  ] as const satisfies readonly (readonly [PublishedAlgorithm, unknown, string | null])[]
  for (const [algorithm, key, expected] of rows) {
    assert.equal(publishedAlgorithms[algorithm](key), expected, `${algorithm} ${key.type}`)
  }
})
