// Which `iss` and `aud` are written and accepted, by the settings of Flask-JWT-Extended's names and
// Postern's own.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { Environment } from "../../src/config/texts.ts"
import { loadWithFiles as load, mistakeOf } from "../support/settings_files.ts"
import { testKeyPem, testSecret } from "../support/test_keys.ts"

const address = "https://login.example.org"

interface NamesRow {
  readonly name: string
  readonly settings: Readonly<Record<string, string>>
  readonly issuer?: string
  readonly audience?: string | readonly string[]
  readonly acceptedIssuers?: readonly string[]
  readonly acceptedAudiences?: readonly string[]
}

/** With a shared secret; what is left out is none. */
const sharedRows: readonly NamesRow[] = [
  { name: "nothing", settings: {} },
  {
    name: "POSTERN_ISSUER and POSTERN_AUDIENCE",
    settings: { POSTERN_ISSUER: address, POSTERN_AUDIENCE: "app" },
    issuer: address,
    audience: "app",
    acceptedIssuers: [address],
    acceptedAudiences: ["app"],
  },
  {
    name: "JWT_ENCODE_…, which go before POSTERN_…",
    settings: {
      POSTERN_ISSUER: address,
      POSTERN_AUDIENCE: "app",
      JWT_ENCODE_ISSUER: "flask",
      JWT_ENCODE_AUDIENCE: "api",
    },
    issuer: "flask",
    audience: "api",
    acceptedIssuers: ["flask"],
    acceptedAudiences: ["api"],
  },
  {
    name: "an audience of several",
    settings: { JWT_ENCODE_AUDIENCE: "app, api" },
    audience: ["app", "api"],
    acceptedAudiences: ["app", "api"],
  },
  {
    name: "more accepted than written",
    settings: {
      JWT_ENCODE_ISSUER: "flask",
      JWT_DECODE_ISSUER: "other,flask",
      JWT_ENCODE_AUDIENCE: "app,api",
      JWT_DECODE_AUDIENCE: "api,web",
    },
    issuer: "flask",
    audience: ["app", "api"],
    acceptedIssuers: ["other", "flask"],
    acceptedAudiences: ["api", "web"],
  },
  {
    name: "POSTERN_AUDIENCE accepted among others",
    settings: { POSTERN_AUDIENCE: "app", JWT_DECODE_AUDIENCE: "app,api" },
    audience: "app",
    acceptedAudiences: ["app", "api"],
  },
]

for (const { name, settings, ...expected } of sharedRows) {
  test(`sharedIssuersAndAudiences() of ${name}`, () => {
    const { claims } = load({ JWT_SECRET_KEY: testSecret, ...settings })
    assert.deepEqual(claims, {
      profile: "shared",
      issuer: expected.issuer,
      audience: expected.audience,
      acceptedIssuers: expected.acceptedIssuers ?? [],
      acceptedAudiences: expected.acceptedAudiences ?? [],
      accessTtlSeconds: 900,
      leewaySeconds: 0,
    })
  })
}

test("sharedIssuersAndAudiences() leaves the public address as it is", () => {
  const environment = { JWT_SECRET_KEY: testSecret, JWT_ENCODE_ISSUER: "flask" }
  assert.equal(load(environment).publicAddress, undefined)
  assert.equal(load({ ...environment, POSTERN_ISSUER: address }).publicAddress, address)
})

for (const [name, settings] of [
  ["a generated key", {}],
  ["an imported key", { JWT_PRIVATE_KEY: testKeyPem }],
] as const) {
  test(`publishedIssuersAndAudiences() accepts what is written, with ${name}`, () => {
    const { claims } = load({ ...settings, POSTERN_ISSUER: address, POSTERN_AUDIENCE: "api" })
    const { issuer, audience, acceptedIssuers, acceptedAudiences } = claims
    assert.deepEqual([issuer, acceptedIssuers], [address, [address]])
    assert.deepEqual([audience, acceptedAudiences], ["api", ["api"]])
  })
}

const profileHint = "Set JWT_SECRET_KEY, or use POSTERN_ISSUER and POSTERN_AUDIENCE instead"
const ownTokens = "With this value Postern would refuse its own tokens"
const encodeIssuerHint = "Set JWT_ENCODE_ISSUER to one of these"
const encodeAudienceHint = "Set JWT_ENCODE_AUDIENCE to one or more of these"

type MistakeRow = readonly [environment: Environment, name: string, problem: string, hint: string]

/** Environments with one mistake, of which nothing else follows. */
const mistakes: readonly MistakeRow[] = [
  [
    { JWT_ENCODE_ISSUER: "a b", JWT_DECODE_ISSUER: "app", JWT_SECRET_KEY: testSecret },
    "JWT_ENCODE_ISSUER",
    "'a b' is not a name",
    "One name or address, without blanks",
  ],
  [
    { POSTERN_ISSUER: "app", JWT_DECODE_ISSUER: "app", JWT_SECRET_KEY: testSecret },
    "POSTERN_ISSUER",
    "'app' is not an address",
    "The https address under which clients reach Postern, such as https://login.example.org",
  ],
  [
    { JWT_ENCODE_AUDIENCE: "app,", JWT_DECODE_AUDIENCE: "app", JWT_SECRET_KEY: testSecret },
    "JWT_ENCODE_AUDIENCE",
    "'app,' is not a list of names",
    "One name, or several: app,api",
  ],
  [
    { POSTERN_AUDIENCE: "*", JWT_DECODE_AUDIENCE: "app", JWT_SECRET_KEY: testSecret },
    "POSTERN_AUDIENCE",
    "'*' is not a name",
    "One name or address, without blanks",
  ],
  ...[{ JWT_DECODE_ISSUER: "app" }, { JWT_DECODE_ISSUER: "app", JWT_ENCODE_ISSUER: "App" }].map(
    (environment): MistakeRow => [
      { ...environment, JWT_SECRET_KEY: testSecret },
      "JWT_DECODE_ISSUER",
      ownTokens,
      encodeIssuerHint,
    ],
  ),
  ...[
    { JWT_DECODE_AUDIENCE: "app,api" },
    { JWT_DECODE_AUDIENCE: "app", JWT_ENCODE_AUDIENCE: "api,web" },
    { JWT_DECODE_AUDIENCE: "app", POSTERN_AUDIENCE: "api" },
  ].map(
    (environment): MistakeRow => [
      { ...environment, JWT_SECRET_KEY: testSecret },
      "JWT_DECODE_AUDIENCE",
      ownTokens,
      encodeAudienceHint,
    ],
  ),
  ...["JWT_ENCODE_ISSUER", "JWT_DECODE_ISSUER", "JWT_ENCODE_AUDIENCE", "JWT_DECODE_AUDIENCE"].map(
    (name): MistakeRow => [{ [name]: "app" }, name, "It needs JWT_SECRET_KEY", profileHint],
  ),
  // Nothing is said of what is only wrong because the secret could not be read.
  [
    {
      JWT_SECRET_KEY_FILE: "/run/nothing",
      JWT_DECODE_ISSUER: "app",
      JWT_ENCODE_AUDIENCE: "app",
    },
    "JWT_SECRET_KEY",
    "The file '/run/nothing' that JWT_SECRET_KEY_FILE names can't be read (ENOENT)",
    "The path, or a directory on the way to it, is not there. Check JWT_SECRET_KEY_FILE.",
  ],
]

for (const [environment, name, problem, hint] of mistakes) {
  test(`loadConfig() of ${Object.keys(environment).join(", ")}: ${problem}`, () => {
    const message = mistakeOf(environment)
    const expected = `There is a mistake in the settings:\n  ${name}: ${problem}\n    hint: ${hint}`
    assert.equal(message, expected)
  })
}
