// Runs the vectors of test/vectors against deployments of each algorithm. What is signed is in
// access_token_signing.test.ts, and times are in access_token_time.test.ts.

import assert from "node:assert/strict"
import { test } from "node:test"
import { verifyAccessToken } from "../../src/token/access_token.ts"
import type { Algorithm } from "../../src/token/keys/algorithms.ts"
import { startOfTests as now } from "../support/fake_clock.ts"
import {
  createForge,
  type Forge,
  forgeSid,
  signatureOf,
  withSettings,
  withSignature,
} from "../support/forge.ts"
import { verdict } from "../support/token_verdict.ts"
import { claimVectors } from "../vectors/claim_vectors.ts"
import {
  addressedSettings,
  addressedVectors,
  flaskVectors,
  severallyAddressedVectors,
  severalSettings,
} from "../vectors/flask_vectors.ts"
import { formVectors } from "../vectors/form_vectors.ts"
import { headerVectors } from "../vectors/header_vectors.ts"
import { publishedVectors } from "../vectors/published_vectors.ts"
import { signatureVectors } from "../vectors/signature_vectors.ts"
import type { Vector } from "../vectors/vector.ts"

const algorithms: readonly Algorithm[] = ["ES256", "HS256", "EdDSA", "PS256", "RS256"]

/** The tables, and the algorithms of the deployments that they are run against. */
const tables: readonly (readonly [string, readonly Vector[], readonly Algorithm[]])[] = [
  ["form", formVectors, ["ES256", "HS256"]],
  ["header", headerVectors, ["ES256", "HS256"]],
  ["claims", claimVectors, ["ES256", "HS256"]],
  ["form, a sample", everyEighth(formVectors), ["EdDSA", "PS256", "RS256"]],
  ["header, a sample", everyEighth(headerVectors), ["EdDSA", "PS256", "RS256"]],
  ["Flask-JWT-Extended", flaskVectors, ["HS256"]],
  ...algorithms
    .filter((alg) => alg !== "HS256")
    .map((alg) => [`published ${alg}`, publishedVectors(alg), [alg]] as const),
  ...algorithms.map((alg) => [`signatures ${alg}`, signatureVectors[alg] ?? [], [alg]] as const),
]

for (const [name, vectors, deployments] of tables) {
  for (const alg of deployments) {
    test(`verifyAccessToken() vectors: ${name}, against ${alg}`, async () => {
      const forge = await createForge(alg)
      assert.deepEqual(await unexpected(vectors, forge), [])
    })
  }
}

test("verifyAccessToken() vectors: issuers and audiences of a shared secret", async () => {
  const forge = await createForge("HS256")
  const one = withSettings(forge, addressedSettings)
  assert.deepEqual(await unexpected(addressedVectors, one), [])
  const several = withSettings(forge, severalSettings)
  assert.deepEqual(await unexpected(severallyAddressedVectors, several), [])
})

test("verifyAccessToken() vectors are many, and each has its own name", () => {
  for (const [name, vectors] of tables) {
    const ids = vectors.map(({ id }) => id)
    assert.deepEqual(
      ids.filter((id, index) => ids.indexOf(id) !== index),
      [],
      name,
    )
    assert.ok(vectors.length > 0, name)
  }
  const hostile = new Set(
    tables.flatMap(([, vectors]) => vectors.filter(({ expect }) => expect !== "accepted")),
  )
  assert.ok(hostile.size >= 250, `${hostile.size} hostile vectors`)
})

test("verifyAccessToken() gives the same claims for the other spelling of a signature", async () => {
  const forge = await createForge("ES256")
  const respelled = signatureVectors.ES256?.find(({ id }) => id.startsWith("J-38"))?.make(forge)
  const claims = await verifyAccessToken(respelled ?? "", forge.settings, now)
  assert.deepEqual(claims, await verifyAccessToken(forge.token(), forge.settings, now))
  assert.equal(claims.jti, "AAECAwQFBgcICQoLDA0ODw")
})

test("verifyAccessToken() judges no claim before the signature", async () => {
  const forge = await createForge("ES256")
  const expired = forge.token({ payload: { iat: now - 900, exp: now } })
  assert.equal(await verdict(expired, forge.settings), "Token has expired")
  const other = signatureOf(forge.token())
  assert.equal(await verdict(withSignature(expired, other), forge.settings), "Invalid token")
})

test("verifyAccessToken() throws AuthError for anything that a broken ring throws", async () => {
  const forge = await createForge("ES256")
  const thrown = [new TypeError("a"), new RangeError("b"), new DOMException("c"), "text", undefined]
  for (const value of thrown) {
    const find = () => {
      throw value
    }
    const settings = { ...forge.settings, ring: { ...forge.settings.ring, find } }
    assert.equal(await verdict(forge.token(), settings), "Invalid token", String(value))
  }
})

test("verifyAccessToken() asks the ring for the header's kid at the given time", async () => {
  for (const alg of ["ES256", "HS256"] as const) {
    const forge = await createForge(alg)
    const asked: unknown[] = []
    const ring: Forge["settings"]["ring"] = {
      ...forge.settings.ring,
      find(kid, at) {
        asked.push([kid, at])
        return forge.settings.ring.find(kid, at)
      },
    }
    assert.equal(await verdict(forge.token(), { ...forge.settings, ring }, now + 5), "accepted")
    assert.deepEqual(asked, [[forge.kid, now + 5]], alg)
  }
})

test("verifyAccessToken() gives the session that a token names", async () => {
  const published = await createForge("ES256")
  const shared = await createForge("HS256")
  const sidOf = async (forge: Forge, payload: object) => {
    const token = forge.token({ payload: { ...payload } })
    return (await verifyAccessToken(token, forge.settings, now)).sid
  }
  assert.equal(await sidOf(published, {}), forgeSid)
  assert.equal(await sidOf(shared, { sid: forgeSid }), forgeSid)
  assert.equal(await sidOf(shared, {}), null)
  assert.equal(await sidOf(shared, { sid: 7 }), null)
  assert.equal(await sidOf(shared, { sid: `${forgeSid}=` }), null)
})

/** The vectors that did not come out as they must, with what came of them. */
async function unexpected(vectors: readonly Vector[], forge: Forge): Promise<string[]> {
  const wrong: string[] = []
  for (const { id, make, expect } of vectors) {
    const found = await verdict(make(forge), forge.settings)
    if (found !== expect) wrong.push(`${id}: ${found}, not ${expect}`)
  }
  return wrong
}

function everyEighth(vectors: readonly Vector[]): readonly Vector[] {
  return vectors.filter((_vector, index) => index % 8 === 0)
}
