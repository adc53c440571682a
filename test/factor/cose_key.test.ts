// Keys of passkeys: one of each algorithm, and those that no authenticator should make.

import assert from "node:assert/strict"
import { generateKeyPairSync, randomBytes } from "node:crypto"
import { test } from "node:test"
import { type CoseKey, publicKeyOf } from "../../src/factor/cose_key.ts"
import { coseKeyOf, type PasskeyAlgorithm } from "../support/authenticator.ts"

const edKey = generateKeyPairSync("ed25519").publicKey
const ecKey = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey
const rsaKey = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey
/** As large as their length allows. */
const modulusOf = (bytes: number) => Buffer.alloc(bytes, 0xff)

/** Labels. For RSA, modulus and exponent are the first and `x`. */
const [kty, alg, first, x, y] = [1, 3, -1, -2, -3]

/** A good key with other members; undefined leaves one out. */
function keyWith(
  algorithm: PasskeyAlgorithm,
  changes: readonly (readonly [label: number, value: unknown])[] = [],
): CoseKey {
  const good = { EdDSA: edKey, ES256: ecKey, RS256: rsaKey }[algorithm]
  const members = new Map<number, unknown>([
    ...(coseKeyOf(good, algorithm) as ReadonlyMap<number, unknown>),
    ...changes,
  ])
  return new Map([...members].filter(([, value]) => value !== undefined))
}

test("publicKeyOf() reads a key of each algorithm", () => {
  assert.ok(publicKeyOf(keyWith("EdDSA"))?.equals(edKey))
  assert.ok(publicKeyOf(keyWith("ES256"))?.equals(ecKey))
  assert.ok(publicKeyOf(keyWith("RS256"))?.equals(rsaKey))
  const longest = publicKeyOf(keyWith("RS256", [[first, modulusOf(512)]]))
  assert.equal(longest?.asymmetricKeyDetails?.modulusLength, 4096)
})

const coordinate = randomBytes(32)

const refused: readonly (readonly [what: string, key: CoseKey])[] = [
  ["nothing", new Map()],
  ["no algorithm", keyWith("ES256", [[alg, undefined]])],
  ["ES384", keyWith("ES256", [[alg, -35]])],
  ["PS256", keyWith("RS256", [[alg, -37]])],
  ["RS1", keyWith("RS256", [[alg, -65_535]])],
  ["an algorithm that is a text", keyWith("ES256", [[alg, "-7"]])],
  ["EdDSA with another type", keyWith("EdDSA", [[kty, 2]])],
  ["EdDSA with Ed448", keyWith("EdDSA", [[first, 7]])],
  ["EdDSA without a point", keyWith("EdDSA", [[x, undefined]])],
  ["EdDSA with a short point", keyWith("EdDSA", [[x, Buffer.alloc(31)]])],
  ["EdDSA with one member more", keyWith("EdDSA", [[y, coordinate]])],
  ["ES256 with another type", keyWith("ES256", [[kty, 1]])],
  ["ES256 on P-384", keyWith("ES256", [[first, 2]])],
  ["ES256 with a long coordinate", keyWith("ES256", [[x, Buffer.alloc(33)]])],
  ["ES256 with a compressed point", keyWith("ES256", [[y, true]])],
  ["ES256 beside the curve", keyWith("ES256", [[y, Buffer.alloc(32, 1)]])],
  ["ES256 with a private half", keyWith("ES256", [[-4, coordinate]])],
  ["RS256 with another type", keyWith("RS256", [[kty, 2]])],
  ["RS256 with one member more", keyWith("RS256", [[y, coordinate]])],
  ["RS256 with a short modulus", keyWith("RS256", [[first, modulusOf(255)]])],
  [
    "RS256 with zeros before a short modulus",
    keyWith("RS256", [[first, Buffer.concat([Buffer.alloc(129), modulusOf(128)])]]),
  ],
  ["RS256 with a long modulus", keyWith("RS256", [[first, modulusOf(513)]])],
  ["RS256 with no modulus", keyWith("RS256", [[first, Buffer.of()]])],
  ["RS256 with a modulus that is a number", keyWith("RS256", [[first, 65_537]])],
  ["RS256 with the exponent 1", keyWith("RS256", [[x, Buffer.of(1)]])],
  ["RS256 with the exponent 3", keyWith("RS256", [[x, Buffer.of(3)]])],
  ["RS256 with a long exponent", keyWith("RS256", [[x, modulusOf(256)]])],
  ["RS256 with an exponent that is a number", keyWith("RS256", [[x, 65_537]])],
]

for (const [what, key] of refused) {
  test(`publicKeyOf() refuses ${what}`, () => assert.equal(publicKeyOf(key), null))
}
