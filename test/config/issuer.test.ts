// Which public addresses POSTERN_ISSUER takes: https, http where it stays near, in one spelling.

import assert from "node:assert/strict"
import { test } from "node:test"
import { isPlainInNetwork, issuer } from "../../src/config/issuer.ts"
import { SettingMistake } from "../../src/config/values.ts"

const hint =
  "The https address under which clients reach Postern, such as https://login.example.org"
const pathRule = "Use only the characters A-Z a-z 0-9 . _ ~ - between slashes"

const taken = [
  "https://login.example.org",
  "https://login.example.org:8443",
  "https://example.org/auth",
  "https://example.org/~team/log.in_1-x",
  "https://8.8.8.8",
  "https://[2001:db8::1]:8443",
  "https://xn--mnchen-3ya.example",
]

const loopback = [
  "http://localhost",
  "http://localhost:8080",
  "http://localhost:8080/auth",
  "http://app.localhost:8080",
  "http://127.0.0.1",
  "http://127.8.9.10:1",
  "http://[::1]:8080",
]

const near = [
  "http://postern:8080",
  "http://login_server",
  "http://nas.local",
  "http://a.b.lan:8080/auth",
  "http://login.internal",
  "http://x.home.arpa",
  "http://10.0.0.1",
  "http://172.16.0.1",
  "http://172.31.255.255",
  "http://192.168.1.5:8080",
  "http://[fc00::1]",
  "http://[fd12:3456::1]:8080",
]

for (const value of [...taken, ...loopback, ...near]) {
  test(`issuer() takes ${value}`, () => {
    assert.equal(issuer(value), value)
    assert.equal(isPlainInNetwork(value), near.includes(value))
  })
}

const far = [
  "http://login.example.org",
  "http://localhost.example.org",
  "http://local.example",
  "http://x.notlan.org",
  "http://0.0.0.0",
  "http://8.8.8.8",
  "http://11.0.0.1",
  "http://172.15.0.1",
  "http://172.32.0.1",
  "http://192.169.0.1",
  "http://169.254.1.1",
  "http://[2001:db8::1]",
  "http://[fe80::1]",
  "http://[::]",
]

const plainHint =
  "Use https. http is allowed only for localhost, a private address, or a name such as postern or nas.local"

const mistakes: readonly (readonly [values: readonly string[], says: string, hint: string])[] = [
  [
    [
      "",
      "login.example.org",
      "https://",
      "//login.example.org",
      "*",
      " https://login.example.org",
      "https://login.example.org\n",
      'https://login.example.org/"x',
      "https://login.example.org\\x",
      `https://login.example.org/${"x".repeat(230)}`,
    ],
    "is not an address",
    hint,
  ],
  [
    [
      "https://a.example/?x=1",
      "https://a.example/#x",
      "https://a.example/?",
      "https://a.example#",
      "https://a.example?",
    ],
    "has a query or a fragment",
    hint,
  ],
  [far, "is plain http and not in a private network", plainHint],
  [
    ["ftp://localhost", "ws://postern", "javascript:alert(1)", "localhost:8080"],
    "is not an https address",
    hint,
  ],
  [
    [
      "https://a.example/a%20b",
      "https://a.example/a@b",
      "https://a.example/a(b)",
      "https://a.example/a//b",
      "https://a.example/a;x=1",
    ],
    "has a path that can't be used",
    pathRule,
  ],
]

for (const [values, says, hint] of mistakes) {
  for (const value of values) {
    test(`issuer() refuses ${JSON.stringify(value).slice(0, 60)}`, () => {
      assert.deepEqual(mistakeOf(value), [`'${value}' ${says}`, hint])
    })
  }
}

for (const value of ["https://admin:hunter2@a.example", "https://admin@a.example"]) {
  test(`issuer() refuses credentials and does not quote them: ${value.length} characters`, () => {
    assert.deepEqual(mistakeOf(value), ["It holds credentials", hint])
  })
}

const spellings: readonly (readonly [value: string, says: string, written: string])[] = [
  ["https://login.example.org/", "ends with '/'", "https://login.example.org"],
  ["https://login.example.org//", "ends with '/'", "https://login.example.org"],
  ["https://example.org/auth/", "ends with '/'", "https://example.org/auth"],
  ["http://localhost:8080/", "ends with '/'", "http://localhost:8080"],
  ["HTTPS://login.example.org", "is not in standard form", "https://login.example.org"],
  ["https://Login.Example.org", "is not in standard form", "https://login.example.org"],
  ["https://login.example.org:443", "is not in standard form", "https://login.example.org"],
  ["http://postern:80", "is not in standard form", "http://postern"],
  ["https://example.org/a/../b", "is not in standard form", "https://example.org/b"],
  ["https://example.org/./b", "is not in standard form", "https://example.org/b"],
  ["http://127.1", "is not in standard form", "http://127.0.0.1"],
  ["http://3232235781", "is not in standard form", "http://192.168.1.5"],
  ["http://[0:0:0:0:0:0:0:1]", "is not in standard form", "http://[::1]"],
]

for (const [value, says, written] of spellings) {
  test(`issuer() refuses ${value} and shows the right spelling`, () => {
    const [problem, hint] = mistakeOf(value)
    assert.equal(problem, `'${value}' ${says}`)
    assert.ok(hint?.startsWith(`Write it as ${written}: verifiers compare it as text`), hint)
    assert.equal(issuer(written), written)
  })
}

function mistakeOf(value: string): readonly string[] {
  try {
    issuer(value)
  } catch (error) {
    assert.ok(error instanceof SettingMistake)
    return [error.message, error.hint]
  }
  return assert.fail(`${value} was taken`)
}
