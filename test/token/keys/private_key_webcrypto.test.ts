// Private keys as WebCrypto exports them: JWKs with `key_ops` and `ext`, and an `alg` of its own.

import assert from "node:assert/strict"
import type { webcrypto } from "node:crypto"
import { test } from "node:test"
import type { PublishedAlgorithm } from "../../../src/token/keys/algorithms.ts"
import { createImportedKeyRing } from "../../../src/token/keys/key_ring.ts"
import { readPrivateKey } from "../../../src/token/keys/private_key.ts"

const rsa = { modulusLength: 3072, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" }
const kinds: readonly (readonly [PublishedAlgorithm, object, alg: string | undefined])[] = [
  ["ES256", { name: "ECDSA", namedCurve: "P-256" }, undefined],
  ["EdDSA", { name: "Ed25519" }, "Ed25519"],
  ["PS256", { name: "RSA-PSS", ...rsa }, "PS256"],
  ["RS256", { name: "RSASSA-PKCS1-v1_5", ...rsa }, "RS256"],
]

for (const [algorithm, parameters, alg] of kinds) {
  test(`readPrivateKey() reads what WebCrypto exports for ${algorithm}`, async () => {
    // Older versions of Node export Ed25519 without a name.
    const jwk = { ...(await exported(parameters)), ...(alg === undefined ? {} : { alg }) }
    assert.deepEqual([jwk.alg, jwk.key_ops, jwk.ext], [alg, ["sign"], true])
    const reading = readPrivateKey(JSON.stringify(jwk), algorithm)
    assert.ok("key" in reading, JSON.stringify(reading))
    assert.equal(reading.key.export({ format: "jwk" })["d"], jwk.d)
  })

  test(`createImportedKeyRing() publishes a key of WebCrypto for ${algorithm} by our name`, async () => {
    const ring = await createImportedKeyRing(JSON.stringify(await exported(parameters)), algorithm)
    const [published] = ring.published(0)
    assert.deepEqual([published?.alg, published?.use], [algorithm, "sig"])
    assert.deepEqual([published?.key_ops, published?.ext], [undefined, undefined])
  })
}

async function exported(parameters: object): Promise<webcrypto.JsonWebKey> {
  const given = parameters as webcrypto.EcKeyGenParams
  const { privateKey } = await crypto.subtle.generateKey(given, true, ["sign", "verify"])
  return crypto.subtle.exportKey("jwk", privateKey)
}
