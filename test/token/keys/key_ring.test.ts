// The three rings, and the keys that they are made of. What they give over time is in
// key_ring_time.test.ts.

import assert from "node:assert/strict"
import { createHash, createPrivateKey } from "node:crypto"
import { test } from "node:test"
import type { JWK } from "jose"
import { signAccessToken, type TokenSettings } from "../../../src/token/access_token.ts"
import type { PublishedAlgorithm } from "../../../src/token/keys/algorithms.ts"
import {
  createImportedKeyRing,
  createSharedKeyRing,
  createTimedKeyRing,
  generateTimedKey,
  type KeyRing,
  readPrivateJwk,
  type SharedSecrets,
  toPublic,
} from "../../../src/token/keys/key_ring.ts"
import { startOfTests as now } from "../../support/fake_clock.ts"
import { createForge } from "../../support/forge.ts"
import { grantOfTests } from "../../support/grant_of_tests.ts"
import { testPreviousSecret, testSecret } from "../../support/test_keys.ts"
import { verdict } from "../../support/token_verdict.ts"
import { ecKeyPem, edKeyPem, rsaKeyPem } from "../../vectors/signing_keys.ts"

const algorithms = ["ES256", "EdDSA", "PS256", "RS256"] as const
const pemByAlgorithm = { ES256: ecKeyPem, EdDSA: edKeyPem, PS256: rsaKeyPem, RS256: rsaKeyPem }

/** The members of a JWK that its thumbprint is made of (RFC 7638 §3.2), sorted. */
const thumbprintMembers = {
  EC: ["crv", "kty", "x", "y"],
  OKP: ["crv", "kty", "x"],
  RSA: ["e", "kty", "n"],
} as const
const privateMembers = ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"]

// All at once: an RSA key takes a second or two.
const times = { publishedAt: now, signsFrom: now + 305 }
const generating = algorithms.map(
  (algorithm) => [algorithm, generateTimedKey(algorithm, times)] as const,
)

for (const [algorithm, generated] of generating) {
  test(`generateTimedKey() makes a key for ${algorithm} that a ring can use`, async () => {
    const { jwk, ...rest } = await generated
    assert.deepEqual(rest, { ...times, keptUntil: null })
    assert.equal(typeof jwk.d, "string")
    if (jwk.kty === "RSA") assert.equal(Buffer.from(jwk.n ?? "", "base64url").length * 8, 3072)
    const ring = await createTimedKeyRing([{ jwk, ...rest }])
    await checkRing(ring, algorithm)
    checkSecrecy(ring, jwk)
    assert.deepEqual(await readPrivateJwk(JSON.stringify(jwk), algorithm), jwk)
  })
}

test("generateTimedKey() makes another key each time", async () => {
  const made = [0, 1, 2, 3, 4].map(() =>
    generateTimedKey("EdDSA", { publishedAt: now, signsFrom: now }),
  )
  const kids = (await Promise.all(made)).map(({ jwk }) => jwk.kid)
  assert.equal(new Set(kids).size, 5)
})

test("createImportedKeyRing() makes a ring of a private key, PEM or JWK", async () => {
  for (const algorithm of algorithms) {
    const pem = pemByAlgorithm[algorithm]
    const jwk = createPrivateKey(pem).export({ format: "jwk" }) as JWK
    const [ofPem, ofJwk] = [
      await createImportedKeyRing(pem, algorithm),
      await createImportedKeyRing(JSON.stringify({ ...jwk, kid: "mine", x5c: ["AA"] }), algorithm),
    ]
    for (const ring of [ofPem, ofJwk]) {
      await checkRing(ring, algorithm)
      checkSecrecy(ring, jwk)
    }
    assert.deepEqual(ofJwk.published(now), ofPem.published(now), algorithm)
  }
})

test("createImportedKeyRing() signs and is published at all times", async () => {
  const ring = await createImportedKeyRing(ecKeyPem, "ES256")
  const kid = ring.signer(now).kid
  for (const at of [0, 1, now, Number.MAX_SAFE_INTEGER]) {
    assert.equal(ring.signer(at).kid, kid, `${at}`)
    assert.equal(ring.find(kid, at)?.alg, "ES256", `${at}`)
    assert.deepEqual(ring.published(at), ring.published(now), `${at}`)
    assert.equal(ring.keySet(at), ring.keySet(now), `${at}`)
  }
})

test("createImportedKeyRing() throws TypeError for a key that does not fit", async () => {
  await assert.rejects(createImportedKeyRing(edKeyPem, "ES256"), {
    name: "TypeError",
    message: "Unusable private key: ES256 needs an elliptic curve key on P-256",
  })
})

test("createSharedKeyRing() has one key without a name and publishes nothing", async () => {
  for (const algorithm of ["HS256", "HS384", "HS512"] as const) {
    const ring = await createSharedKeyRing({ secret: testSecret }, algorithm)
    for (const at of [0, now, Number.MAX_SAFE_INTEGER]) {
      const { kid, alg, key } = ring.signer(at)
      assert.deepEqual([kid, alg, key.extractable], [undefined, algorithm, false])
      assert.deepEqual(key.usages, ["sign", "verify"])
      assert.equal(ring.find(undefined, at)?.key, key)
      for (const name of ["", "undefined", "__proto__", "k1"])
        assert.equal(ring.find(name, at), null)
      assert.deepEqual(ring.published(at), [])
      assert.equal(ring.keySet(at), ring.keySet(0), "the same set")
    }
  }
})

test("createSharedKeyRing() takes the secret's bytes as they are", async () => {
  const { settings } = await createForge("HS256")
  const { token } = await signAccessToken(grantOfTests, settings)
  const rows = [
    [testSecret, "accepted"],
    [`${testSecret} `, "Invalid token"],
    [testSecret.slice(0, -1), "Invalid token"],
    [Buffer.from(testSecret, "base64").toString("latin1"), "Invalid token"],
    [`${testSecret}\0`, "Invalid token"],
  ] as const
  for (const [secret, expected] of rows) {
    const ring = await createSharedKeyRing({ secret }, "HS256")
    const found = await verdict(token, { ...settings, ring })
    assert.equal(found, expected, JSON.stringify(secret.slice(-4)))
  }
})

test("createSharedKeyRing() accepts tokens of the previous secret, and signs with the other", async () => {
  for (const algorithm of ["HS256", "HS384", "HS512"] as const) {
    const { settings } = await createForge(algorithm)
    const withRing = (ring: KeyRing): TokenSettings => ({ ...settings, ring })
    const make = (secrets: SharedSecrets) => createSharedKeyRing(secrets, algorithm).then(withRing)
    const [both, onlyNew, onlyOld] = [
      await make({ secret: testSecret, previous: testPreviousSecret }),
      await make({ secret: testSecret }),
      await make({ secret: testPreviousSecret }),
    ]
    const { token: ofNew } = await signAccessToken(grantOfTests, both)
    const { token: ofOld } = await signAccessToken(grantOfTests, onlyOld)
    const third = await make({ secret: `${testSecret}x` })
    const { token: ofThird } = await signAccessToken(grantOfTests, third)
    const tokens = [ofNew, ofOld, ofThird]
    const verdicts = (by: TokenSettings) => Promise.all(tokens.map((token) => verdict(token, by)))
    assert.deepEqual(await verdicts(both), ["accepted", "accepted", "Invalid token"], algorithm)
    assert.deepEqual(await verdicts(onlyNew), ["accepted", "Invalid token", "Invalid token"])
    assert.deepEqual(await verdicts(onlyOld), ["Invalid token", "accepted", "Invalid token"])
    const expired = now + settings.accessTtlSeconds
    assert.equal(await verdict(ofOld, both, expired), "Token has expired")
    const unsigned = ofOld.slice(0, ofOld.lastIndexOf(".") + 1)
    assert.equal(await verdict(`${unsigned}AAAA`, both), "Invalid token")
  }
})

test("createTimedKeyRing() refuses two keys of one name", async () => {
  const key = await generateTimedKey("ES256", { publishedAt: 0, signsFrom: 0 })
  const again = { ...key, publishedAt: now, signsFrom: now, keptUntil: now + 1 }
  await assert.rejects(createTimedKeyRing([key, again]), {
    name: "TypeError",
    message: "Two keys have one kid",
  })
})

test("createTimedKeyRing() without keys finds and publishes no key, and can't sign", async () => {
  const ring = await createTimedKeyRing([])
  assert.equal(ring.find(undefined, now), null)
  assert.equal(ring.find("k1", now), null)
  assert.deepEqual(ring.published(now), [])
  assert.throws(() => ring.signer(now), { name: "TypeError", message: "A ring needs a key" })
})

test("KeyRing.find() finds only the exact kid", async () => {
  const ring = await createImportedKeyRing(ecKeyPem, "ES256")
  const kid = ring.signer(now).kid ?? ""
  assert.equal(ring.find(kid, now)?.key.type, "public")
  const others = ["", "__proto__", "constructor", "toString", " ", `${kid} `, ` ${kid}`, `${kid}\0`]
  for (const other of [undefined, ...others, kid.slice(1), kid.toUpperCase(), `${kid}${kid}`]) {
    assert.equal(ring.find(other, now), null, JSON.stringify(other))
  }
})

test("toPublic() keeps only members that everybody may see", () => {
  const secrets = Object.fromEntries(privateMembers.map((name) => [name, `secret ${name}`]))
  const open = { kty: "RSA", n: "AQAB", e: "AQAB", kid: "k1", alg: "RS256", use: "sig" }
  const more = { ext: true, key_ops: ["sign"], x5c: ["MIIB"], jku: "https://a.example", D: "d" }
  assert.deepEqual(toPublic({ ...secrets, ...open, ...more }), open)
})

test("readPrivateJwk() names a key by its thumbprint, and not by its own kid", async () => {
  const jwk = await readPrivateJwk(ecKeyPem, "ES256")
  const named = { ...jwk, kid: "../../dev/null" }
  assert.deepEqual(await readPrivateJwk(JSON.stringify(named), "ES256"), jwk)
})

test("readPrivateJwk() throws TypeError without a word of the key", async () => {
  const jwk = await readPrivateJwk(ecKeyPem, "ES256")
  await assert.rejects(readPrivateJwk(JSON.stringify({ ...jwk, d: jwk.x }), "ES256"), {
    name: "TypeError",
    message: "Unusable private key: its parts do not make one key",
  })
})

/** What every ring of one published key holds to: names, members, keys that can't be taken out. */
async function checkRing(ring: KeyRing, algorithm: PublishedAlgorithm): Promise<void> {
  const [jwk, ...more] = ring.published(now)
  assert.ok(jwk)
  assert.deepEqual(more, [])
  const needed = thumbprintMembers[jwk.kty as keyof typeof thumbprintMembers]
  assert.deepEqual(Object.keys(jwk).sort(), [...needed, "alg", "kid", "use"].sort())
  assert.deepEqual([jwk.alg, jwk.use], [algorithm, "sig"])
  const text = JSON.stringify(Object.fromEntries(needed.map((name) => [name, jwk[name]])))
  assert.equal(jwk.kid, createHash("sha256").update(text).digest("base64url"))
  const { kid, alg, key } = ring.signer(now)
  assert.deepEqual([kid, alg], [jwk.kid, algorithm])
  assert.deepEqual([key.type, key.extractable, key.usages], ["private", false, ["sign"]])
  const found = ring.find(kid, now)
  assert.deepEqual([found?.alg, found?.key.type], [algorithm, "public"])
  const { settings } = await createForge(algorithm)
  const ours: TokenSettings = { ...settings, ring }
  const { token } = await signAccessToken(grantOfTests, ours)
  assert.equal(await verdict(token, ours), "accepted")
}

/** K-03: nothing that is private is published, under no name, and what is can't be changed. */
function checkSecrecy(ring: KeyRing, jwk: JWK): void {
  const published = ring.published(now)
  const text = JSON.stringify(published)
  const secrets = Object.entries(jwk).filter(([name]) => privateMembers.includes(name))
  assert.equal(secrets.length, jwk.kty === "RSA" ? 6 : 1)
  for (const [name, value] of secrets) {
    assert.ok(!text.includes(`"${name}"`), name)
    assert.ok(!text.includes(String(value)), name)
  }
  assert.ok(published.every(Object.isFrozen))
}
