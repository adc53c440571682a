// Any environment gives either settings or all mistakes in it, and never shows a secret.

import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { loadConfig } from "../../src/config/load.ts"
import { secretNames, settingNames, settingRows } from "../../src/config/settings.ts"
import { OperatorError } from "../../src/errors.ts"
import { testKeyPem, testSecret } from "../support/test_keys.ts"
import { anyText, editedText, edits } from "./inputs.ts"
import { holds } from "./property.ts"

/** Stands in each secret, and in nothing else. */
const canary = "kingfisher"

/** Mistakes quote the lines of this one: it is no secret, so it gets none here. */
const quoted = "POSTERN_PROTECT_FILE"
const known = settingNames.filter((name) => name !== quoted)
const names = [...known, "UV_THREADPOOL_SIZE", "JWT_COOKIE_SECURE", "POSTERN_X", "PATH"]
const goodValues = [
  ...["0", "1", "60", "900", "15m", "1h", "90d", "365d", "19456", "4194304", "99999999999", "-1"],
  ...["a.example role=x|y fresh=5m\n*.b.c open=/d/ bearer", "a.b rol=x", "https://x"],
  ...["127.0.0.1", "0.0.0.0", "::1", "localhost", "./data", "/data", "audit.jsonl", "\0", "*"],
  ...["https://login.example.org", "http://localhost:8080", "https://[::1]/a?b#c", "app", "a,b"],
  ...["HS256", "HS512", "ES256", "EdDSA", "RS256", "PS256", "none", "info", "debug", ""],
]
const secrets = [
  `${canary}${testSecret}`,
  `alice:${canary}-1,bob:${canary}-2`,
  `${testKeyPem}${canary}`,
  testKeyPem.replace("MIGH", `MIGH${canary}`),
  JSON.stringify({ kty: "EC", crv: "P-256", d: canary, x: canary, y: canary, [canary]: canary }),
  `${canary},${canary}:,:${canary}`,
]

const value = fc.oneof(
  fc.constantFrom(...goodValues),
  anyText,
  fc.tuple(fc.constantFrom(...goodValues), edits()).map(([text, some]) => editedText(text, some)),
)
const secret = fc.oneof(
  fc.constantFrom(...secrets),
  fc.tuple(fc.constantFrom(...secrets), anyText).map(([text, more]) => `${text}${more}`),
  anyText.map((text) => `${text}${canary}${text}`),
)
const environment = fc
  .array(
    fc.oneof(
      fc.tuple(fc.constantFrom(...names.filter((name) => !secretNames.includes(name))), value),
      fc.tuple(fc.constantFrom(...secretNames), secret),
    ),
    { maxLength: 8 },
  )
  .map((entries): Readonly<Record<string, string>> => Object.fromEntries(entries))

test("loadConfig() gives frozen settings or lists every mistake, and shows no secret", () =>
  holds(
    fc.tuple(environment, fc.option(secret)),
    ([given, content]) => {
      try {
        const config = loadConfig(given, readerOf(content))
        assert.ok(Object.isFrozen(config))
        assert.ok(!JSON.stringify([config.notices, config.claims]).includes(canary))
      } catch (error) {
        assert.ok(error instanceof OperatorError, `${error}`)
        assert.equal(error.exitCode, 78)
        const [first = "", ...lines] = error.message.split(/\n(?= {2}\S| {4}hint: )/)
        assert.match(first, /^There (is a mistake|are \d+ mistakes) in the settings:$/)
        assert.ok(lines.length >= 2 * Number(/\d+/.exec(first)?.[0] ?? 1))
        assert.ok(!`${error.message}${error.hint}${error.cause}`.includes(canary))
      }
    },
    { runs: 300 },
  ))

test("settings: every parser gives a value or a mistake, for any text", () =>
  holds(fc.tuple(fc.constantFrom(...settingRows), fc.oneof(value, secret)), ([[, row], text]) => {
    try {
      assert.notEqual(row.parse(text), undefined)
    } catch (error) {
      assert.ok(error instanceof Error)
      assert.equal(error.name, "SettingMistake", `${error.stack}`)
      assert.ok(!row.secret || !`${error.message}`.includes(canary), error.message)
    }
  }))

function readerOf(content: string | null): (path: string) => Uint8Array {
  return (path) => {
    if (content !== null && path !== "/data") return Buffer.from(content)
    throw Object.assign(new Error(`ENOENT: '${path}'`), { code: "ENOENT" })
  }
}
