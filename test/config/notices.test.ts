// What the start says of settings that do no harm but may be mistaken.

import assert from "node:assert/strict"
import { test } from "node:test"
import { loadWithFiles as load } from "../support/settings_files.ts"
import { testPreviousSecret, testSecret } from "../support/test_keys.ts"

const lifeNotice = (asked: string) =>
  `JWT_REFRESH_TOKEN_EXPIRES is ${asked}, but POSTERN_SESSION_MAX_AGE ends sessions earlier`

const lives = [
  ["a refresh token for longer than a session", { JWT_REFRESH_TOKEN_EXPIRES: "90d" }, ["90d"]],
  [
    "the same by a second",
    { JWT_REFRESH_TOKEN_EXPIRES: "3601", POSTERN_SESSION_MAX_AGE: "1h" },
    ["3601"],
  ],
  [
    "a refresh token for as long",
    { JWT_REFRESH_TOKEN_EXPIRES: "90d", POSTERN_SESSION_MAX_AGE: "90d" },
    [],
  ],
  ["a short session, and nothing said of refresh tokens", { POSTERN_SESSION_MAX_AGE: "1d" }, []],
] as const

for (const [name, environment, asked] of lives) {
  test(`loadConfig() of ${name}: ${asked.length === 0 ? "no notice" : "a notice"}`, () => {
    assert.deepEqual(load(environment).notices, asked.map(lifeNotice))
  })
}

test("loadConfig() notes that others may reach it under another address", () => {
  const { notices } = load({ POSTERN_HOST: "0.0.0.0" })
  const address = "http://localhost:8080"
  assert.deepEqual(notices, [
    `POSTERN_ISSUER is not set: tokens name ${address}, which other machines can't reach. Set it to the public address`,
  ])
  const shared = load({ POSTERN_HOST: "0.0.0.0", JWT_SECRET_KEY: testSecret })
  assert.deepEqual(shared.notices, [])
})

test("loadConfig() notes unknown JWT_ names, and ignores other programs' names", () => {
  const environment = { JWT_COOKIE_SECURE: "1", UNRELATED: "x", POSTERNX: "y" }
  assert.deepEqual(load(environment).notices, [
    "JWT_COOKIE_SECURE is set, but Postern has no such setting; 'postern help settings' lists them",
  ])
})

const plainNotice =
  "POSTERN_ISSUER is http: anybody in that network can read passwords and tokens, and give false keys to verifiers. Use https, unless only a TLS proxy and your own services are in it"

test("loadConfig() notes an issuer without TLS, but for one on this machine", () => {
  for (const POSTERN_ISSUER of ["http://postern:8080", "http://192.168.1.5:8080"]) {
    assert.deepEqual(load({ POSTERN_ISSUER, POSTERN_HOST: "0.0.0.0" }).notices, [plainNotice])
  }
  for (const POSTERN_ISSUER of ["https://login.example.org", "http://localhost:8080"]) {
    assert.deepEqual(load({ POSTERN_ISSUER, POSTERN_HOST: "0.0.0.0" }).notices, [])
  }
})

const refusedNotice = (name: string, claim: string) =>
  `${name} is set together with JWT_SECRET_KEY: tokens without '${claim}', such as a Flask app's own, are refused`

const previousNotice =
  "JWT_SECRET_KEY_PREVIOUS is set: its tokens are accepted, also new ones. Unset it when every app signs with JWT_SECRET_KEY and the older tokens have expired"

const shared = [
  [{ POSTERN_ISSUER: "https://a.example" }, [refusedNotice("POSTERN_ISSUER", "iss")]],
  [{ POSTERN_AUDIENCE: "app" }, [refusedNotice("POSTERN_AUDIENCE", "aud")]],
  [
    { POSTERN_ISSUER: "https://a.example", POSTERN_AUDIENCE: "app" },
    [refusedNotice("POSTERN_ISSUER", "iss"), refusedNotice("POSTERN_AUDIENCE", "aud")],
  ],
  [{ JWT_ENCODE_ISSUER: "app", JWT_ENCODE_AUDIENCE: "app" }, []],
  [{ POSTERN_ISSUER: "https://a.example", JWT_ENCODE_ISSUER: "app" }, []],
  [{ POSTERN_ISSUER: "https://a.example", JWT_DECODE_ISSUER: "https://a.example" }, []],
  [{ JWT_SECRET_KEY_PREVIOUS: testPreviousSecret }, [previousNotice]],
  [{}, []],
] as const

for (const [environment, notices] of shared) {
  test(`loadConfig() of a shared secret and ${Object.keys(environment).join(" ")}: notices`, () => {
    assert.deepEqual(load({ JWT_SECRET_KEY: testSecret, ...environment }).notices, notices)
  })
}

test("loadConfig() notes that HSTS for other names needs an https issuer", () => {
  const notice =
    "POSTERN_HSTS_INCLUDE_SUBDOMAINS does nothing: POSTERN_ISSUER is not an https address"
  const on = { POSTERN_HSTS_INCLUDE_SUBDOMAINS: "on" }
  assert.deepEqual(load(on).notices, [notice])
  assert.deepEqual(load({ ...on, JWT_SECRET_KEY: testSecret }).notices, [notice])
  assert.deepEqual(load({ ...on, POSTERN_ISSUER: "http://localhost:8080" }).notices, [notice])
  assert.deepEqual(load({ ...on, POSTERN_ISSUER: "https://a.example" }).notices, [])
  assert.deepEqual(load({ POSTERN_HSTS_INCLUDE_SUBDOMAINS: "off" }).notices, [])
})
