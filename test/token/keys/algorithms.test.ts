import assert from "node:assert/strict"
import { createPrivateKey, createSecretKey, generateKeyPairSync, type KeyObject } from "node:crypto"
import { test } from "node:test"
import {
  isPublished,
  isShared,
  type PublishedAlgorithm,
  publishedAlgorithms,
  rsaBitsMin,
  sharedAlgorithms,
} from "../../../src/token/keys/algorithms.ts"
import { longKeyPem } from "../../vectors/rsa_keys.ts"
import { rsaKeyPem, smallExponentKeyPem } from "../../vectors/signing_keys.ts"

const notAlgorithms = ["none", "None", "", "es256", "ES256 ", "ES384", "toString", "__proto__"]

const p256 = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey
const p384 = generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey
const secp256k1 = generateKeyPairSync("ec", { namedCurve: "secp256k1" }).privateKey
const ed25519 = generateKeyPairSync("ed25519").privateKey
const ed448 = generateKeyPairSync("ed448").privateKey
const x25519 = generateKeyPairSync("x25519").privateKey
const shortRsa = generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey
const shortPss = generateKeyPairSync("rsa-pss", { modulusLength: 1024 }).privateKey
const secret = createSecretKey(Buffer.alloc(32))

const notP256 = "ES256 needs an elliptic curve key on P-256"
const notEd25519 = "EdDSA needs an Ed25519 key"
const notRsa = "PS256 and RS256 need an RSA key"
const smallExponent = "an RSA key needs the exponent 65537"
const tooShort = "an RSA key needs at least 3072 bits, this one has 1024"
const tooLong = "an RSA key may have 4096 bits at most, this one has 4104"

type Row = readonly [PublishedAlgorithm, name: string, KeyObject, string | null]

const rows: readonly Row[] = [
  ["ES256", "P-256", p256, null],
  ["ES256", "P-384", p384, notP256],
  ["ES256", "secp256k1", secp256k1, notP256],
  ["ES256", "Ed25519", ed25519, notP256],
  ["ES256", "RSA", shortRsa, notP256],
  ["ES256", "secret", secret, notP256],
  ["EdDSA", "Ed25519", ed25519, null],
  ["EdDSA", "Ed448", ed448, notEd25519],
  ["EdDSA", "X25519", x25519, notEd25519],
  ["EdDSA", "P-256", p256, notEd25519],
  ["EdDSA", "secret", secret, notEd25519],
  ...(["PS256", "RS256"] as const).flatMap((algorithm): Row[] => [
    [algorithm, "RSA", createPrivateKey(rsaKeyPem), null],
    [algorithm, "RSA of 1024 bits", shortRsa, tooShort],
    [algorithm, "RSA of 4104 bits", createPrivateKey(longKeyPem), tooLong],
    [algorithm, "RSA with the exponent 3", createPrivateKey(smallExponentKeyPem), smallExponent],
    [algorithm, "RSA for PSS only", shortPss, notRsa],
    [algorithm, "P-256", p256, notRsa],
    [algorithm, "Ed25519", ed25519, notRsa],
    [algorithm, "secret", secret, notRsa],
  ]),
]

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
  assert.equal(rsaBitsMin, 3072)
  for (const [algorithm, name, key, expected] of rows) {
    assert.equal(publishedAlgorithms[algorithm](key), expected, `${algorithm}: ${name}`)
  }
})
