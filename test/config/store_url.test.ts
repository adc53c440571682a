import assert from "node:assert/strict"
import { resolve } from "node:path"
import { test } from "node:test"
import { storeLocation } from "../../src/config/store_url.ts"
import { SettingMistake } from "../../src/config/values.ts"
import { nameOf } from "../../src/store/store_location.ts"

test("storeLocation() takes a directory", () => {
  for (const value of ["/var/lib/postern", "./data", "data", "file:///var/lib/postern"]) {
    const path = value.startsWith("file:") ? "/var/lib/postern" : resolve(value)
    assert.deepEqual(storeLocation(value), { kind: "directory", path }, value)
  }
})

const plain = {
  ...{ kind: "database", host: "db", port: 5432, user: "app", password: "pw", database: "logins" },
  ...{ isTlsAsked: false, isPooled: false },
} as const

const urls = [
  ["postgres://app:pw@db/logins", {}],
  ["postgresql://app:pw@db:6432/logins", { port: 6432 }],
  ["postgres://app@db/logins", { password: null }],
  [
    "postgres://a%40b:p%40%2F%3A%3F%23%25@db/my%20logins",
    {
      ...{ user: "a@b", password: "p@/:?#%", database: "my logins" },
    },
  ],
  ["postgres://app:pw@[::1]:5433/logins", { host: "::1", port: 5433 }],
  ["postgres://app:pw@%2Frun%2Fpostgresql/logins", { host: "/run/postgresql" }],
  ["postgres://app:pw@db/logins?sslmode=require", { isTlsAsked: true }],
  [
    "postgres://app:pw@db/logins?sslmode=verify-full&pgbouncer=true",
    {
      ...{ isTlsAsked: true, isPooled: true },
    },
  ],
] as const

for (const [url, changes] of urls) {
  test(`storeLocation() reads ${url}`, () => {
    assert.deepEqual(storeLocation(url), { ...plain, ...changes })
  })
}

const form = "postgres://USER:PASSWORD@HOST:5432/DATABASE"
const noStore = `Name a directory, such as /var/lib/postern, or a database: ${form}`
const valid = `It has this form: ${form}. In user and password, write @ / : ? # % as %40 %2F %3A %3F %23 %25`
const parameters = "The URL takes sslmode=verify-full and pgbouncer=true, and nothing else"
const mistakes = [
  ["mysql://app:canary@db/logins", "Postern has no store for 'mysql:' URLs", noStore],
  ["app:canary@db/logins", "Postern has no store for 'app:' URLs", noStore],
  ["a_b:canary@db/logins", "It is not a URL", noStore],
  [
    "file://canary/x",
    "It names no directory of this machine",
    "Write the path alone, or file:///path/to/directory",
  ],
  ["postgres://app:can/ary@db/logins", "It is not a valid URL", valid],
  ["postgres://app:canary#@db/logins", "It is not a valid URL", valid],
  ["postgres://app:pw@db/logins#canary", "The URL has a #", valid],
  [
    "postgres://app:canary%zz@db/logins",
    "The password in the URL has a % that encodes nothing",
    "Write a % as %25",
  ],
  ["postgres://:canary@db/logins", "The URL has no user", `It has this form: ${form}`],
  ["postgres://app:canary@db", "The URL has no database", `It has this form: ${form}`],
  ["postgres:///canary", "The URL has no user", `It has this form: ${form}`],
  [
    "postgres://app:canary@db/logins?sslmode=disable",
    "The URL's sslmode is less than Postern asks for",
    "Remove it: off this machine TLS and the certificate are always checked",
  ],
  [
    "postgres://app:pw@db/logins?options=canary",
    "The URL has a parameter that Postern does not know",
    parameters,
  ],
  [
    "postgres://app:pw@db/logins?pgbouncer=canary",
    "The URL has a parameter that Postern does not know",
    parameters,
  ],
] as const

for (const [value, message, hint] of mistakes) {
  test(`storeLocation() refuses ${value}, and quotes nothing of it`, () => {
    assert.throws(
      () => storeLocation(value),
      (error) => {
        assert.ok(error instanceof SettingMistake, String(error))
        assert.deepEqual([error.message, error.hint], [message, hint])
        assert.doesNotMatch(`${error.message} ${error.hint}`, /canary/)
        return true
      },
    )
  })
}

test("nameOf() names a store without its password", () => {
  const names = ["/var/lib/postern", ...urls.slice(0, 6).map(([url]) => url)].map((value) =>
    nameOf(storeLocation(value)),
  )
  assert.deepEqual(names, [
    "/var/lib/postern",
    "database 'logins' at db:5432",
    "database 'logins' at db:6432",
    "database 'logins' at db:5432",
    "database 'my logins' at db:5432",
    "database 'logins' at [::1]:5433",
    "database 'logins' at the socket in '/run/postgresql'",
  ])
})
