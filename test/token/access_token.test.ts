// Runs the vectors of test/vectors against deployments of each algorithm, and checks what is
// signed.

import assert from "node:assert/strict"
import { createHmac, timingSafeEqual } from "node:crypto"
import { test } from "node:test"
import { createLocalJWKSet, jwtVerify } from "jose"
import { AuthError } from "../../src/errors.ts"
import {
  signAccessToken,
  type TokenSettings,
  verifyAccessToken,
} from "../../src/token/access_token.ts"
import type { Algorithm } from "../../src/token/algorithms.ts"
import type { AccessClaims } from "../../src/token/claims.ts"
import { startOfTests as now } from "../support/fake_clock.ts"
import {
  createForge,
  forgeIssuer,
  forgeSecret,
  segments,
  signatureOf,
  withSettings,
  withSignature,
} from "../support/forge.ts"
import { claimVectors } from "../vectors/claim_vectors.ts"
import { addressedSettings, addressedVectors, flaskVectors } from "../vectors/flask_vectors.ts"
import { formVectors } from "../vectors/form_vectors.ts"
import { headerVectors } from "../vectors/header_vectors.ts"
import { publishedVectors } from "../vectors/published_vectors.ts"
import { signatureVectors } from "../vectors/signature_vectors.ts"
import type { Vector } from "../vectors/vector.ts"

const grant = { username: "alice", roles: [], authTime: now - 60, issuedAt: now, fresh: true }
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

test("verifyAccessToken() vectors: issuer and audience of a shared secret", async () => {
  const forge = withSettings(await createForge("HS256"), addressedSettings)
  assert.deepEqual(await unexpected(addressedVectors, forge), [])
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
  assert.equal(await outcome(expired, forge.settings), "Token has expired")
  const other = signatureOf(forge.token())
  assert.equal(await outcome(withSignature(expired, other), forge.settings), "Invalid token")
})

test("verifyAccessToken() refuses with AuthError whatever a broken ring throws", async () => {
  const forge = await createForge("ES256")
  const thrown = [new TypeError("a"), new RangeError("b"), new DOMException("c"), "text", undefined]
  for (const value of thrown) {
    const verifying = new Map(forge.settings.ring.verifying)
    verifying.get = () => {
      throw value
    }
    const settings = { ...forge.settings, ring: { ...forge.settings.ring, verifying } }
    assert.equal(await outcome(forge.token(), settings), "Invalid token", String(value))
  }
})

test("verifyAccessToken() refuses an expired token from its second on", async () => {
  for (const alg of ["ES256", "HS256"] as const) {
    const { settings } = await createForge(alg)
    for (const ttl of [1, 900, 86_400]) {
      const issued = await signAccessToken(grant, { ...settings, accessTtlSeconds: ttl })
      assert.equal(issued.expiresInSeconds, ttl)
      const at = (seconds: number) => outcome(issued.token, settings, now + seconds)
      assert.equal(await at(ttl - 1), "accepted", `${alg} ${ttl}`)
      assert.equal(await at(ttl), "Token has expired", `${alg} ${ttl}`)
      assert.equal(await at(ttl + 1), "Token has expired", `${alg} ${ttl}`)
      assert.equal(await at(-5), "accepted", `${alg} ${ttl}`)
      assert.equal(await at(-6), "Invalid token", `${alg} ${ttl}`)
    }
  }
})

test("signAccessToken() gives what verifyAccessToken() reads, for every algorithm", async () => {
  for (const alg of [...algorithms, "HS384", "HS512"] as const) {
    const { settings, profile } = await createForge(alg)
    const { token } = await signAccessToken(grant, settings)
    const { jti, ...claims } = await verifyAccessToken(token, settings, now)
    const expected: Omit<AccessClaims, "jti"> = {
      username: "alice",
      issuedAt: now,
      expiresAt: now + 900,
      authTime: profile === "shared" ? null : now - 60,
      fresh: true,
      isAccess: true,
    }
    assert.deepEqual(claims, expected, alg)
    assert.match(jti, /^[\w-]{22}$/)
  }
})

test("signAccessToken() gives each token a jti of its own", async () => {
  const { settings } = await createForge("HS256")
  const tokens = await Promise.all(
    Array.from({ length: 50 }, () => signAccessToken(grant, settings)),
  )
  assert.equal(new Set(tokens.map(({ token }) => decoded(token).payload["jti"])).size, 50)
})

test("signAccessToken() writes RFC 9068's claims for published keys", async () => {
  const { settings, kid } = await createForge("ES256")
  const roles = ["admin", "editor"]
  const { token } = await signAccessToken({ ...grant, roles, fresh: false }, settings)
  const { headerText, payloadText, payload } = decoded(token)
  assert.equal(headerText, JSON.stringify({ alg: "ES256", typ: "at+jwt", kid }))
  const expected = {
    iss: forgeIssuer,
    sub: "alice",
    aud: forgeIssuer,
    exp: now + 900,
    iat: now,
    jti: payload["jti"],
    client_id: "postern",
    auth_time: now - 60,
    fresh: false,
    type: "access",
    roles,
  }
  assert.equal(payloadText, JSON.stringify(expected))
})

test("signAccessToken() writes Flask-JWT-Extended's claims for a shared secret", async () => {
  const { settings } = await createForge("HS256")
  const claims = { fresh: true, iat: now, jti: "", type: "access", sub: "alice", exp: now + 900 }
  const addressed = { iss: "flask-app", aud: "flask-api" }
  const rows = [
    [{}, [], claims],
    [{}, ["admin"], { ...claims, roles: ["admin"] }],
    [addressedSettings, [], { ...claims, ...addressed }],
    [addressedSettings, ["a", "b"], { ...claims, ...addressed, roles: ["a", "b"] }],
  ] as const
  for (const [changes, roles, expected] of rows) {
    const { token } = await signAccessToken({ ...grant, roles }, { ...settings, ...changes })
    const { headerText, payloadText, payload } = decoded(token)
    assert.equal(headerText, '{"alg":"HS256","typ":"JWT"}')
    assert.equal(payloadText, JSON.stringify({ ...expected, jti: payload["jti"] }))
  }
})

test("signAccessToken() signs what others verify by the published keys alone", async () => {
  for (const alg of ["ES256", "EdDSA", "PS256", "RS256"] as const) {
    const { settings } = await createForge(alg)
    const { token } = await signAccessToken(grant, settings)
    const keys = createLocalJWKSet({ keys: [...settings.ring.publicKeys] })
    const { payload } = await jwtVerify(token, keys, {
      issuer: forgeIssuer,
      audience: forgeIssuer,
      typ: "at+jwt",
      algorithms: [alg],
      currentDate: new Date(now * 1000),
    })
    assert.equal(payload.sub, "alice", alg)
  }
})

test("signAccessToken() signs what others verify by the shared secret alone", async () => {
  const { settings } = await createForge("HS256")
  const { token } = await signAccessToken(grant, settings)
  const [header, payload] = segments(token)
  const expected = createHmac("sha256", forgeSecret).update(`${header}.${payload}`).digest()
  assert.ok(timingSafeEqual(signatureOf(token), expected))
})

/** The vectors that did not come out as they must, with what came of them. */
async function unexpected(
  vectors: readonly Vector[],
  forge: Awaited<ReturnType<typeof createForge>>,
): Promise<string[]> {
  const wrong: string[] = []
  for (const { id, make, expect } of vectors) {
    const found = await outcome(make(forge), forge.settings)
    if (found !== expect) wrong.push(`${id}: ${found}, not ${expect}`)
  }
  return wrong
}

/** "accepted", or the message of a refusal; anything else that is thrown fails the test. */
async function outcome(token: string, settings: TokenSettings, at: number = now): Promise<string> {
  try {
    await verifyAccessToken(token, settings, at)
    return "accepted"
  } catch (error) {
    assert.ok(error instanceof AuthError, `Thrown: ${error}`)
    assert.equal(error.code, "invalid_token")
    return error.message
  }
}

function decoded(token: string) {
  const [headerText = "", payloadText = ""] = segments(token).map((part) =>
    Buffer.from(part, "base64url").toString(),
  )
  return { headerText, payloadText, payload: JSON.parse(payloadText) as Record<string, unknown> }
}

function everyEighth(vectors: readonly Vector[]): readonly Vector[] {
  return vectors.filter((_vector, index) => index % 8 === 0)
}
