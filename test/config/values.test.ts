import assert from "node:assert/strict"
import { join } from "node:path"
import { test } from "node:test"
import { settings } from "../../src/config/settings.ts"
import {
  algorithm,
  claimName,
  claimNames,
  duration,
  host,
  SettingMistake,
  seedUsers,
  wholeNumber,
} from "../../src/config/values.ts"

const addressHint = "For example 127.0.0.1, 0.0.0.0 or ::1"
const lifetimeHint =
  "Seconds (900) or with a unit (90s, 15m, 1h, 30d), from 1s to 1d; there is no value for never"
const nameHint = "One name or address, without blanks"
const namesHint = "One name, or several: app,api"
const algorithmHint = "ES256, EdDSA, PS256 or RS256; with JWT_SECRET_KEY: HS256, HS384 or HS512"
const levelHint = "One of debug, info, warn, error"
const { parse: text } = settings.secretKey
const { parse: path } = settings.dataDirectory
const { parse: logLevel } = settings.logLevel
const seedHint =
  "Write name:password, with commas between users or one user per line. A name has 1 to 254 of the characters a-z 0-9 . _ - @ + ! $ & ' = ^ ~, " +
  "not - first, and not only dots"
const portHint = "A whole number from 0 to 65535"
const kubernetesHint =
  "Kubernetes sets this for a Service named postern: set enableServiceLinks: false"

const port = wholeNumber(0, 65_535)
const accessLifetime = duration({ least: 1, most: 86_400 })

type Parser = (value: string) => unknown

const good: readonly (readonly [name: string, parse: Parser, value: string, parsed: unknown])[] = [
  ["text", text, " any, \n", " any, \n"],
  ["host, IPv4", host, "0.0.0.0", "0.0.0.0"],
  ["host, IPv6", host, "::1", "::1"],
  ["host, a name", host, "Login.internal", "Login.internal"],
  ["number, least", port, "0", 0],
  ["number, most", port, "65535", 65_535],
  ["number, with zeros before", port, "0080", 80],
  ["path, absolute", path, "/data", "/data"],
  ["path, relative", path, "./data", join(process.cwd(), "data")],
  ["lifetime, seconds", accessLifetime, "900", 900],
  ["lifetime, 1", accessLifetime, "1", 1],
  ["lifetime, seconds with a unit", accessLifetime, "90s", 90],
  ["lifetime, minutes", accessLifetime, "15m", 900],
  ["lifetime, hours", accessLifetime, "24h", 86_400],
  ["lifetime, a day", accessLifetime, "1d", 86_400],
  ["lifetime, zero where that has a meaning", duration({ least: 0, most: 9 }), "0", 0],
  ["lifetime, years", duration({ least: 1, most: 1e9 }), "3650d", 315_360_000],
  ["name, an address", claimName, "https://api.example.org", "https://api.example.org"],
  ["name, a word", claimName, "my-api", "my-api"],
  ["names, one", claimNames, "my-api", ["my-api"]],
  [
    "names, several with blanks",
    claimNames,
    "app, api ,https://a.b",
    ["app", "api", "https://a.b"],
  ],
  ["names, as long as can be", claimNames, "x".repeat(255), ["x".repeat(255)]],
  ["level", logLevel, "warn", "warn"],
  ["seed, one user", seedUsers, "a:b", [{ username: "a", password: "b" }]],
  [
    "seed, two users, colons in a password, blanks around a name",
    seedUsers,
    "Alice:wonder:land , bob : builder,\u00a0O'Brien@example.org\t:\tx",
    [
      { username: "alice", password: "wonder:land " },
      { username: "bob", password: " builder" },
      { username: "o'brien@example.org", password: "\tx" },
    ],
  ],
  [
    "seed, a user a line, blank lines, a comment, commas and # in a password",
    seedUsers,
    "\n# name:password\nAlice:wonder,land\n\n  \nbob :b#,\n",
    [
      { username: "alice", password: "wonder,land" },
      { username: "bob", password: "b#," },
    ],
  ],
  [
    "seed, several users on the only line",
    seedUsers,
    "# for trying out, twice\nalice:x,bob:y\n",
    [
      { username: "alice", password: "x" },
      { username: "bob", password: "y" },
    ],
  ],
]

for (const name of ["ES256", "EdDSA", "PS256", "RS256", "HS256", "HS384", "HS512"]) {
  test(`algorithm() takes ${name}`, () => assert.equal(algorithm(name), name))
}

for (const [name, parse, value, parsed] of good) {
  test(`config values: ${name}`, () => assert.deepEqual(parse(value), parsed))
}

const boundHints = [
  [0, 300, "from 0s to 5m"],
  [3600, 90_000, "from 1h to 25h"],
  [61, 365 * 86_400, "from 61s to 365d"],
] as const

type BadRow = readonly [parse: Parser, value: string, message: string, hint: string]

const bad: readonly BadRow[] = [
  ...["", "127.0.0.1/8", "a b", "http://localhost", "*", "x".repeat(256), "localhost\n"].map(
    (value): BadRow => [host, value, `'${value}' is not an address`, addressHint],
  ),
  ...["", "65536", "-1", "80.5", "8e1", "0x50", " 80", "80 ", "eighty", "+80", "1".repeat(10)].map(
    (value): BadRow => [port, value, `'${value}' is not valid`, portHint],
  ),
  [port, "tcp://10.96.0.12:8080", "'tcp://10.96.0.12:8080' is not valid", kubernetesHint],
  [wholeNumber(2, 100), "1", "'1' is not valid", "A whole number from 2 to 100"],
  ...[
    "",
    "0",
    "0m",
    "-5",
    "15 m",
    "1.5h",
    "25h",
    "2d",
    "86401",
    "15M",
    "m",
    "never",
    "1e3",
    "False",
  ].map((value): BadRow => [accessLifetime, value, `'${value}' is not a duration`, lifetimeHint]),
  ...boundHints.map(
    ([least, most, words]): BadRow => [
      duration({ least, most }),
      "x",
      "'x' is not a duration",
      lifetimeHint.replace("from 1s to 1d", words),
    ],
  ),
  ...["", "a b", "*", "ä", "x".repeat(256), "api\n"].map(
    (value): BadRow => [claimName, value, `'${value}' is not a name`, nameHint],
  ),
  ...[
    "",
    ",",
    "app,",
    ",app",
    "a b",
    "app,*",
    "*",
    "app,app",
    "app, app",
    "ä",
    "x".repeat(256),
  ].map((value): BadRow => [claimNames, value, `'${value}' is not a list of names`, namesHint]),
  ...["", "none", "None", "es256", "ES384", "HS1", "toString", "__proto__", "RS256 "].map(
    (value): BadRow => [
      algorithm,
      value,
      `'${value}' is not an algorithm known here`,
      algorithmHint,
    ],
  ),
  ...["", "INFO", "trace", "silent", "0"].map(
    (value): BadRow => [logLevel, value, `'${value}' is not valid`, levelHint],
  ),
  ...["", "\n", " \n# nobody\n"].map(
    (value): BadRow => [seedUsers, value, "It names no user", seedHint],
  ),
  [seedUsers, "alice", "Entry 1 is not name:password", seedHint],
  [seedUsers, ":wonderland", "Entry 1 is not name:password", seedHint],
  [seedUsers, "alice:", "Entry 1 is not name:password", seedHint],
  [seedUsers, "alice:x,bob", "Entry 2 is not name:password", seedHint],
  [seedUsers, "alice:x,", "Entry 2 is not name:password", seedHint],
  [seedUsers, "alice:x,,bob:y", "Entry 2 is not name:password", seedHint],
  [seedUsers, "al ice:x", "Entry 1 is not name:password", seedHint],
  [seedUsers, "\u0430lice:x", "Entry 1 is not name:password", seedHint],
  ...["alice:x\nbob", "alice:x\nbob:", "# two\nalice:x\nbob y", "alice:x\nbob:y,carol:z"].map(
    (value): BadRow => [seedUsers, value, "Entry 2 is not name:password", seedHint],
  ),
  // As a password the comma would stay, and as a list the line end would.
  ...["alice:x,\nbob:y", "alice:x,\n\nbob:y,\ncarol:z"].map(
    (value): BadRow => [seedUsers, value, "Entry 1 is not name:password", seedHint],
  ),
  ...["c:\\users.txt", "C:/users.txt", "file:///run/users"].map(
    (value): BadRow => [seedUsers, value, "Entry 1 is not name:password", seedHint],
  ),
  [seedUsers, "alice:x,ALICE:y", "It names a user twice", seedHint],
  [seedUsers, "alice:x\nALICE:y", "It names a user twice", seedHint],
  [seedUsers, "alice:x, alice :y", "It names a user twice", seedHint],
  [seedUsers, " :x", "Entry 1 is not name:password", seedHint],
]

for (const [parse, value, message, hint] of bad) {
  test(`${parse.name || "a number's or a life's parser"}() of ${JSON.stringify(value.slice(0, 40))}: a mistake`, () => {
    assert.throws(
      () => parse(value),
      (mistake: SettingMistake) => {
        assert.ok(mistake instanceof SettingMistake)
        assert.equal(mistake.message, message)
        assert.equal(mistake.hint, hint)
        return true
      },
    )
  })
}
