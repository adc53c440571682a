// The operator's own claims for a user: names that are free, and that none of them, whatever the
// store's record says, takes the place of a claim that has a meaning.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { JsonObject } from "../../src/domain/strict_json.ts"
import { signAccessToken } from "../../src/token/access_token.ts"
import { isFreeClaimName } from "../../src/token/claims.ts"
import { startOfTests as now } from "../support/fake_clock.ts"
import { createForge, type Members } from "../support/forge.ts"
import { grantOfTests } from "../support/grant_of_tests.ts"
import { decodeToken, verdict } from "../support/token_verdict.ts"

const forges = { ES256: await createForge("ES256"), HS256: await createForge("HS256") }

const freeNames = [
  "a",
  "_",
  "email",
  "name",
  "department",
  "https://example.org/claims/team",
  "urn:example:plan",
  "tenant.id",
  "x-plan",
  "A1",
  "constructor",
  "toString",
  "hasOwnProperty",
  "toJSON",
  "then",
  "subject",
  "sub_id",
  "_proto_",
  "x".repeat(64),
]

/** What a name with a meaning may be written like. */
const reservedNames = [
  ...["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "client_id", "sid", "auth_time", "fresh"],
  ...["type", "roles", "groups", "entitlements", "scope", "scp", "act", "may_act", "cnf", "azp"],
  ...["nonce", "acr", "amr", "at_hash", "c_hash", "events", "toe", "txn", "csrf", "typ", "alg"],
  ...["kid", "username", "permissions", "authorization_details"],
]

const impossibleNames = [
  ...["", " ", "1", "1a", "-a", ".a", ":a", "/a", "a b", "a\n", "a\0", "\na", "a,b", 'a"', "a\\"],
  ...["a{}", "a[0]", "a$", "$a", "a@b", "a#", "ä", "a\u00e4", "\u212aid", "a\u200b", "\ud800"],
  ...["__proto__", "x".repeat(65), "x".repeat(100_000)],
]

/** What a record in the store may hold after somebody else wrote it. */
const tampered: JsonObject = {
  ...Object.fromEntries(reservedNames.map((name) => [name, `forged ${name}`])),
  ...{ SUB: "bob", Exp: 9_999_999_999, rOLES: ["admin"] },
  ...{ sub: "bob", exp: 9_999_999_999, iat: 0, aud: ["a"], fresh: true, roles: ["admin"], nbf: 1 },
}

test("isFreeClaimName() takes names without a meaning", () => {
  for (const name of freeNames) assert.equal(isFreeClaimName(name), true, name)
})

test("isFreeClaimName() refuses reserved names in any case", () => {
  for (const name of reservedNames) {
    const spellings = [name, name.toUpperCase(), (name[0] ?? "").toUpperCase() + name.slice(1)]
    for (const spelling of spellings) assert.equal(isFreeClaimName(spelling), false, spelling)
  }
})

test("isFreeClaimName() refuses texts that are no names", () => {
  for (const name of impossibleNames) {
    assert.equal(isFreeClaimName(name), false, JSON.stringify(name).slice(0, 40))
  }
})

test("signAccessToken() writes own claims as they are, after ours", async () => {
  const claims = JSON.parse(`{
    "email": "alice@example.org", "plan": null, "seats": 3, "beta": false, "teams": ["a", "b"],
    "nested": {"sub": "bob", "exp": 1, "__proto__": {"sub": "bob"}, "deep": [{"aud": "x"}]},
    "constructor": "c", "toJSON": "t", "then": "later", "Zoë is no name": 1, "text": "Zoë \\ud83d"
  }`)
  for (const alg of ["ES256", "HS256"] as const) {
    const { settings } = forges[alg]
    const plain = await signed({}, alg)
    const { token } = await signAccessToken({ ...grantOfTests, claims }, settings)
    const { "Zoë is no name": _refused, ...written } = claims
    const found = withoutRandom(decodeToken(token).claims)
    assert.deepEqual(found, { ...plain, ...written }, alg)
    assert.deepEqual(Object.keys(found), [...Object.keys(plain), ...Object.keys(written)], alg)
    assert.equal(await verdict(token, settings), "accepted", alg)
  }
})

test("signAccessToken() lets own claims take no place of ours, nor one that we leave out", async () => {
  for (const alg of ["ES256", "HS256"] as const) {
    assert.deepEqual(await signed(tampered, alg), await signed({}, alg), alg)
  }
})

test("signAccessToken() ignores an own claim with any one of our names", async () => {
  for (const alg of ["ES256", "HS256"] as const) {
    const plain = await signed({}, alg)
    for (const name of [...reservedNames, ...impossibleNames.slice(0, -1)]) {
      for (const value of ["bob", null, 1, ["admin"], { sub: "bob" }]) {
        // As JSON has it: `__proto__` is a member like others.
        const claims = JSON.parse(`{${JSON.stringify(name)}:${JSON.stringify(value)}}`)
        assert.deepEqual(await signed(claims, alg), plain, `${alg} ${JSON.stringify(name)}`)
      }
    }
  }
})

test("signAccessToken() writes valid tokens for any claims in the record", async () => {
  const hostile = JSON.parse('{"__proto__":{"sub":"bob"},"toJSON":"x","exp":1e999,"nbf":9e15}')
  for (const alg of ["ES256", "HS256"] as const) {
    const { settings } = forges[alg]
    for (const claims of [tampered, hostile]) {
      const issued = await signAccessToken({ ...grantOfTests, claims }, settings)
      assert.equal(issued.expiresInSeconds, 900)
      assert.equal(await verdict(issued.token, settings, now + 899), "accepted")
      assert.equal(await verdict(issued.token, settings, now + 900), "Token has expired")
    }
  }
  assert.equal(({} as Members)["sub"], undefined)
})

/** The claims of a token that is signed with these own ones, without what is random. */
async function signed(claims: JsonObject, alg: "ES256" | "HS256"): Promise<Members> {
  const { settings } = forges[alg]
  const { token } = await signAccessToken({ ...grantOfTests, claims }, settings)
  return withoutRandom(decodeToken(token).claims)
}

function withoutRandom(claims: Members): Members {
  const random = ["jti", "csrf"].filter((name) => name in claims)
  for (const name of random) assert.match(String(claims[name]), /^[\w-]{22}$/)
  return { ...claims, ...Object.fromEntries(random.map((name) => [name, ""])) }
}
