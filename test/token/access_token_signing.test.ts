// What signAccessToken() writes, to the byte, and that others can verify it. The operator's own
// claims are in claims_own.test.ts.

import assert from "node:assert/strict"
import { createHmac, timingSafeEqual } from "node:crypto"
import { test } from "node:test"
import { createLocalJWKSet, jwtVerify } from "jose"
import { signAccessToken, verifyAccessToken } from "../../src/token/access_token.ts"
import type { AccessClaims } from "../../src/token/claims.ts"
import type { Algorithm } from "../../src/token/keys/algorithms.ts"
import { startOfTests as now } from "../support/fake_clock.ts"
import { createForge, forgeIssuer, forgeSecret, segments, signatureOf } from "../support/forge.ts"
import { grantOfTests } from "../support/grant_of_tests.ts"
import { decodeToken } from "../support/token_verdict.ts"
import { addressedSettings, severalSettings } from "../vectors/flask_vectors.ts"

const algorithms: readonly Algorithm[] = ["ES256", "HS256", "EdDSA", "PS256", "RS256"]

test("signAccessToken() gives what verifyAccessToken() reads, for every algorithm", async () => {
  for (const alg of [...algorithms, "HS384", "HS512"] as const) {
    const { settings } = await createForge(alg)
    const { token } = await signAccessToken(grantOfTests, settings)
    const { jti, ...claims } = await verifyAccessToken(token, settings, now)
    const expected: Omit<AccessClaims, "jti"> = {
      username: "alice",
      issuedAt: now,
      expiresAt: now + 900,
      sid: grantOfTests.sid,
      authTime: now - 60,
      fresh: true,
      isAccess: true,
      isAhead: false,
    }
    assert.deepEqual(claims, expected, alg)
    assert.match(jti, /^[\w-]{22}$/)
  }
})

test("signAccessToken() gives each token a jti of its own", async () => {
  const { settings } = await createForge("HS256")
  const tokens = await Promise.all(
    Array.from({ length: 50 }, () => signAccessToken(grantOfTests, settings)),
  )
  assert.equal(new Set(tokens.map(({ token }) => decodeToken(token).claims["jti"])).size, 50)
})

test("signAccessToken() writes RFC 9068's claims for published keys", async () => {
  const { settings, kid } = await createForge("ES256")
  const roles = ["admin", "editor"]
  const { token } = await signAccessToken({ ...grantOfTests, roles, fresh: false }, settings)
  const { headerText, payloadText, claims } = decodeToken(token)
  assert.equal(headerText, JSON.stringify({ alg: "ES256", typ: "at+jwt", kid }))
  const expected = {
    iss: forgeIssuer,
    sub: "alice",
    aud: forgeIssuer,
    exp: now + 900,
    iat: now,
    jti: claims["jti"],
    client_id: "postern",
    sid: grantOfTests.sid,
    ...{ auth_time: now - 60, acr: "aal1", amr: ["pwd"] },
    fresh: false,
    type: "access",
    roles,
  }
  assert.equal(payloadText, JSON.stringify(expected))
})

test("signAccessToken() writes Flask-JWT-Extended's claims for a shared secret", async () => {
  const { settings } = await createForge("HS256")
  const random = { jti: "", type: "access", sub: "alice", csrf: "" }
  const first = { fresh: true, iat: now, ...random, exp: now + 900 }
  const session = { sid: grantOfTests.sid, auth_time: now - 60, acr: "aal1", amr: ["pwd"] }
  const addressed = { ...first, iss: "flask-app", aud: "flask-api", ...session }
  const several = { ...addressed, aud: ["flask-api", "flask-web"] }
  const rows = [
    [{}, [], { ...first, ...session }],
    [{}, ["admin"], { ...first, ...session, roles: ["admin"] }],
    [addressedSettings, [], addressed],
    [addressedSettings, ["a", "b"], { ...addressed, roles: ["a", "b"] }],
    [severalSettings, [], several],
  ] as const
  for (const [changes, roles, expected] of rows) {
    const { token } = await signAccessToken({ ...grantOfTests, roles }, { ...settings, ...changes })
    const { headerText, payloadText, claims } = decodeToken(token)
    assert.equal(headerText, '{"alg":"HS256","typ":"JWT"}')
    const { jti, csrf } = claims
    assert.match(String(csrf), /^[\w-]{22}$/)
    assert.notEqual(csrf, jti)
    assert.equal(payloadText, JSON.stringify({ ...expected, jti, csrf }))
  }
})

test("signAccessToken() signs what others verify by the published keys alone", async () => {
  for (const alg of ["ES256", "EdDSA", "PS256", "RS256"] as const) {
    const { settings } = await createForge(alg)
    const { token } = await signAccessToken(grantOfTests, settings)
    const keys = createLocalJWKSet({ keys: [...settings.ring.published(now)] })
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
  const { token } = await signAccessToken(grantOfTests, settings)
  const [header, payload] = segments(token)
  const expected = createHmac("sha256", forgeSecret).update(`${header}.${payload}`).digest()
  assert.ok(timingSafeEqual(signatureOf(token), expected))
})
