import assert from "node:assert/strict"
import { test } from "node:test"
import { createImportedKeyRing } from "../../../src/token/keys/key_ring.ts"
import { readPrivateKey } from "../../../src/token/keys/private_key.ts"
import { brokenRsaKeys, threePrimesKeyPem } from "../../vectors/rsa_keys.ts"

const notOneKey = "its parts do not make one key"

// Some of these keys can sign: OpenSSL uses the primes or `d`, whichever gives a valid signature.
// Versions of Node differ in which keys.
test("readPrivateKey() takes an RSA key only when what it signs can be verified", async () => {
  const threePrimes = { name: "three primes", text: threePrimesKeyPem }
  const forms = brokenRsaKeys.flatMap(({ name, jwk, pem }) => [
    { name: `${name}, JWK`, text: JSON.stringify(jwk) },
    { name: `${name}, PEM`, text: pem },
  ])
  for (const { name, text } of [threePrimes, ...forms]) {
    const reading = readPrivateKey(text, "RS256")
    if ("mistake" in reading) {
      assert.equal(reading.mistake, notOneKey, name)
      continue
    }
    const ring = await createImportedKeyRing(text, "RS256")
    const { key: privateKey, kid } = ring.signer(0)
    const bytes = Buffer.from("signed")
    const signature = await crypto.subtle.sign("RSASSA-PKCS1-v1_5", privateKey, bytes)
    const publicKey = ring.find(kid, 0)?.key
    assert.ok(publicKey, name)
    assert.ok(await crypto.subtle.verify("RSASSA-PKCS1-v1_5", publicKey, signature, bytes), name)
  }
  for (const name of ["another modulus", "another p and q", "0 as p"]) {
    const broken = brokenRsaKeys.find((one) => one.name === name)
    assert.ok(broken)
    assert.deepEqual(readPrivateKey(broken.pem, "PS256"), { mistake: notOneKey }, name)
  }
})
