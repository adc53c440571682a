// JWT_PRIVATE_KEY as operators write it, and as they should not.

import assert from "node:assert/strict"
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto"
import { test } from "node:test"
import type { PublishedAlgorithm } from "../../src/token/algorithms.ts"
import { readPrivateKey } from "../../src/token/private_key.ts"
import { ecKeyPem, edKeyPem, rsaKeyPem, smallExponentKeyPem } from "../vectors/signing_keys.ts"

const unreadable = "it is neither an unencrypted PEM private key nor a private JWK"

const ecKey = createPrivateKey(ecKeyPem)
const rsaKey = createPrivateKey(rsaKeyPem)
const ecJwk = ecKey.export({ format: "jwk" })
const edJwk = createPrivateKey(edKeyPem).export({ format: "jwk" })
const otherEcJwk = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({
  format: "jwk",
})
const p384 = generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey
const rsa2048 = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey
const rsaJwk = rsaKey.export({ format: "jwk" })
const encryption = { format: "pem", cipher: "aes-256-cbc", passphrase: "x" } as const

const readable: readonly (readonly [string, PublishedAlgorithm, string])[] = [
  ["PKCS#8 PEM of P-256", "ES256", ecKeyPem],
  ["SEC1 PEM", "ES256", ecKey.export({ type: "sec1", format: "pem" }).toString()],
  ["PEM with CRLF", "ES256", ecKeyPem.replaceAll("\n", "\r\n")],
  ["PEM between blanks", "ES256", `\n  ${ecKeyPem}\n\n`],
  ["PEM of Ed25519", "EdDSA", edKeyPem],
  ["PEM of RSA for PS256", "PS256", rsaKeyPem],
  ["PEM of RSA for RS256", "RS256", rsaKeyPem],
  ["PKCS#1 PEM", "RS256", rsaKey.export({ type: "pkcs1", format: "pem" }).toString()],
  ["JWK of P-256", "ES256", JSON.stringify(ecJwk)],
  ["JWK that names its algorithm", "ES256", JSON.stringify({ ...ecJwk, alg: "ES256" })],
  ["JWK over several lines", "ES256", `\n${JSON.stringify(ecJwk, null, 2)}\n`],
  ["JWK of Ed25519", "EdDSA", JSON.stringify(edJwk)],
  ["JWK of RSA", "PS256", JSON.stringify(rsaJwk)],
]

const refused: readonly (readonly [string, PublishedAlgorithm, string, string])[] = [
  ["nothing", "ES256", "", unreadable],
  ["a word", "ES256", "changeme", unreadable],
  ["an empty JWK", "ES256", "{}", unreadable],
  ["a cut JWK", "ES256", "{", unreadable],
  ["a list", "ES256", "[]", unreadable],
  ["a cut PEM", "ES256", ecKeyPem.slice(0, 80), unreadable],
  ["a PEM with damage", "ES256", ecKeyPem.replace(/[A-Za-z0-9]{8}/, "AAAAAAAA"), unreadable],
  [
    "an encrypted PKCS#8 PEM",
    "ES256",
    ecKey.export({ type: "pkcs8", ...encryption }).toString(),
    unreadable,
  ],
  [
    "an encrypted SEC1 PEM",
    "ES256",
    ecKey.export({ type: "sec1", ...encryption }).toString(),
    unreadable,
  ],
  [
    "a public PEM",
    "ES256",
    createPublicKey(ecKey).export({ type: "spki", format: "pem" }).toString(),
    unreadable,
  ],
  ["a public JWK", "ES256", JSON.stringify({ ...ecJwk, d: undefined }), unreadable],
  ["a secret JWK", "ES256", '{"kty":"oct","k":"AAAAAAAAAAAAAAAAAAAAAA"}', unreadable],
  ["a JWK with another alg", "ES256", JSON.stringify({ ...ecJwk, alg: "ES384" }), unreadable],
  ["a JWK with alg null", "ES256", JSON.stringify({ ...ecJwk, alg: null }), unreadable],
  ["an RSA JWK for RS256", "PS256", JSON.stringify({ ...edJwk, alg: "RS256" }), unreadable],
  ["a JWK off the curve", "ES256", JSON.stringify({ ...ecJwk, y: ecJwk.x }), unreadable],
  ["a JWK Set", "ES256", JSON.stringify({ keys: [ecJwk] }), unreadable],
  ["a JWK of two keys", "ES256", JSON.stringify({ ...ecJwk, d: otherEcJwk.d }), unreadable],
  ["a SEC1 PEM of two keys", "ES256", mixedPem(), unreadable],
  [
    "an RSA JWK of two keys",
    "RS256",
    JSON.stringify({ ...rsaJwk, n: rsa2048.export({ format: "jwk" }).n }),
    unreadable,
  ],
  ["X25519", "EdDSA", pem(generateKeyPairSync("x25519").privateKey), unreadable],
  ["Ed448", "EdDSA", pem(generateKeyPairSync("ed448").privateKey), "EdDSA needs an Ed25519 key"],
  ["P-384", "ES256", pem(p384), "ES256 needs an elliptic curve key on P-256"],
  ["Ed25519 for ES256", "ES256", edKeyPem, "ES256 needs an elliptic curve key on P-256"],
  ["P-256 for EdDSA", "EdDSA", ecKeyPem, "EdDSA needs an Ed25519 key"],
  ["P-256 for RS256", "RS256", ecKeyPem, "PS256 and RS256 need an RSA key"],
  [
    "RSA of 2048 bits",
    "RS256",
    pem(rsa2048),
    "an RSA key needs at least 3072 bits, this one has 2048",
  ],
  ["RSA with the exponent 3", "PS256", smallExponentKeyPem, "an RSA key needs the exponent 65537"],
]

test("readPrivateKey() reads PEM and JWK", () => {
  for (const [name, algorithm, text] of readable) {
    const reading = readPrivateKey(text, algorithm)
    assert.ok("key" in reading, `${name}: ${JSON.stringify(reading)}`)
    assert.equal(reading.key.type, "private", name)
  }
})

test("readPrivateKey() reads the same key from each of its forms", () => {
  const digests = readable
    .filter(([, algorithm]) => algorithm === "ES256")
    .map(([, algorithm, text]) => readPrivateKey(text, algorithm))
    .map((reading) => ("key" in reading ? digest(reading.key) : null))
  assert.deepEqual([...new Set(digests)], [digest(ecKey)])
})

test("readPrivateKey() says what is wrong and never quotes the key", () => {
  for (const [name, algorithm, text, mistake] of refused) {
    assert.deepEqual(readPrivateKey(text, algorithm), { mistake }, name)
  }
})

function pem(key: typeof ecKey): string {
  return key.export({ type: "pkcs8", format: "pem" }).toString()
}

function digest(key: typeof ecKey): string {
  return createHash("sha256").update(pem(key)).digest("hex")
}

/** A key whose public point is another key's. */
function mixedPem(): string {
  const other = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey
  const point = other.export({ type: "spki", format: "der" }).subarray(-65)
  const der = ecKey.export({ type: "sec1", format: "der" }).subarray(0, -65)
  const base64 = Buffer.concat([der, point]).toString("base64").replace(/.{64}/g, "$&\n")
  return `-----BEGIN EC PRIVATE KEY-----\n${base64}\n-----END EC PRIVATE KEY-----\n`
}
