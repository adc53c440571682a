// Every mistake in the settings has a message and a hint without secrets, and all mistakes are
// printed together. config_values.test.ts has the mistakes of each parser.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { Environment } from "../../src/config/texts.ts"
import { loadWithFiles as load, mistakeOf } from "../support/settings_files.ts"
import { testKeyPem, testPreviousSecret, testSecret } from "../support/test_keys.ts"

const rsaCommand = "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072"
const keyCommands = [
  ["ES256", "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256"],
  ["EdDSA", "openssl genpkey -algorithm ed25519"],
  ["PS256", rsaCommand],
  ["RS256", rsaCommand],
] as const
const notKey = "It can't be used: it is neither an unencrypted PEM private key nor a private JWK"
const secretHint = "Make one: openssl rand -base64 48"
const threadsHint = "Set at least 2, one for hashing and one for everything else, or unset it for 4"
const linksHint =
  "If Kubernetes sets it, for a Service named postern: set enableServiceLinks: false"
const meantPort = "Did you mean POSTERN_PORT? `postern help settings` lists the settings"
const listHint = "`postern help settings` lists the settings"
const sharedHint = "Use HS256, HS384 or HS512, or unset JWT_SECRET_KEY for published keys"
const predictable =
  "too little of it is random; known words, known secrets, repetition and rows don't count"

type MistakeRow = readonly [environment: Environment, name: string, problem: string, hint: string]

/** Environments with one mistake. */
const rows: readonly MistakeRow[] = [
  [
    { POSTERN_PORT: "tcp://10.96.0.12:8080" },
    "POSTERN_PORT",
    "'tcp://10.96.0.12:8080' is not valid",
    "Kubernetes sets this for a Service named postern: set enableServiceLinks: false",
  ],
  [
    { POSTERN_HASH_MEMORY: "19455" },
    "POSTERN_HASH_MEMORY",
    "'19455' is not valid",
    "A whole number from 19456 to 4194304",
  ],
  [
    { POSTERN_HASH_PASSES: "1" },
    "POSTERN_HASH_PASSES",
    "'1' is not valid",
    "A whole number from 2 to 100",
  ],
  [
    { POSTERN_ISSUER: "http://login.example.org" },
    "POSTERN_ISSUER",
    "'http://login.example.org' is plain http and not in a private network",
    "Use https. http is allowed only for localhost, a private address, or a name such as postern or nas.local",
  ],
  ...[{ JWT_SECRET_KEY: testSecret }, { JWT_PRIVATE_KEY: testKeyPem }].map(
    (environment): MistakeRow => [
      { ...environment, POSTERN_KEY_ROTATION: "90d" },
      "POSTERN_KEY_ROTATION",
      "It works only with generated keys",
      "Unset it, or unset JWT_SECRET_KEY and JWT_PRIVATE_KEY",
    ],
  ),
  ...["POSTERN_", "POSTERN_HOST_FILE", "POSTERN_TRUSTED_PROXY"].map(
    (name): MistakeRow => [{ [name]: "x" }, name, "Unknown setting", listHint],
  ),
  [{ POSTERN_PROT: "" }, "POSTERN_PROT", "Unknown setting", meantPort],
  ...["POSTERN_SERVICE_HOST", "POSTERN_PORT_8080_TCP", "POSTERN_WEB_PORT"].map(
    (name): MistakeRow => [{ [name]: "x" }, name, "Unknown setting", linksHint],
  ),
  ...["1", "0", "abc"].map(
    (size): MistakeRow => [
      { UV_THREADPOOL_SIZE: size },
      "UV_THREADPOOL_SIZE",
      "It gives 1 thread",
      threadsHint,
    ],
  ),
  [
    { JWT_SECRET_KEY: testSecret, JWT_ALGORITHM: "ES256" },
    "JWT_ALGORITHM",
    "ES256 can't be used with JWT_SECRET_KEY",
    sharedHint,
  ],
  [
    { JWT_ALGORITHM: "HS256" },
    "JWT_ALGORITHM",
    "HS256 needs JWT_SECRET_KEY",
    "Set JWT_SECRET_KEY, or use ES256",
  ],
  [
    { JWT_SECRET_KEY: testSecret, JWT_PRIVATE_KEY: testKeyPem },
    "JWT_PRIVATE_KEY",
    "JWT_SECRET_KEY is set too",
    "Set only one: a shared secret or a private key",
  ],
  ...(
    [
      [{ JWT_SECRET_KEY: "short" }, "it has 5 bytes and needs at least 32"],
      [{ JWT_SECRET_KEY: testSecret.slice(0, 31) }, "it has 31 bytes and needs at least 32"],
      [
        { JWT_SECRET_KEY: testSecret.slice(0, 47), JWT_ALGORITHM: "HS384" },
        "it has 47 bytes and needs at least 48",
      ],
      [
        { JWT_SECRET_KEY: testSecret.slice(0, 63), JWT_ALGORITHM: "HS512" },
        "it has 63 bytes and needs at least 64",
      ],
      [{ JWT_SECRET_KEY: "a".repeat(64) }, predictable],
      [{ JWT_SECRET_KEY: "0123456789abcdef0123456789abcdef" }, predictable],
      [{ JWT_SECRET_KEY: "your-256-bit-secret-please-change-it" }, predictable],
    ] as const
  ).map(
    ([environment, reason]): MistakeRow => [
      environment,
      "JWT_SECRET_KEY",
      `It is too weak: ${reason}`,
      secretHint,
    ],
  ),
  [
    { JWT_SECRET_KEY_PREVIOUS: testPreviousSecret },
    "JWT_SECRET_KEY_PREVIOUS",
    "It needs JWT_SECRET_KEY",
    "Set JWT_SECRET_KEY to the new secret, or unset both",
  ],
  [
    { JWT_SECRET_KEY: testSecret, JWT_SECRET_KEY_PREVIOUS: testSecret },
    "JWT_SECRET_KEY_PREVIOUS",
    "It is the same as JWT_SECRET_KEY",
    "Set JWT_SECRET_KEY to a new secret, or unset JWT_SECRET_KEY_PREVIOUS",
  ],
  ...(
    [
      ["short", "it has 5 bytes and needs at least 32"],
      ["a".repeat(64), predictable],
    ] as const
  ).map(
    ([previous, reason]): MistakeRow => [
      { JWT_SECRET_KEY: testSecret, JWT_SECRET_KEY_PREVIOUS: previous },
      "JWT_SECRET_KEY_PREVIOUS",
      `It is too weak: ${reason}`,
      "Unset it: tokens of this secret can be forged. Users log in again",
    ],
  ),
  ...keyCommands.flatMap(([algorithm, command]): MistakeRow[] => {
    const hint = `Make one for ${algorithm}: ${command}. JWT_ALGORITHM chooses the algorithm.`
    const noKey = "-----BEGIN PRIVATE KEY-----\nxxxx\n-----END PRIVATE KEY-----"
    const rows: MistakeRow[] = [
      [{ JWT_PRIVATE_KEY: noKey, JWT_ALGORITHM: algorithm }, "JWT_PRIVATE_KEY", notKey, hint],
    ]
    return algorithm === "ES256"
      ? [[{ JWT_PRIVATE_KEY: noKey }, "JWT_PRIVATE_KEY", notKey, hint], ...rows]
      : rows
  }),
  [
    { JWT_PRIVATE_KEY: testKeyPem, JWT_ALGORITHM: "EdDSA" },
    "JWT_PRIVATE_KEY",
    "It can't be used: EdDSA needs an Ed25519 key",
    "Make one for EdDSA: openssl genpkey -algorithm ed25519. JWT_ALGORITHM chooses the algorithm.",
  ],
  [
    { JWT_SECRET_KEY: testSecret, JWT_SECRET_KEY_FILE: "secret" },
    "JWT_SECRET_KEY",
    "JWT_SECRET_KEY_FILE is set too",
    "Set one of the two",
  ],
  ...["JWT_SECRET_KEY", "JWT_SECRET_KEY_PREVIOUS", "JWT_PRIVATE_KEY", "POSTERN_SEED_USERS"].map(
    (name): MistakeRow => [
      { [`${name}_FILE`]: "/run/nothing" },
      name,
      `The file '/run/nothing' that ${name}_FILE names can't be read (ENOENT)`,
      `The path, or a directory on the way to it, is not there. Check ${name}_FILE.`,
    ],
  ),
  [
    { JWT_SECRET_KEY_FILE: "/run/nothing", JWT_ALGORITHM: "HS256" },
    "JWT_SECRET_KEY",
    "The file '/run/nothing' that JWT_SECRET_KEY_FILE names can't be read (ENOENT)",
    "The path, or a directory on the way to it, is not there. Check JWT_SECRET_KEY_FILE.",
  ],
  [
    { JWT_SECRET_KEY_FILE: "empty" },
    "JWT_SECRET_KEY",
    "It is too weak: it has 0 bytes and needs at least 32",
    secretHint,
  ],
]

for (const [environment, name, problem, hint] of rows) {
  test(`loadConfig() of ${Object.keys(environment).join(", ")}: ${problem}`, () => {
    const message = mistakeOf(environment, { empty: "", secret: testSecret })
    const expected = `There is a mistake in the settings:\n  ${name}: ${problem}\n    hint: ${hint}`
    assert.equal(message, expected)
  })
}

test("loadConfig() reports all mistakes together", () => {
  const message = mistakeOf({
    POSTERN_PORT: "eighty",
    POSTERN_PROT: "80",
    POSTERN_LOG_LEVEL: "loud",
    JWT_ACCESS_TOKEN_EXPIRES: "never",
    JWT_REFRESH_TOKEN_EXPIRES: "0",
    POSTERN_SESSION_MAX_AGE: "2y",
    POSTERN_REFRESH_GRACE: "5 m",
    POSTERN_SESSIONS_PER_USER: "0",
    POSTERN_KEY_ROTATION: "1m",
    JWT_DECODE_LEEWAY: "1m",
    JWT_ENCODE_ISSUER: "",
    JWT_DECODE_ISSUER: "app",
    JWT_ENCODE_AUDIENCE: "app,app",
    JWT_DECODE_AUDIENCE: "a b",
    JWT_ALGORITHM: "ES256",
    JWT_SECRET_KEY: "short",
    JWT_PRIVATE_KEY: "none",
    POSTERN_SEED_USERS: "alice",
    UV_THREADPOOL_SIZE: "1",
  })
  const [first, ...lines] = message.split("\n")
  assert.equal(first, "There are 17 mistakes in the settings:")
  const named = lines.filter((line) => !line.startsWith("    hint: "))
  assert.deepEqual(
    named.map((line) => line.trim().split(":")[0]),
    [
      "POSTERN_PROT",
      "POSTERN_PORT",
      "JWT_ACCESS_TOKEN_EXPIRES",
      "JWT_REFRESH_TOKEN_EXPIRES",
      "POSTERN_SESSION_MAX_AGE",
      "POSTERN_REFRESH_GRACE",
      "POSTERN_SESSIONS_PER_USER",
      "POSTERN_KEY_ROTATION",
      "JWT_DECODE_LEEWAY",
      "JWT_ENCODE_AUDIENCE",
      "JWT_DECODE_AUDIENCE",
      "POSTERN_SEED_USERS",
      "POSTERN_LOG_LEVEL",
      "JWT_PRIVATE_KEY",
      "JWT_ALGORITHM",
      "JWT_DECODE_ISSUER",
      "UV_THREADPOOL_SIZE",
    ],
  )
  assert.equal(lines.length, 2 * named.length)
})

test("loadConfig() never prints a secret's value, whatever is wrong with it", () => {
  const canaries: readonly Environment[] = [
    { JWT_SECRET_KEY: "canary-canary-canary-canary-canary" },
    { JWT_SECRET_KEY: `canary${testSecret}`, JWT_ALGORITHM: "ES256" },
    { JWT_SECRET_KEY: "canary", JWT_PRIVATE_KEY: "canary" },
    { JWT_SECRET_KEY: testSecret, JWT_SECRET_KEY_PREVIOUS: "canary" },
    { JWT_SECRET_KEY_PREVIOUS: "canary" },
    { JWT_PRIVATE_KEY: "canary" },
    { JWT_PRIVATE_KEY: '{"kty":"EC","crv":"P-256","d":"canary"}' },
    { POSTERN_SEED_USERS: "canary" },
    { POSTERN_SEED_USERS: "alice:canary,alice:canary" },
    { POSTERN_SEED_USERS: "alice:canary,:canary" },
    { POSTERN_ISSUER: "https://admin:canary@a.example" },
    { JWT_SECRET_KEY_FILE: "file", JWT_SECRET_KEY: "canary" },
  ]
  for (const environment of canaries) {
    const message = mistakeOf(environment, { file: "canary" })
    assert.doesNotMatch(message, /canary/, Object.keys(environment).join(", "))
  }
})

test("loadConfig() does not report a bug as a mistake", () => {
  const bug = new RangeError("a bug")
  const environment = Object.defineProperty({}, "POSTERN_HOST", {
    get() {
      throw bug
    },
  })
  assert.throws(() => load(environment), bug)
})
