// JWT_PRIVATE_KEY as operators write it, and as they should not.

import assert from "node:assert/strict"
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from "node:crypto"
import { test } from "node:test"
import { type PublishedAlgorithm, publishedAlgorithms } from "../../../src/token/keys/algorithms.ts"
import { readPrivateKey } from "../../../src/token/keys/private_key.ts"
import { goodEcJwk, wycheproofJwks } from "../../vectors/refused_jwks.ts"
import { labelled, pkcs1Pem } from "../../vectors/rsa_keys.ts"
import { ecKeyPem, edKeyPem, rsaKeyPem, smallExponentKeyPem } from "../../vectors/signing_keys.ts"

const unreadable = "it is neither an unencrypted PEM private key nor a private JWK"
const encrypted = "it is encrypted: take its passphrase away"
const notPrivate = "it is PEM without a private key"
const lineEnds = "its line ends are missing, or written as '\\n'"
const notJson = "it begins as a JWK, but is not JSON with each member once"
const noPrivate = "it is a JWK without a private member 'd'"
const secret = "it is a JWK of a shared secret, not of a private key"
const otherAlg = "its 'alg' is not 'ES256'"
const otherUse = "its 'use' is not 'sig'"
const otherOperations = "its 'key_ops' are not 'sign', alone or with 'verify'"
const notOneKey = "its parts do not make one key"
const threePrimes = "an RSA key needs two primes, this one has more"
const tooShort = "an RSA key needs at least 3072 bits, this one has 2048"
const exponent = "an RSA key needs the exponent 65537"
const notP256 = "ES256 needs an elliptic curve key on P-256"
const notEd25519 = "EdDSA needs an Ed25519 key"

type Jwk = Readonly<Record<string, unknown>>

const ecKey = createPrivateKey(ecKeyPem)
const ecJwk = jwkOf(ecKey)
const edJwk = jwkOf(createPrivateKey(edKeyPem))
const rsaKey = createPrivateKey(rsaKeyPem)
const rsaJwk = jwkOf(rsaKey)
const otherEcKey = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey
const otherEdJwk = jwkOf(generateKeyPairSync("ed25519").privateKey)
const p384 = generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey
const rsa2048 = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey
const encryption = { format: "pem", cipher: "aes-256-cbc", passphrase: "x" } as const
const orderOfP256 = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

const readable: readonly (readonly [string, PublishedAlgorithm, string])[] = [
  ["PKCS#8 PEM of P-256", "ES256", ecKeyPem],
  ["SEC1 PEM", "ES256", ecKey.export({ type: "sec1", format: "pem" }).toString()],
  ["PEM with CRLF", "ES256", ecKeyPem.replaceAll("\n", "\r\n")],
  ["PEM between blanks", "ES256", `\n  ${ecKeyPem}\n\n`],
  ["PEM after a byte order mark", "ES256", `\ufeff${ecKeyPem}`],
  ["PEM after the curve's name, as openssl writes it", "ES256", `${curvePem()}${ecKeyPem}`],
  ["PEM after its public half", "ES256", `${publicPem()}${ecKeyPem}`],
  ["PEM of Ed25519", "EdDSA", edKeyPem],
  ["PEM of RSA for PS256", "PS256", rsaKeyPem],
  ["PEM of RSA for RS256", "RS256", rsaKeyPem],
  ["PKCS#1 PEM that the tests write", "RS256", pkcs1Pem(rsaJwk)],
  ["PKCS#1 PEM", "RS256", rsaKey.export({ type: "pkcs1", format: "pem" }).toString()],
  ["JWK of P-256", "ES256", JSON.stringify(ecJwk)],
  ["JWK that names its algorithm", "ES256", JSON.stringify({ ...ecJwk, alg: "ES256" })],
  ["JWK that names its use", "ES256", JSON.stringify({ ...ecJwk, use: "sig" })],
  ["JWK from WebCrypto", "ES256", JSON.stringify({ ...ecJwk, key_ops: ["sign"], ext: true })],
  ["JWK for both", "ES256", JSON.stringify({ ...ecJwk, key_ops: ["verify", "sign"], use: "sig" })],
  ["JWK for both, in order", "ES256", JSON.stringify({ ...ecJwk, key_ops: ["sign", "verify"] })],
  ["JWK over several lines", "ES256", `\n${JSON.stringify(ecJwk, null, 2)}\n`],
  ["JWK of Ed25519", "EdDSA", JSON.stringify(edJwk)],
  ["JWK of Ed25519, alg EdDSA", "EdDSA", JSON.stringify({ ...edJwk, alg: "EdDSA" })],
  ["JWK of Ed25519, alg Ed25519", "EdDSA", JSON.stringify({ ...edJwk, alg: "Ed25519" })],
  ["JWK of RSA", "PS256", JSON.stringify(rsaJwk)],
]

const refusedPems: readonly (readonly [string, PublishedAlgorithm, string, string])[] = [
  ["nothing", "ES256", "", unreadable],
  ["a word", "ES256", "changeme", unreadable],
  ["a list", "ES256", "[]", unreadable],
  ["a cut PEM", "ES256", ecKeyPem.slice(0, 80), unreadable],
  ["a PEM with damage", "ES256", ecKeyPem.replace(/[A-Za-z0-9]{8}/, "AAAAAAAA"), unreadable],
  ["a PEM on one line", "ES256", ecKeyPem.replaceAll("\n", " "), lineEnds],
  ["a PEM with \\n in it", "ES256", ecKeyPem.replaceAll("\n", "\\n"), lineEnds],
  ["PKCS#8 encrypted", "ES256", `${ecKey.export({ type: "pkcs8", ...encryption })}`, encrypted],
  ["SEC1 encrypted", "ES256", `${ecKey.export({ type: "sec1", ...encryption })}`, encrypted],
  ["OpenSSH", "EdDSA", openSshPem(), "it is in the format of OpenSSH, which is not PKCS#8"],
  ["a public key", "ES256", publicPem(), notPrivate],
  ["two keys", "ES256", `${pem(otherEcKey)}${ecKeyPem}`, "it is two keys"],
  ["two keys of two kinds", "ES256", `${ecKeyPem}${rsaKeyPem}`, "it is two keys"],
  ["SEC1 of two halves", "ES256", mixedPem(), notOneKey],
  ["X25519", "EdDSA", pem(generateKeyPairSync("x25519").privateKey), notEd25519],
  ["Ed448", "EdDSA", pem(generateKeyPairSync("ed448").privateKey), notEd25519],
  ["P-384", "ES256", pem(p384), notP256],
  ["Ed25519 for ES256", "ES256", edKeyPem, notP256],
  ["P-256 for EdDSA", "EdDSA", ecKeyPem, notEd25519],
  ["P-256 for RS256", "RS256", ecKeyPem, "PS256 and RS256 need an RSA key"],
  ["RSA of 2048 bits", "RS256", pem(rsa2048), tooShort],
  ["RSA with the exponent 3", "PS256", smallExponentKeyPem, exponent],
]

const notOperations = [
  [],
  ["verify"],
  ["sign", "sign"],
  ["sign", "verify", "sign"],
  ["sign", "decrypt"],
  ["sign", "verify", "deriveKey"],
  ["Sign"],
  ["sign,verify"],
  [["sign"]],
  "sign",
  { 0: "sign" },
  null,
]

const refusedJwks: readonly (readonly [string, PublishedAlgorithm, Jwk, string])[] = [
  ["an empty one", "ES256", {}, noPrivate],
  ["a public one", "ES256", { ...ecJwk, d: undefined }, noPrivate],
  ["a secret", "ES256", { kty: "oct", k: "AAAAAAAAAAAAAAAAAAAAAA" }, secret],
  ["a JWK Set", "ES256", { keys: [ecJwk] }, "it is a JWK Set: take one key out of it"],
  ["another alg", "ES256", { ...ecJwk, alg: "ES384" }, otherAlg],
  ["alg in small letters", "ES256", { ...ecJwk, alg: "es256" }, otherAlg],
  ["alg null", "ES256", { ...ecJwk, alg: null }, otherAlg],
  ["alg as a list", "ES256", { ...ecJwk, alg: ["ES256"] }, otherAlg],
  ["alg Ed25519", "ES256", { ...ecJwk, alg: "Ed25519" }, otherAlg],
  ["RS256 for PS256", "PS256", { ...rsaJwk, alg: "RS256" }, "its 'alg' is not 'PS256'"],
  ...["ed25519", "Ed448", "ES256", "", ["Ed25519"]].map(
    (alg) =>
      [`alg ${alg} for EdDSA`, "EdDSA", { ...edJwk, alg }, "its 'alg' is not 'EdDSA'"] as const,
  ),
  ...["enc", "SIG", "", null, ["sig"]].map(
    (use) => [`use ${JSON.stringify(use)}`, "ES256", { ...ecJwk, use }, otherUse] as const,
  ),
  ...notOperations.map(
    (key_ops) =>
      [
        `key_ops ${JSON.stringify(key_ops)}`,
        "ES256",
        { ...ecJwk, key_ops },
        otherOperations,
      ] as const,
  ),
  [
    "use sig, key_ops verify",
    "ES256",
    { ...ecJwk, use: "sig", key_ops: ["verify"] },
    otherOperations,
  ],
  ["use enc, key_ops sign", "ES256", { ...ecJwk, use: "enc", key_ops: ["sign"] }, otherUse],
  ["a third prime", "RS256", { ...rsaJwk, oth: [{ r: "AQ", d: "AQ", t: "AQ" }] }, threePrimes],
  ["an empty oth", "RS256", { ...rsaJwk, oth: [] }, threePrimes],
  ["off the curve", "ES256", { ...ecJwk, y: ecJwk["x"] }, notOneKey],
  ["no y", "ES256", { ...ecJwk, y: undefined }, notOneKey],
  ["an unknown curve", "ES256", { ...ecJwk, crv: "p-256" }, notOneKey],
  ["no kty", "ES256", { ...ecJwk, kty: undefined }, notOneKey],
  ["another P-256 d", "ES256", { ...ecJwk, d: jwkOf(otherEcKey)["d"] }, notOneKey],
  ["a P-256 d of zero", "ES256", { ...ecJwk, d: base64url(0n) }, notOneKey],
  ["the order as d", "ES256", { ...ecJwk, d: base64url(orderOfP256) }, notOneKey],
  ["d negated", "ES256", { ...ecJwk, d: base64url(orderOfP256 - integer(ecJwk["d"])) }, notOneKey],
  ["d above it", "ES256", { ...ecJwk, d: base64url(orderOfP256 + integer(ecJwk["d"])) }, notOneKey],
  ["d as a number", "ES256", { ...ecJwk, d: 1 }, notOneKey],
  ["d null", "ES256", { ...ecJwk, d: null }, notOneKey],
  ["another Ed25519 x", "EdDSA", { ...edJwk, x: otherEdJwk["x"] }, notOneKey],
  ["a cut Ed25519 x", "EdDSA", { ...edJwk, x: "AAAA" }, notOneKey],
  ["RSA without primes", "RS256", { ...rsaJwk, p: undefined, q: undefined }, notOneKey],
  ["RSA that does nothing", "RS256", { ...rsaJwk, e: "AQ", d: "AQ", dp: "AQ", dq: "AQ" }, exponent],
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
    .map((reading) => ("key" in reading ? digest(pem(reading.key)) : null))
  assert.deepEqual([...new Set(digests)], [digest(pem(ecKey))])
})

test("readPrivateKey() says what is wrong with a text and never quotes it", () => {
  for (const [name, algorithm, text, mistake] of refusedPems) {
    assert.deepEqual(readPrivateKey(text, algorithm), { mistake }, name)
  }
})

test("readPrivateKey() says what is wrong with a JWK and never quotes it", () => {
  for (const [name, algorithm, jwk, mistake] of refusedJwks) {
    assert.deepEqual(readPrivateKey(JSON.stringify(jwk), algorithm), { mistake }, name)
  }
})

test("readPrivateKey() refuses a JWK that two readers could understand differently", () => {
  const text = JSON.stringify(ecJwk)
  for (const bad of ["{", `${text}}`, text.replace("{", '{"d":"AA",'), `${text.slice(0, -1)},}`]) {
    assert.deepEqual(readPrivateKey(bad, "ES256"), { mistake: notJson })
  }
})

test("readPrivateKey() refuses the kinds of keys that Project Wycheproof has", () => {
  for (const { tcId, algorithm, jwk, mistake } of wycheproofJwks) {
    const text = JSON.stringify(jwk)
    assert.deepEqual(readPrivateKey(text, algorithm), { mistake }, `tcId ${tcId}`)
    for (const other of Object.keys(publishedAlgorithms) as PublishedAlgorithm[]) {
      assert.ok("mistake" in readPrivateKey(text, other), `tcId ${tcId} for ${other}`)
    }
  }
  assert.ok("key" in readPrivateKey(JSON.stringify(goodEcJwk), "ES256"))
})

function jwkOf(key: KeyObject): Jwk {
  return { ...key.export({ format: "jwk" }) }
}

function pem(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" }).toString()
}

function publicPem(): string {
  return createPublicKey(ecKey).export({ type: "spki", format: "pem" }).toString()
}

/** What `openssl ecparam -genkey` writes before the key: the object identifier of P-256. */
function curvePem(): string {
  return labelled("EC PARAMETERS", Buffer.from("06082a8648ce3d030107", "hex"))
}

function openSshPem(): string {
  return labelled("OPENSSH PRIVATE KEY", Buffer.from("openssh-key-v1\0\0\0\0\x04none"))
}

/** A key whose public point is another key's. */
function mixedPem(): string {
  const point = createPublicKey(otherEcKey).export({ type: "spki", format: "der" }).subarray(-65)
  const der = ecKey.export({ type: "sec1", format: "der" }).subarray(0, -65)
  return labelled("EC PRIVATE KEY", Buffer.concat([der, point]))
}

function integer(member: unknown): bigint {
  return BigInt(`0x${Buffer.from(String(member), "base64url").toString("hex")}`)
}

function base64url(value: bigint): string {
  return Buffer.from(value.toString(16).padStart(66, "0"), "hex").toString("base64url")
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex")
}
