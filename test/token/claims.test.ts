// What readClaims() gives; what it refuses is in test/vectors/claim_vectors.ts.

import assert from "node:assert/strict"
import { test } from "node:test"
import { type ClaimSettings, readClaims, writeClaims } from "../../src/token/claims.ts"
import { startOfTests as now } from "../support/fake_clock.ts"

const published: ClaimSettings = {
  profile: "published",
  issuer: "https://login.example.org",
  audience: "https://api.example.org",
  accessTtlSeconds: 900,
}
const shared: ClaimSettings = {
  profile: "shared",
  issuer: undefined,
  audience: undefined,
  accessTtlSeconds: 900,
}
const addressed: ClaimSettings = { ...shared, issuer: "flask-app", audience: "flask-api" }
const settingsByName = { published, shared, addressed }

const grant = {
  username: "alice",
  roles: ["admin"],
  authTime: now - 5,
  issuedAt: now,
  fresh: false,
}

test("writeClaims() gives what readClaims() reads back", () => {
  for (const [name, settings] of Object.entries(settingsByName)) {
    assert.deepEqual(
      readClaims(writeClaims(grant, "token-1", settings), settings, now),
      {
        username: "alice",
        jti: "token-1",
        issuedAt: now,
        expiresAt: now + 900,
        authTime: name === "published" ? now - 5 : null,
        fresh: false,
        isAccess: true,
      },
      name,
    )
  }
})

test("writeClaims() leaves out what a shared secret's tokens need not say", () => {
  const names = (settings: ClaimSettings, roles: readonly string[]) =>
    Object.keys(writeClaims({ ...grant, roles }, "token-1", settings)).join(" ")
  assert.equal(names(shared, []), "fresh iat jti type sub exp")
  assert.equal(names(shared, ["admin"]), "fresh iat jti type sub exp roles")
  assert.equal(names(addressed, []), "fresh iat jti type sub exp iss aud")
  assert.equal(names(published, []), "iss sub aud exp iat jti client_id auth_time fresh type roles")
})

test("readClaims() gives freshness and login time as the token tells them", () => {
  const claims = writeClaims(grant, "token-1", shared)
  const read = (changes: object) => readClaims({ ...claims, ...changes }, shared, now)
  assert.equal(read({ fresh: true })?.fresh, true)
  assert.equal(read({ fresh: now + 60.25 })?.fresh, now + 60.25)
  assert.equal(read({ fresh: undefined })?.fresh, false)
  assert.equal(read({ auth_time: now - 60 })?.authTime, now - 60)
  assert.equal(read({})?.authTime, null)
  assert.equal(read({ auth_time: null }), null)
})

test("readClaims() tells a refresh token, of a shared secret only, whatever its life", () => {
  const refresh = { type: "refresh", exp: now + 2_592_000 }
  const read = (settings: ClaimSettings) =>
    readClaims({ ...writeClaims(grant, "token-1", settings), ...refresh }, settings, now)
  assert.equal(read(shared)?.isAccess, false)
  assert.equal(read(published), null)
})

test("readClaims() leaves expiry to its caller", () => {
  const claims = writeClaims(grant, "token-1", published)
  assert.equal(readClaims(claims, published, now + 1_000_000)?.expiresAt, now + 900)
})

test("readClaims() refuses each claim that is missing, and tokens of the other deployments", () => {
  const needed = {
    published: ["iss", "sub", "aud", "exp", "iat", "jti", "auth_time", "type"],
    shared: ["sub", "exp", "iat", "jti", "type"],
    addressed: ["iss", "sub", "aud", "exp", "iat", "jti", "type"],
  }
  for (const name of ["published", "shared", "addressed"] as const) {
    const settings = settingsByName[name]
    const claims = writeClaims(grant, "token-1", settings)
    for (const missing of needed[name]) {
      const rest = Object.entries(claims).filter(([claim]) => claim !== missing)
      assert.equal(readClaims(Object.fromEntries(rest), settings, now), null, `${name} ${missing}`)
    }
    for (const other of Object.values(settingsByName)) {
      if (other !== settings) assert.equal(readClaims(claims, other, now), null, name)
    }
  }
})
