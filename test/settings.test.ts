import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { test } from "node:test"
import { secretNames, settingNames, settingRows } from "../src/settings.ts"

test("settings: this is all there is, with these defaults", () => {
  const shown = settingRows.map(
    ([, { name, fallback, shownDefault }]) => `${name}=${shownDefault ?? fallback ?? ""}`,
  )
  assert.deepEqual(shown, [
    "POSTERN_HOST=127.0.0.1",
    "POSTERN_PORT=8080",
    "POSTERN_DATA_DIR=./data",
    "POSTERN_ISSUER=http://localhost:PORT",
    "POSTERN_AUDIENCE=the issuer",
    "JWT_ACCESS_TOKEN_EXPIRES=15m",
    "JWT_ALGORITHM=ES256",
    "JWT_SECRET_KEY=",
    "JWT_PRIVATE_KEY=a generated key",
    "POSTERN_SEED_USERS=",
    "POSTERN_HASH_MEMORY=19456",
    "POSTERN_HASH_PASSES=2",
    "POSTERN_LOG_LEVEL=info",
  ])
})

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

test("settings: secrets may come from files, and nothing else", () => {
  assert.deepEqual(secretNames, ["JWT_SECRET_KEY", "JWT_PRIVATE_KEY", "POSTERN_SEED_USERS"])
  const files = settingNames.filter((name) => name.endsWith("_FILE"))
  assert.deepEqual(
    files,
    secretNames.map((name) => `${name}_FILE`),
  )
})

test("settings: the compose file passes on all but those that the image sets", () => {
  const compose = readFileSync(new URL("../docker-compose.yml", import.meta.url), "utf8")
  const passed = [...compose.matchAll(/^ {6}([A-Z_]+): \$\{([A-Z_]+)[:-]/gm)]
  for (const [, name, value] of passed) assert.equal(name, value)
  const ofTheImage = ["POSTERN_HOST", "POSTERN_PORT", "POSTERN_DATA_DIR"]
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
