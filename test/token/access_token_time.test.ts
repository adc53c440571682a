// When tokens begin and end to count, with and without leeway, and readSignedToken(), which reads
// expired ones and refresh tokens for those who end what they name. What it says of others is in
// refusal_reasons.test.ts.

import assert from "node:assert/strict"
import { test } from "node:test"
import {
  hasExpired,
  readSignedToken,
  signAccessToken,
  type TokenSettings,
} from "../../src/token/access_token.ts"
import type { AccessClaims } from "../../src/token/claims.ts"
import { startOfTests as now } from "../support/fake_clock.ts"
import { createForge, type Forge, forgeSid, type Members, withSettings } from "../support/forge.ts"
import { grantOfTests } from "../support/grant_of_tests.ts"
import { verdict } from "../support/token_verdict.ts"

const forges = { ES256: await createForge("ES256"), HS256: await createForge("HS256") }
const refreshOnly = "Only non-refresh tokens are allowed"

test("verifyAccessToken() refuses an expired token from its second on", async () => {
  for (const [alg, { settings }] of Object.entries(forges)) {
    for (const ttl of [1, 900, 86_400]) {
      const grant = { ...grantOfTests, sessionExpiresAt: now + 86_400 }
      const issued = await signAccessToken(grant, { ...settings, accessTtlSeconds: ttl })
      assert.equal(issued.expiresInSeconds, ttl)
      const at = (seconds: number) => verdict(issued.token, settings, now + seconds)
      assert.equal(await at(ttl - 1), "accepted", `${alg} ${ttl}`)
      assert.equal(await at(ttl), "Token has expired", `${alg} ${ttl}`)
      assert.equal(await at(ttl + 1), "Token has expired", `${alg} ${ttl}`)
      assert.equal(await at(-5), "accepted", `${alg} ${ttl}`)
      assert.equal(await at(-6), "Invalid token", `${alg} ${ttl}`)
    }
  }
})

/** Seconds from now at which a claim lies, the leeway, and what is said then. */
const leewayRows: readonly (readonly [Members, leeway: number, expected: string])[] = [
  [{ iat: now - 900, exp: now }, 0, "Token has expired"],
  [{ iat: now - 900, exp: now + 1 }, 0, "accepted"],
  [{ iat: now - 900, exp: now - 59 }, 60, "accepted"],
  [{ iat: now - 900, exp: now - 60 }, 60, "Token has expired"],
  [{ iat: now - 900, exp: now - 61 }, 60, "Token has expired"],
  [{ iat: now + 5 }, 0, "accepted"],
  [{ iat: now + 6 }, 0, "Invalid token"],
  [{ iat: now + 60, exp: now + 900 }, 60, "accepted"],
  [{ iat: now + 61, exp: now + 900 }, 60, "Invalid token"],
  [{ nbf: now + 5 }, 0, "accepted"],
  [{ nbf: now + 6 }, 0, "Invalid token"],
  [{ nbf: now + 60 }, 60, "accepted"],
  [{ nbf: now + 61 }, 60, "Invalid token"],
  [{ auth_time: now + 60 }, 60, "accepted"],
  [{ auth_time: now + 61 }, 60, "Invalid token"],
  [{ exp: now + 86_401 }, 60, "Invalid token"],
  [{ iat: now + 10, exp: now + 10 }, 60, "Invalid token"],
]

test("verifyAccessToken() applies the leeway to exp, iat and nbf only", async () => {
  for (const [alg, forge] of Object.entries(forges)) {
    for (const [payload, leewaySeconds, expected] of leewayRows) {
      const found = await verdict(forge.token({ payload }), { ...forge.settings, leewaySeconds })
      assert.equal(found, expected, `${alg} ${JSON.stringify(payload)} ${leewaySeconds}`)
    }
  }
})

test("signAccessToken() gives a token the life that is left of its session", async () => {
  for (const { settings } of Object.values(forges)) {
    for (const left of [1, 60, 899, 900]) {
      const grant = { ...grantOfTests, sessionExpiresAt: now + left }
      const { token, expiresInSeconds } = await signAccessToken(grant, settings)
      assert.equal(expiresInSeconds, left)
      assert.equal(await verdict(token, settings, now + left - 1), "accepted")
      assert.equal(await verdict(token, settings, now + left), "Token has expired")
    }
  }
})

test("signAccessToken() after the session's end gives an expired token, and no negative lifetime", async () => {
  for (const { settings } of Object.values(forges)) {
    for (const left of [0, -1, -86_400]) {
      const grant = { ...grantOfTests, sessionExpiresAt: now + left }
      const { token, expiresInSeconds } = await signAccessToken(grant, settings)
      assert.equal(expiresInSeconds, 0)
      assert.equal(await verdict(token, settings), "Invalid token")
      assert.equal(await readSignedToken(token, settings, now), "lifetime")
    }
  }
})

test("readSignedToken() reads a token long after it has expired", async () => {
  for (const { settings } of Object.values(forges)) {
    const { token } = await signAccessToken(grantOfTests, settings)
    for (const at of [now, now + 899, now + 900, now + 315_360_000]) {
      const { jti, ...claims } = await claimsOf(token, settings, at)
      assert.deepEqual(claims, {
        username: "alice",
        issuedAt: now,
        expiresAt: now + 900,
        sid: grantOfTests.sid,
        authTime: now - 60,
        fresh: true,
        isAccess: true,
        isAhead: false,
      })
      assert.match(jti, /^[\w-]{22}$/)
    }
  }
})

test("readSignedToken() reads a refresh token of Flask-JWT-Extended, and says so", async () => {
  const forge = forges.HS256
  const payload = { type: "refresh", exp: now + 2_592_000, sid: forgeSid }
  const token = forge.token({ payload })
  for (const at of [now, now + 2_592_000]) {
    const { isAccess, sid, expiresAt } = await claimsOf(token, forge.settings, at)
    assert.deepEqual([isAccess, sid, expiresAt], [false, forgeSid, now + 2_592_000])
  }
  assert.equal(await verdict(token, forge.settings, now), refreshOnly)
  assert.equal(await verdict(token, forge.settings, now + 2_592_000), "Token has expired")
  const published = forges.ES256.token({ payload })
  assert.equal(await readSignedToken(published, forges.ES256.settings, now), "type")
})

test("hasExpired() is true from the last second of exp and leeway on", async () => {
  for (const leewaySeconds of [0, 1, 60]) {
    const { settings, claims } = await readGood(forges.HS256, { leewaySeconds })
    const end = now + 900 + leewaySeconds
    assert.deepEqual(
      [now - 86_400, now, end - 1, end, end + 1].map((at) => hasExpired(claims, settings, at)),
      [false, false, false, true, true],
    )
  }
})

async function readGood(forge: Forge, changes: Partial<TokenSettings>) {
  const { settings } = withSettings(forge, changes)
  return { settings, claims: await claimsOf(forge.token(), settings, now) }
}

async function claimsOf(token: string, settings: TokenSettings, at: number): Promise<AccessClaims> {
  const claims = await readSignedToken(token, settings, at)
  assert.ok(typeof claims === "object", String(claims))
  return claims
}
