// Tokens for apps: any library verifies them by the published keys, and Postern takes none for an
// access token.

import assert from "node:assert/strict"
import { test } from "node:test"
import { createLocalJWKSet, jwtVerify } from "jose"
import { verifyAccessToken } from "../../src/token/access_token.ts"
import { appTokenSeconds, appTokenType, signAppToken } from "../../src/token/app_token.ts"
import { startOfTests as now } from "../support/fake_clock.ts"
import { createForge, forgeIssuer } from "../support/forge.ts"
import { refusedAs } from "../support/refusal.ts"

const audience = "https://photos.example.org"
const grant = {
  ...{ username: "alice", roles: ["family"], sid: "s".repeat(22), audience },
  ...{ authTime: now - 60, issuedAt: now, acr: "aal2", amr: ["pwd", "otp"] },
  claims: {
    email: "alice@example.org",
    acr: "aal3",
    amr: ["face"],
    sub: "admin",
    aud: "https://admin.example.org",
  },
}

test("signAppToken() gives what an app verifies by the published keys", async () => {
  for (const alg of ["ES256", "EdDSA", "PS256", "RS256"] as const) {
    const { settings } = await createForge(alg)
    const token = (await signAppToken(grant, settings)) ?? ""
    const keys = createLocalJWKSet({ keys: [...settings.ring.published(now)] })
    const options = { issuer: forgeIssuer, typ: appTokenType, currentDate: new Date(now * 1000) }
    const { payload } = await jwtVerify(token, keys, { ...options, audience })
    const { jti, ...claims } = payload
    assert.match(String(jti), /^[\w-]{22}$/)
    assert.deepEqual(claims, {
      ...{ iss: forgeIssuer, sub: "alice", aud: audience, iat: now, exp: now + appTokenSeconds },
      ...{ sid: grant.sid, auth_time: now - 60, acr: "aal2", amr: ["pwd", "otp"] },
      ...{ roles: ["family"], email: "alice@example.org" },
    })
    await assert.rejects(jwtVerify(token, keys, { ...options, audience: "https://other.org" }))
    const late = new Date((now + appTokenSeconds) * 1000)
    await assert.rejects(jwtVerify(token, keys, { ...options, audience, currentDate: late }))
  }
})

test("an app's token is no access token, even for its own audience", async () => {
  const { settings } = await createForge("ES256")
  const token = (await signAppToken({ ...grant, audience: forgeIssuer }, settings)) ?? ""
  await assert.rejects(
    verifyAccessToken(token, settings, now),
    refusedAs("invalid_token", "Invalid token"),
  )
})

test("signAppToken() gives null with a shared secret", async () => {
  const { settings } = await createForge("HS256")
  assert.equal(await signAppToken(grant, settings), null)
})
