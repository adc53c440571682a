// What readClaims() gives and what writeClaims() writes; what the first refuses is in
// test/vectors/claim_vectors.ts, and the operator's claims are in claims_own.test.ts.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { RefusalReason } from "../../src/errors.ts"
import {
  type AccessClaims,
  accessTtlSecondsMax,
  type ClaimSettings,
  readClaims,
  writeClaims,
} from "../../src/token/claims.ts"
import { startOfTests as now } from "../support/fake_clock.ts"
import type { Members } from "../support/forge.ts"
import { grantOfTests } from "../support/grant_of_tests.ts"
import { sidsOfOthers } from "../vectors/claim_vectors.ts"
import { addressedSettings, severalSettings } from "../vectors/flask_vectors.ts"

const times = { accessTtlSeconds: 900, leewaySeconds: 0 }
const published: ClaimSettings = {
  profile: "published",
  issuer: "https://login.example.org",
  audience: "https://api.example.org",
  acceptedIssuers: ["https://login.example.org"],
  acceptedAudiences: ["https://api.example.org"],
  ...times,
}
const shared: ClaimSettings = {
  profile: "shared",
  issuer: undefined,
  audience: undefined,
  acceptedIssuers: [],
  acceptedAudiences: [],
  ...times,
}
const addressed: ClaimSettings = { ...shared, ...addressedSettings }
const several: ClaimSettings = { ...shared, ...severalSettings }
const settingsByName = { published, shared, addressed, several }

const grant = { ...grantOfTests, roles: ["admin"], fresh: false }
const names = { jti: "token-1", csrf: "double-submit" }

test("writeClaims() gives what readClaims() reads back", () => {
  for (const [name, settings] of Object.entries(settingsByName)) {
    assert.deepEqual(
      readClaims(writeClaims(grant, names, settings), settings, now),
      {
        username: "alice",
        jti: "token-1",
        issuedAt: now,
        expiresAt: now + 900,
        sid: grant.sid,
        authTime: now - 60,
        fresh: false,
        isAccess: true,
        isAhead: false,
      },
      name,
    )
  }
})

test("writeClaims() leaves out what a shared secret's tokens need not say", () => {
  const written = (settings: ClaimSettings, roles: readonly string[]) =>
    Object.keys(writeClaims({ ...grant, roles }, names, settings)).join(" ")
  assert.equal(written(shared, []), "fresh iat jti type sub csrf exp sid auth_time acr amr")
  assert.equal(
    written(shared, ["admin"]),
    "fresh iat jti type sub csrf exp sid auth_time acr amr roles",
  )
  assert.equal(
    written(addressed, []),
    "fresh iat jti type sub csrf exp iss aud sid auth_time acr amr",
  )
  const all = "iss sub aud exp iat jti client_id sid auth_time acr amr fresh type roles"
  assert.equal(written(published, []), all)
})

test("writeClaims() writes issuer and audience as they are set, one or several", () => {
  const written = (settings: ClaimSettings) => {
    const { iss, aud } = writeClaims(grant, names, settings)
    return [iss, aud]
  }
  assert.deepEqual(written(published), [published.issuer, published.audience])
  assert.deepEqual(written(addressed), ["flask-app", "flask-api"])
  assert.deepEqual(written(several), ["flask-app", ["flask-api", "flask-web"]])
  assert.deepEqual(written(shared), [undefined, undefined])
})

test("writeClaims() lets no token outlive its session, nor its own lifetime", () => {
  const rows = [
    [now + 86_400, 900],
    [now + 901, 900],
    [now + 900, 900],
    [now + 899, 899],
    [now + 1, 1],
    [now, 0],
    [now - 5, -5],
  ] as const
  for (const [sessionExpiresAt, life] of rows) {
    for (const settings of Object.values(settingsByName)) {
      const { exp } = writeClaims({ ...grant, sessionExpiresAt }, names, settings)
      assert.equal(exp, now + life, `${settings.profile} ${life}`)
    }
  }
  const longest = { ...shared, accessTtlSeconds: accessTtlSecondsMax }
  const claims = writeClaims({ ...grant, sessionExpiresAt: now + 999_999 }, names, longest)
  assert.equal(members(readClaims(claims, longest, now)).expiresAt, now + 86_400)
})

test("readClaims() refuses a token whose session was over when it was signed", () => {
  for (const settings of Object.values(settingsByName)) {
    for (const sessionExpiresAt of [now, now - 5]) {
      const claims = writeClaims({ ...grant, sessionExpiresAt }, names, settings)
      assert.equal(readClaims(claims, settings, now), "lifetime")
    }
  }
})

test("readClaims() needs a session of ours, except in a shared secret's tokens", () => {
  for (const sid of sidsOfOthers) {
    const name = JSON.stringify(sid)
    assert.equal(reading(published, { sid }), "claims", name)
    assert.equal(members(reading(shared, { sid })).sid, null, name)
    assert.equal(members(reading(addressed, { sid })).sid, null, name)
  }
  for (const settings of Object.values(settingsByName)) {
    for (const sid of ["A".repeat(22), "-_".repeat(11), "0123456789abcdefABCDEF"]) {
      assert.equal(members(reading(settings, { sid })).sid, sid)
    }
  }
})

test("readClaims() gives freshness and login time as the token has them", () => {
  const read = (changes: Members) => members(reading(shared, changes))
  assert.equal(read({ fresh: true }).fresh, true)
  assert.equal(read({ fresh: now + 60.25 }).fresh, now + 60.25)
  assert.equal(read({ fresh: undefined }).fresh, false)
  assert.equal(read({ auth_time: now - 90 }).authTime, now - 90)
  assert.equal(read({ auth_time: undefined }).authTime, null)
  assert.equal(reading(shared, { auth_time: null }), "claims")
  assert.equal(reading(published, { fresh: now + 60 }), "claims")
  assert.equal(reading(published, { auth_time: undefined }), "claims")
})

test("readClaims() recognises a refresh token, of a shared secret only, with any lifetime", () => {
  const lastInstant = 253_402_300_799
  for (const exp of [lastInstant + 1, Number.MAX_SAFE_INTEGER]) {
    assert.equal(reading(shared, { type: "refresh", exp }), "claims", "after the year 9999")
  }
  for (const exp of [now + 1, now + 86_401, now + 2_592_000, lastInstant]) {
    const refresh = { type: "refresh", exp }
    assert.equal(members(reading(shared, refresh)).isAccess, false)
    assert.equal(members(reading(shared, refresh)).expiresAt, exp)
    assert.equal(reading(published, refresh), "type")
    assert.equal(reading(shared, { ...refresh, type: "Refresh" }), "type")
  }
})

test("readClaims() leaves expiry to its caller", () => {
  const claims = writeClaims(grant, names, published)
  assert.equal(members(readClaims(claims, published, now + 1_000_000)).expiresAt, now + 900)
})

test("readClaims() takes times ahead of ours by five seconds, or by the leeway", () => {
  const rows = [
    [0, 5],
    [4, 5],
    [5, 5],
    [6, 6],
    [60, 60],
  ] as const
  for (const [leewaySeconds, ahead] of rows) {
    for (const base of [published, shared]) {
      const settings = { ...base, leewaySeconds }
      for (const name of ["iat", "nbf", "auth_time"]) {
        const row = `${base.profile} ${name} ${leewaySeconds}`
        const isAhead = (at: number) => members(reading(settings, { [name]: at })).isAhead
        assert.equal(isAhead(now + ahead), false, row)
        assert.equal(isAhead(now + ahead + 1), true, row)
      }
    }
  }
})

test("readClaims() stretches no lifetime by the leeway", () => {
  const settings = { ...published, leewaySeconds: 60 }
  assert.equal(members(reading(settings, { exp: now + 86_400 })).expiresAt, now + 86_400)
  assert.equal(reading(settings, { exp: now + 86_401 }), "lifetime")
  assert.equal(reading(settings, { exp: now }), "lifetime")
})

/** What is said of a claim that is missing; of others "claims". */
const reasonsOfMissing: Readonly<Record<string, string>> = {
  ...{ iss: "issuer", aud: "audience", exp: "lifetime", type: "type" },
}

test("readClaims() refuses each claim that is missing, and tokens of the other deployments", () => {
  const needed = {
    published: ["iss", "sub", "aud", "exp", "iat", "jti", "sid", "auth_time", "type"],
    shared: ["sub", "exp", "iat", "jti", "type"],
    addressed: ["iss", "sub", "aud", "exp", "iat", "jti", "type"],
  }
  for (const name of ["published", "shared", "addressed"] as const) {
    const settings = settingsByName[name]
    const claims = writeClaims(grant, names, settings)
    for (const missing of needed[name]) {
      const reason = reasonsOfMissing[missing] ?? "claims"
      assert.equal(reading(settings, { [missing]: undefined }), reason, `${name} ${missing}`)
    }
    for (const other of [published, shared, addressed]) {
      if (other !== settings) assert.equal(readClaims(claims, other, now), "issuer", name)
    }
  }
})

test("readClaims() reads only the payload's own members", () => {
  const claims = writeClaims(grant, names, shared)
  const { sub, ...rest } = claims
  assert.equal(sub, "alice")
  const inside = JSON.parse(`{"__proto__":${JSON.stringify(claims)}}`)
  assert.equal(readClaims(inside, shared, now), "type")
  const beside = JSON.stringify(rest).replace("{", '{"__proto__":{"sub":"alice"},')
  assert.equal(readClaims(JSON.parse(beside), shared, now), "claims")
})

/** What was read, which is no reason to refuse. */
function members(read: AccessClaims | RefusalReason): AccessClaims {
  assert.ok(typeof read === "object", String(read))
  return read
}

/** What is read of good claims with changes; one that is undefined is left out. */
function reading(settings: ClaimSettings, changes: Members) {
  const changed = Object.entries({ ...writeClaims(grant, names, settings), ...changes })
  const claims = Object.fromEntries(changed.filter(([, value]) => value !== undefined))
  return readClaims(claims, settings, now)
}
