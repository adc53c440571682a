// The settings of a store in PostgreSQL, and their mistakes. The URL itself is store_url.test.ts's.

import assert from "node:assert/strict"
import { resolve } from "node:path"
import { test } from "node:test"
import type { Environment } from "../../src/config/texts.ts"
import { loadWithFiles as load, mistakeOf } from "../support/settings_files.ts"
import { testPreviousSecret, testSecret } from "../support/test_keys.ts"
import { authorityPem, serverPem } from "../vectors/database_certificate.ts"

const url = "postgres://app:canary@db/logins"
const set = { POSTERN_STORE: url, POSTERN_STORE_SECRET: testSecret }
const place = "database 'logins' at db:5432"
const issuer = "http://localhost:8080"
const location = {
  ...{ kind: "database", host: "db", port: 5432, user: "app", password: "canary" },
  ...{ database: "logins", isTlsAsked: false, isPooled: false },
}

test("loadConfig() without POSTERN_STORE, and with a directory, has no database", () => {
  const rows = [
    [{}, "./data"],
    [{ POSTERN_DATA_DIR: "/a" }, "/a"],
    [{ POSTERN_STORE: "/b" }, "/b"],
    [{ POSTERN_STORE: "/b", POSTERN_DATA_DIR: "/a" }, "/b"],
  ] as const
  for (const [environment, path] of rows) {
    const { dataDirectory, database } = load(environment)
    assert.deepEqual([dataDirectory, database], [resolve(path), null])
  }
})

test("loadConfig() with a database keeps the data directory for the control socket", () => {
  const { dataDirectory, database } = load({ ...set, POSTERN_DATA_DIR: "/a" })
  assert.equal(dataDirectory, "/a")
  const secrets = { secret: Buffer.from(testSecret), previousSecret: undefined }
  const rest = { ca: null, ...secrets, stalenessSeconds: 0 }
  assert.deepEqual(database, { location, place, issuer, ...rest })
})

test("loadConfig() takes all settings of a database, secret ones from files", () => {
  const environment = {
    ...{ POSTERN_STORE_FILE: "url", POSTERN_STORE_SECRET_FILE: "secret", POSTERN_STALENESS: "1s" },
    ...{ POSTERN_STORE_SECRET_PREVIOUS_FILE: "previous", POSTERN_STORE_CA: "/ca.pem" },
  }
  const files = {
    ...{ url: `${url}\n`, secret: `${testSecret}\n`, previous: `${testPreviousSecret}\n` },
    "/ca.pem": `# Ours\n${authorityPem}\n${serverPem}`,
  }
  const { database } = load(environment, files)
  assert.deepEqual(database, {
    ...{ location, place, issuer },
    ca: `${authorityPem.trim()}\n${serverPem.trim()}`,
    secret: Buffer.from(testSecret),
    previousSecret: Buffer.from(testPreviousSecret),
    stalenessSeconds: 1,
  })
})

const makeHint = "Make one: openssl rand -base64 48"
const onlyHint = "Set POSTERN_STORE to postgres://…, or unset this"
const weak =
  "too little of it is random; known words, known secrets, repetition and rows don't count"
const notPem = "Name a PEM file of certificates"
const rows: readonly (readonly [Environment, name: string, problem: string, hint: string])[] = [
  ...(["POSTERN_STORE_CA", "POSTERN_STORE_SECRET", "POSTERN_STORE_SECRET_PREVIOUS"] as const).map(
    (name) =>
      [{ [name]: testSecret }, name, "It works only with a store in PostgreSQL", onlyHint] as const,
  ),
  [
    { POSTERN_STALENESS: "1", POSTERN_STORE: "/a" },
    "POSTERN_STALENESS",
    "It works only with a store in PostgreSQL",
    onlyHint,
  ],
  [
    { POSTERN_STORE: url },
    "POSTERN_STORE_SECRET",
    "A store in PostgreSQL needs it: it encrypts the keys there",
    `${makeHint}. Give each replica the same`,
  ],
  [
    { ...set, POSTERN_STORE_SECRET: "canary" },
    "POSTERN_STORE_SECRET",
    "It is too weak: it has 6 bytes and needs at least 32",
    makeHint,
  ],
  [
    { ...set, POSTERN_STORE_SECRET: "canary".repeat(8) },
    "POSTERN_STORE_SECRET",
    `It is too weak: ${weak}`,
    makeHint,
  ],
  [
    { ...set, POSTERN_STORE_SECRET_PREVIOUS: "canary" },
    "POSTERN_STORE_SECRET_PREVIOUS",
    "It is too weak: it has 6 bytes and needs at least 32",
    makeHint,
  ],
  [
    { ...set, POSTERN_STORE_SECRET_PREVIOUS: testSecret },
    "POSTERN_STORE_SECRET_PREVIOUS",
    "It is the same as POSTERN_STORE_SECRET",
    "Set POSTERN_STORE_SECRET to a new secret, or unset this",
  ],
  [
    { ...set, POSTERN_STORE_CA: "/nothing" },
    "POSTERN_STORE_CA",
    "The file '/nothing' can't be read (ENOENT)",
    "The path, or a directory on the way to it, is not there. Check POSTERN_STORE_CA.",
  ],
  [
    { ...set, POSTERN_STORE_CA: "/empty" },
    "POSTERN_STORE_CA",
    "The file '/empty' has no certificate in it",
    notPem,
  ],
  [
    { ...set, POSTERN_STORE_CA: "/broken" },
    "POSTERN_STORE_CA",
    "The file '/broken' has a certificate that can't be read",
    notPem,
  ],
  [
    { ...set, POSTERN_STALENESS: "61" },
    "POSTERN_STALENESS",
    "'61' is not a duration",
    "Seconds (900) or with a unit (90s, 15m, 1h, 30d), from 0s to 1m; there is no value for never",
  ],
]
const files = {
  "/empty": "canary",
  "/broken": "-----BEGIN CERTIFICATE-----\ncanary\n-----END CERTIFICATE-----\n",
}

for (const [environment, name, problem, hint] of rows) {
  test(`loadConfig() of ${Object.keys(environment).join(" ")}: ${problem}`, () => {
    const message = mistakeOf(environment, files)
    assert.equal(
      message,
      `There is a mistake in the settings:\n  ${name}: ${problem}\n    hint: ${hint}`,
    )
    assert.doesNotMatch(message, /canary/)
  })
}

test("loadConfig() reports an unreadable store, and no other mistake", () => {
  const message = mistakeOf({
    POSTERN_STORE: "postgres://canary",
    POSTERN_STORE_SECRET: testSecret,
  })
  assert.match(
    message,
    /^There is a mistake in the settings:\n {2}POSTERN_STORE: The URL has no user\n/,
  )
  assert.doesNotMatch(message, /canary/)
})
