// Why a token is refused. The access log says it, and no reply does.

import assert from "node:assert/strict"
import { test } from "node:test"
import { AuthError, type RefusalReason, refusalReasons } from "../../src/errors.ts"
import {
  readSignedToken,
  type TokenSettings,
  verifyAccessToken,
} from "../../src/token/access_token.ts"
import { refreshTokenFault } from "../../src/token/refresh_token.ts"
import { startOfTests as now } from "../support/fake_clock.ts"
import {
  createForge,
  type Forge,
  segment,
  segments,
  signatureOf,
  withSettings,
  withSignature,
} from "../support/forge.ts"
import { claimVectors } from "../vectors/claim_vectors.ts"
import { formVectors } from "../vectors/form_vectors.ts"
import { headerVectors } from "../vectors/header_vectors.ts"

const forges = { ES256: await createForge("ES256"), HS256: await createForge("HS256") }

type Row = readonly [reason: RefusalReason, what: string, make: (forge: Forge) => string]

const unsigned: readonly Row[] = [
  ...["", ".", "..", "a.b.c", "null", "undefined", "alice", "x".repeat(4097)].map(
    (text): Row => ["malformed", `'${text.slice(0, 9)}'`, () => text],
  ),
  ["malformed", "lone surrogates", () => "\ud800.\ud800.\ud800"],
  ["malformed", "padding", (forge) => `${forge.token()}=`],
  ["malformed", "a blank", (forge) => `${forge.token()} `],
  ["malformed", "no signature", (forge) => withSignature(forge.token(), "")],
  ["malformed", "another spelling", (forge) => withSignature(forge.token(), "AB")],
  ["malformed", "a header that is no JSON", (forge) => forge.token({ header: "{" })],
  [
    "malformed",
    "a header with blanks",
    (forge) => forge.token({ header: `${forge.headerText()} ` }),
  ],
  ["type", "a refresh token of ours", () => `ptr_${"A".repeat(56)}`],
  ["type", "a device token of ours", () => `ptd_${"A".repeat(48)}`],
  ["header", "a key of its own", (forge) => forge.token({ header: { jku: "https://a.example" } })],
  ["header", "a critical extension", (forge) => forge.token({ header: { crit: ["exp"] } })],
  ["algorithm", "no algorithm", (forge) => forge.token({ header: { alg: "none" } })],
  ["algorithm", "an algorithm's number", (forge) => forge.token({ header: { alg: 1 } })],
  ["algorithm", "__proto__ as algorithm", (forge) => forge.token({ header: { alg: "__proto__" } })],
  [
    "algorithm",
    "the other profile's algorithm",
    (forge) => forge.token({ header: { alg: forge.profile === "shared" ? "RS256" : "HS256" } }),
  ],
  [
    "algorithm",
    "another algorithm of the profile",
    (forge) => forge.token({ header: { alg: forge.profile === "shared" ? "HS512" : "EdDSA" } }),
  ],
  ["type", "another type", (forge) => forge.token({ header: { typ: "rt+jwt" } })],
  ["type", "no type", (forge) => forge.token({ header: { typ: undefined } })],
  ["unknown_key", "another key's name", (forge) => forge.token({ header: { kid: "k1" } })],
  ["unknown_key", "a number for a name", (forge) => forge.token({ header: { kid: 1 } })],
  [
    "signature",
    "the signature of another token",
    (forge) => {
      const other = forge.token({ payload: { sub: "bob" } })
      return withSignature(forge.token(), signatureOf(other))
    },
  ],
  ["signature", "zeros", (forge) => withSignature(forge.token(), Buffer.alloc(64))],
  ["signature", "a short signature", (forge) => withSignature(forge.token(), Buffer.alloc(3))],
  [
    "signature",
    "another payload, whatever it says",
    (forge) => {
      const [header, , signature] = segments(forge.token())
      return `${header}.${segment('{"iss":"x","exp":1}')}.${signature}`
    },
  ],
]

const signed: readonly Row[] = [
  ["malformed", "a payload that is a list", (forge) => forge.token({ payload: "[]" })],
  ["malformed", "a payload that is no JSON", (forge) => forge.token({ payload: "{" })],
  [
    "malformed",
    "a payload with blanks",
    (forge) => forge.token({ payload: `${forge.payloadText()} ` }),
  ],
  ["issuer", "another issuer", (forge) => forge.token({ payload: { iss: "https://a.example" } })],
  ["audience", "another audience", (forge) => forge.token({ payload: { aud: "app" } })],
  ["type", "another use", (forge) => forge.token({ payload: { type: "reset" } })],
  ["type", "no use", (forge) => forge.token({ payload: { type: undefined } })],
  ["lifetime", "no end", (forge) => forge.token({ payload: { exp: undefined } })],
  ["lifetime", "a day and a second", (forge) => forge.token({ payload: { exp: now + 86_401 } })],
  ["lifetime", "no time at all", (forge) => forge.token({ payload: { exp: now } })],
  ["claims", "an end that is text", (forge) => forge.token({ payload: { exp: "never" } })],
  ["claims", "no start", (forge) => forge.token({ payload: { iat: undefined } })],
  ["claims", "no user", (forge) => forge.token({ payload: { sub: undefined } })],
  ["claims", "no id", (forge) => forge.token({ payload: { jti: "" } })],
]

/** Read, and refused by the clock or for what they are. */
const timed: readonly Row[] = [
  ["expired", "an end that has come", (forge) => times(forge, now - 900, now)],
  ["not_yet_valid", "a start in six seconds", (forge) => times(forge, now + 6, now + 900)],
  [
    "not_yet_valid",
    "a start after that",
    (forge) => forge.token({ payload: { nbf: now + 6, exp: now + 900 } }),
  ],
]

for (const [alg, forge] of Object.entries(forges)) {
  for (const [reason, what, make] of [...unsigned, ...signed]) {
    test(`readSignedToken() says '${reason}' of ${what}: ${alg}`, async () => {
      const token = make(forge)
      assert.equal(await readSignedToken(token, forge.settings, now), reason)
      assert.deepEqual(await refusalOf(token, forge.settings), ["Invalid token", reason])
    })
  }

  for (const [reason, what, make] of timed) {
    test(`verifyAccessToken() says '${reason}' of ${what}: ${alg}`, async () => {
      const message = reason === "expired" ? "Token has expired" : "Invalid token"
      assert.deepEqual(await refusalOf(make(forge), forge.settings), [message, reason])
      assert.equal(typeof (await readSignedToken(make(forge), forge.settings, now)), "object")
    })
  }
}

test("verifyAccessToken() says 'type' of a refresh token of Flask-JWT-Extended", async () => {
  const { settings, token } = forges.HS256
  const refresh = token({ payload: { type: "refresh", exp: now + 2_592_000 } })
  const message = "Only non-refresh tokens are allowed"
  assert.deepEqual(await refusalOf(refresh, settings), [message, "type"])
})

test("verifyAccessToken() says 'issuer' and 'audience' where a shared secret has them", async () => {
  const names = { acceptedIssuers: ["app"], acceptedAudiences: ["api"] }
  const { settings, token } = withSettings(forges.HS256, names)
  const reasonOf = async (payload: object) =>
    (await refusalOf(token({ payload: { ...payload } }), settings))[1]
  assert.equal(await reasonOf({}), "issuer")
  assert.equal(await reasonOf({ iss: "App", aud: "api" }), "issuer")
  assert.equal(await reasonOf({ iss: "app" }), "audience")
  assert.equal(await reasonOf({ iss: "app", aud: ["web"] }), "audience")
  assert.equal(await reasonOf({ iss: "app", aud: ["web", "api"], sub: "" }), "claims")
})

test("verifyAccessToken() says 'malformed' when a ring has a bug", async () => {
  const { settings, token } = forges.ES256
  const find = () => {
    throw new TypeError("a bug")
  }
  const broken = { ...settings, ring: { ...settings.ring, find } }
  assert.deepEqual(await refusalOf(token(), broken), ["Invalid token", "malformed"])
})

test("verifyAccessToken() throws one error for all tokens of a reason, and none can change it", async () => {
  const { settings, token } = forges.HS256
  const forged = ["AAAA", "BBBB"].map((signature) => withSignature(token(), signature))
  const [one, other] = await Promise.all(forged.map((text) => thrownBy(text, settings)))
  assert.equal(one, other)
  assert.ok(Object.isFrozen(one))
  assert.equal(one?.stack, "AuthError: Invalid token")
})

test("verifyAccessToken() has a reason of the list for every hostile token there is", async () => {
  for (const forge of Object.values(forges)) {
    for (const { id, make, expect } of [...formVectors, ...headerVectors, ...claimVectors]) {
      if (expect === "accepted") continue
      const [message, reason] = await refusalOf(make(forge), forge.settings)
      assert.equal(message, expect, id)
      assert.ok(reason !== undefined && refusalReasons.includes(reason), id)
    }
  }
})

test("refreshTokenFault() distinguishes a cut token from one with another tag", () => {
  assert.equal(refreshTokenFault(`ptr_${"A".repeat(56)}`), "signature")
  for (const text of ["ptr_", `ptr_${"A".repeat(55)}`, `ptr_${"A".repeat(57)}`, "ptr_é"]) {
    assert.equal(refreshTokenFault(text), "malformed", text)
  }
})

test("refusalReasons has plain words, each once, which JSON need not escape", () => {
  for (const reason of refusalReasons) assert.match(reason, /^[a-z_]+$/)
  assert.equal(new Set(refusalReasons).size, refusalReasons.length)
})

function times({ token }: Forge, iat: number, exp: number): string {
  return token({ payload: { iat, exp } })
}

async function refusalOf(token: string, settings: TokenSettings) {
  const { message, reason } = await thrownBy(token, settings)
  return [message, reason] as const
}

async function thrownBy(token: string, settings: TokenSettings): Promise<AuthError> {
  try {
    await verifyAccessToken(token, settings, now)
  } catch (error) {
    assert.ok(error instanceof AuthError, String(error))
    return error
  }
  throw new assert.AssertionError({ message: "The token was accepted" })
}
