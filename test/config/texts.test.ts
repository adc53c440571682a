// Where the text of a setting comes from, and what is taken for text.

import assert from "node:assert/strict"
import { createPrivateKey } from "node:crypto"
import { test } from "node:test"
import { loadConfig } from "../../src/config/load.ts"
import { settingRows } from "../../src/config/settings.ts"
import { readOperatorFile } from "../../src/system/operator_file.ts"
import { loadWithFiles as load, mistakeOf } from "../support/settings_files.ts"
import { testKeyPem, testSecret } from "../support/test_keys.ts"

const lineHint = "It takes one line of text in UTF-8"
const textHint = "It takes text in UTF-8"

/** What an editor or a shell may add to a text. */
const additions: readonly (readonly [name: string, before: string, after: string])[] = [
  ["nothing", "", ""],
  ["a line end", "", "\n"],
  ["a line end of Windows", "", "\r\n"],
  ["a lone CR, as of a list of variables from Windows", "", "\r"],
  ["a byte order mark", "\ufeff", ""],
  ["both", "\ufeff", "\r\n"],
]

for (const [name, before, after] of additions) {
  const around = (text: string) => `${before}${text}${after}`
  const secret = { kind: "shared", algorithm: "HS256", secret: testSecret }
  const files = { secret: around(testSecret), seed: around("alice:x"), key: around(testKeyPem) }

  test(`loadConfig() takes a secret with ${name} for the secret`, () => {
    assert.deepEqual(load({ JWT_SECRET_KEY: around(testSecret) }).signing, secret)
    assert.deepEqual(load({ JWT_SECRET_KEY_FILE: around("secret") }, files).signing, secret)
  })

  test(`loadConfig() takes seeded users with ${name} for the users`, () => {
    const alice = [{ username: "alice", password: "x" }]
    assert.deepEqual(load({ POSTERN_SEED_USERS: around("alice:x") }).seedUsers, alice)
    assert.deepEqual(load({ POSTERN_SEED_USERS_FILE: "seed" }, files).seedUsers, alice)
  })

  test(`loadConfig() takes a private key with ${name} for the key`, () => {
    for (const given of [
      { JWT_PRIVATE_KEY: around(testKeyPem) },
      { JWT_PRIVATE_KEY_FILE: "key" },
    ]) {
      const { signing } = load(given, files)
      assert.equal("key" in signing && signing.key.trim(), testKeyPem.trim())
    }
  })

  test(`loadConfig() takes a setting that is no secret with ${name} for what it says`, () => {
    const { port, logLevel } = load({
      POSTERN_PORT: around("80"),
      POSTERN_LOG_LEVEL: around("warn"),
      POSTERN_ISSUER: around(""),
    })
    assert.deepEqual([port, logLevel], [80, "warn"])
  })
}

test("loadConfig() takes a JWK over several lines, with tabs and CR at line ends", () => {
  const jwk = createPrivateKey(testKeyPem).export({ format: "jwk" })
  const text = JSON.stringify(jwk, null, "\t")
  const files = { key: `${text.replaceAll("\n", "\r\n")}\r\n` }
  const { signing } = load({ JWT_PRIVATE_KEY_FILE: "key" }, files)
  assert.deepEqual(signing, { kind: "imported", algorithm: "ES256", key: text })
})

const utf16 = Buffer.from(`\ufeff${testSecret}\r\n`, "utf16le")
const notText: readonly (readonly [name: string, bytes: Uint8Array, mistake: string])[] = [
  ["UTF-16", utf16, "it is UTF-16, not UTF-8"],
  ["UTF-16 without its mark", utf16.subarray(2), "it is UTF-16, not UTF-8"],
  ["random bytes", Buffer.from("c3a93fff00ee", "hex"), "it is not UTF-8"],
  ["NUL at its end", Buffer.from(`${testSecret}\0`), "it has a NUL character in it"],
  ["Esc in it", Buffer.from(`\u001b${testSecret}`), "it has the control character U+001B in it"],
]

for (const [name, bytes, mistake] of notText) {
  test(`loadConfig() refuses the file of each secret setting that has ${name}`, () => {
    const secrets = settingRows.filter(([, { secret }]) => secret)
    assert.equal(secrets.length, 7)
    for (const [, setting] of secrets) {
      const message = mistakeOf({ [`${setting.name}_FILE`]: "file" }, { file: bytes })
      const hint = setting.mayHold === undefined ? lineHint : textHint
      const problem = `The file 'file' that ${setting.name}_FILE names can't be used: ${mistake}`
      const rest = `${setting.name}: ${problem}\n    hint: ${hint}`
      assert.equal(message, `There is a mistake in the settings:\n  ${rest}`)
    }
  })
}

const replaced = "it has bytes in it that are not UTF-8, or U+FFFD in their place"
const inEnvironment: readonly (readonly [name: string, value: string, what: string])[] = [
  ["JWT_SECRET_KEY", `${testSecret}\ufffd`, `It can't be used: ${replaced}`],
  ["JWT_SECRET_KEY", `${testSecret}\n${testSecret}`, "It can't be used: it has more than one line"],
  ["JWT_SECRET_KEY", "\u0007", "It can't be used: it has the control character U+0007 in it"],
  ["JWT_PRIVATE_KEY", `${testKeyPem}\ufffd`, `It can't be used: ${replaced}`],
  ["POSTERN_SEED_USERS", "alice:\ufffd", `It can't be used: ${replaced}`],
  ["POSTERN_SEED_USERS", "a:x\tb:y", "It can't be used: it has the control character U+0009 in it"],
  ["POSTERN_DATA_DIR", "/srv/\ufffd", `It can't be used: ${replaced}`],
  ["POSTERN_AUDIT_FILE", "/srv/a\nb", "It can't be used: it has more than one line"],
]

for (const [name, value, problem] of inEnvironment) {
  test(`loadConfig() of ${name} in the environment: ${problem}`, () => {
    const hint = /PRIVATE|SEED/.test(name) ? textHint : lineHint
    const rest = `${name}: ${problem}\n    hint: ${hint}`
    assert.equal(mistakeOf({ [name]: value }), `There is a mistake in the settings:\n  ${rest}`)
  })
}

test("loadConfig() says what a path leads to when it leads to no file", () => {
  assert.throws(() => loadConfig({ JWT_SECRET_KEY_FILE: "/" }, readOperatorFile), {
    name: "OperatorError",
    message:
      /JWT_SECRET_KEY: The file '\/' that JWT_SECRET_KEY_FILE names can't be used: it is a directory\n {4}hint: Name a file/,
  })
})

test("loadConfig() refuses the name of a file that is not text", () => {
  const message = mistakeOf({ JWT_SECRET_KEY_FILE: "/run/\ufffd" })
  const problem = `JWT_SECRET_KEY_FILE can't be used: ${replaced}`
  const rest = `JWT_SECRET_KEY: ${problem}\n    hint: ${lineHint}`
  assert.equal(message, `There is a mistake in the settings:\n  ${rest}`)
})

const paths = [
  ...["/run/secrets/postern", "./postern.key", "../x", "~/key", "C:\\keys\\jwt", "c:/keys/jwt"],
  ...["file:///run/secrets/jwt", "/run/my secrets/jwt", "key.pem", "secrets/jwt.txt", "/x\r"],
]

for (const name of ["JWT_SECRET_KEY", "JWT_PRIVATE_KEY", "POSTERN_SEED_USERS"]) {
  test(`loadConfig() of ${name} that is a path asks for ${name}_FILE`, () => {
    for (const path of paths) {
      const message = mistakeOf({ [name]: path })
      assert.ok(message.includes(`    hint: If that is a path, set ${name}_FILE to it. `), message)
      assert.ok(!message.includes(path), path)
    }
  })
}

test("loadConfig() suggests NAME_FILE only for a secret that looks like a path", () => {
  for (const environment of [
    { JWT_SECRET_KEY: "secret" },
    { JWT_PRIVATE_KEY: "key" },
    { JWT_PRIVATE_KEY: '{"kty":"EC"}' },
    { POSTERN_SEED_USERS: "alice" },
    { POSTERN_ISSUER: "/login" },
  ]) {
    assert.doesNotMatch(mistakeOf(environment), /_FILE/)
  }
})

test("loadConfig() takes a secret that begins as a path does", () => {
  for (const secret of [`/${testSecret}`, `./${testSecret}`, `~/${testSecret}`]) {
    const { signing } = load({ JWT_SECRET_KEY: secret })
    assert.deepEqual(signing, { kind: "shared", algorithm: "HS256", secret })
  }
})
