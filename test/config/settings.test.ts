import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { test } from "node:test"
import { secretNames, settingNames, settingRows } from "../../src/config/settings.ts"
import { SettingMistake } from "../../src/config/values.ts"

test("settings: the table has these names and defaults", () => {
  const shown = settingRows.map(
    ([, { name, fallback, shownDefault }]) => `${name}=${shownDefault ?? fallback ?? ""}`,
  )
  assert.deepEqual(shown, [
    "POSTERN_HOST=127.0.0.1",
    "POSTERN_PORT=8080",
    "POSTERN_DATA_DIR=./data",
    "POSTERN_STORE=POSTERN_DATA_DIR",
    "POSTERN_STORE_CA=Node's authorities",
    "POSTERN_STORE_SECRET=",
    "POSTERN_STORE_SECRET_PREVIOUS=",
    "POSTERN_STALENESS=0",
    "POSTERN_ISSUER=http://localhost:PORT",
    "POSTERN_AUDIENCE=the issuer",
    "POSTERN_TRUSTED_PROXIES=none",
    "POSTERN_FORWARDED_HEADER=X-Forwarded-For",
    "POSTERN_KEEP_ALIVE=5",
    "POSTERN_PROXY_KEEP_ALIVE=75",
    "POSTERN_ALLOWED_HOSTS=any",
    "POSTERN_CORS_ORIGINS=none",
    "POSTERN_HSTS_INCLUDE_SUBDOMAINS=off",
    "JWT_ACCESS_TOKEN_EXPIRES=15m",
    "JWT_REFRESH_TOKEN_EXPIRES=14d",
    "POSTERN_SESSION_MAX_AGE=30d",
    "POSTERN_REFRESH_GRACE=30",
    "POSTERN_SESSIONS_PER_USER=50",
    "JWT_ALGORITHM=ES256",
    "JWT_SECRET_KEY=",
    "JWT_SECRET_KEY_PREVIOUS=",
    "JWT_PRIVATE_KEY=a generated key",
    "POSTERN_KEY_ROTATION=never",
    "JWT_DECODE_LEEWAY=0",
    "JWT_ENCODE_ISSUER=POSTERN_ISSUER",
    "JWT_DECODE_ISSUER=JWT_ENCODE_ISSUER",
    "JWT_ENCODE_AUDIENCE=POSTERN_AUDIENCE",
    "JWT_DECODE_AUDIENCE=JWT_ENCODE_AUDIENCE",
    "POSTERN_REGISTRATION=closed",
    "POSTERN_REQUIRE_MFA=none",
    "POSTERN_TRUST_DEVICE=never",
    "POSTERN_ADMIN_API=off",
    "POSTERN_PROTECT=nothing",
    "POSTERN_PAGES=off",
    "POSTERN_NAME=Postern",
    "POSTERN_SEED_USERS=",
    "POSTERN_HASH_MEMORY=19456",
    "POSTERN_HASH_PASSES=2",
    "POSTERN_AUDIT_FILE=",
    "POSTERN_LOG_LEVEL=info",
    "POSTERN_METRICS_PORT=none",
    "POSTERN_METRICS_HOST=127.0.0.1",
  ])
})

const bounds: readonly (readonly [
  name: string,
  taken: readonly string[],
  not: readonly string[],
])[] = [
  [
    "POSTERN_FORWARDED_HEADER",
    ["X-Forwarded-For", "x-forwarded-for", "Forwarded", "FORWARDED"],
    ["X-Real-IP", "X-Forwarded-For,Forwarded", "both", ""],
  ],
  ["POSTERN_HSTS_INCLUDE_SUBDOMAINS", ["on", "off"], ["On", "true", "1", ""]],
  ["JWT_ACCESS_TOKEN_EXPIRES", ["1", "24h"], ["0", "86401"]],
  ["JWT_REFRESH_TOKEN_EXPIRES", ["1", "365d"], ["0", "366d", "False"]],
  ["POSTERN_SESSION_MAX_AGE", ["1s", "365d"], ["0", "31536001"]],
  ["POSTERN_REFRESH_GRACE", ["0", "300", "5m"], ["301", "-1", ""]],
  ["POSTERN_SESSIONS_PER_USER", ["1", "1000"], ["0", "1001", "1e2"]],
  ["POSTERN_KEY_ROTATION", ["1h", "3650d"], ["3599", "3651d", "never"]],
  ["POSTERN_STALENESS", ["0", "60", "1m"], ["61", "-1", "0.5", "2m"]],
  ["POSTERN_REQUIRE_MFA", ["none", "all", "role=admin"], ["some", "role=", "role=a b", "ALL"]],
  ["POSTERN_TRUST_DEVICE", ["1h", "400d", "3600"], ["3599", "401d", "off", "0"]],
  ["JWT_DECODE_LEEWAY", ["0", "60"], ["61", "-1", "1m", "0.5"]],
]

for (const [name, taken, not] of bounds) {
  test(`settings: ${name} takes what is within its bounds`, () => {
    const parse = settingRows.find(([, setting]) => setting.name === name)?.[1].parse
    assert.ok(parse)
    for (const value of taken) assert.doesNotThrow(() => parse(value), value)
    for (const value of not) assert.throws(() => parse(value), SettingMistake, value)
  })
}

test("settings: every fallback is a value that its setting takes", () => {
  for (const [, { name, parse, fallback }] of settingRows) {
    if (fallback !== null) assert.doesNotThrow(() => parse(fallback), name)
  }
})

test("settings: names are POSTERN_'s or Flask-JWT-Extended's, each once", () => {
  for (const name of settingNames) assert.match(name, /^(POSTERN|JWT)_[A-Z_]+$/)
  assert.equal(new Set(settingNames).size, settingNames.length)
})

test("settings: each has a sentence", () => {
  for (const [, { name, help }] of settingRows) assert.match(help, /^[A-Z].*\.$/, name)
})

test("settings: secrets and lists of lines may come from files, and nothing else", () => {
  assert.deepEqual(secretNames, [
    ...["POSTERN_STORE", "POSTERN_STORE_SECRET", "POSTERN_STORE_SECRET_PREVIOUS"],
    ...["JWT_SECRET_KEY", "JWT_SECRET_KEY_PREVIOUS", "JWT_PRIVATE_KEY", "POSTERN_SEED_USERS"],
  ])
  const own = settingRows.map(([, { name }]) => name)
  assert.deepEqual(
    settingNames.filter((name) => !own.includes(name)),
    [...secretNames.slice(0, -1), "POSTERN_PROTECT", "POSTERN_SEED_USERS"].map(
      (name) => `${name}_FILE`,
    ),
  )
})

test("settings: the compose file passes on all but those that the image sets", () => {
  const compose = readFileSync(new URL("../../docker-compose.yml", import.meta.url), "utf8")
  const passed = [...compose.matchAll(/^ {6}([A-Z_]+): \$\{([A-Z_]+)[:-]/gm)]
  for (const [, name, value] of passed) assert.equal(name, value)
  const ofTheImage = ["HOST", "PORT", "DATA_DIR", "METRICS_HOST"].map((name) => `POSTERN_${name}`)
  const expected = settingRows
    .map(([, { name }]) => name)
    .filter((name) => !ofTheImage.includes(name))
  assert.deepEqual(
    passed.map(([, name]) => name),
    expected,
  )
})

test("settings: no default of a secret is shown or taken", () => {
  for (const [, { name, secret, fallback }] of settingRows) {
    if (secret) assert.equal(fallback, null, name)
  }
})
