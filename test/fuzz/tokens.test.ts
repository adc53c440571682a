// Tokens that were changed: in their text, their segments, or their members before an insider with
// the real key signed them. None is accepted but the original, or one that says nothing else.

import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import type { Algorithm } from "../../src/token/keys/algorithms.ts"
import { startOfTests } from "../support/fake_clock.ts"
import { createForge, type Forge, type Members, segment, segments } from "../support/forge.ts"
import { createTestService } from "../support/test_service.ts"
import { verdict } from "../support/token_verdict.ts"
import { anyJson, anyText, edited, editedText, edits } from "./inputs.ts"
import { holds } from "./property.ts"

const algorithms: readonly Algorithm[] = ["ES256", "EdDSA", "HS256"]
const forges = await Promise.all(algorithms.map(createForge))

/** What is put into tokens and the like. */
const fragments = [
  ...[".", "..", "=", "==", " ", "\t", "\n", "\0", "%2E", "+", "/", "-", "_", "A", "*", ","],
  ...[segment('{"alg":"none"}'), segment('{"alg":"HS256","typ":"JWT"}'), segment("{}"), "ptr_"],
]
const jsonFragments = [
  ...['"', ",", ":", "{", "}", "[]", " ", "\n", "\\u0061", "1e999", "-", ".5", "0", "e9", "null"],
  ...['"alg":"none",', '"exp":9e15,', '"sub":"bob",', '"crit":[]', '"__proto__":{},', "\ufeff"],
]
const claimNames = [
  ...["iss", "sub", "aud", "exp", "iat", "nbf", "jti", "sid", "auth_time", "fresh", "type"],
  ...["roles", "client_id", "__proto__", "constructor", "tenant"],
]
const headerNames = ["alg", "typ", "kid", "crit", "b64", "jku", "jwk", "x5c", "zip", "__proto__"]

/** The clock moves on with each attempt, or they were throttled. */
const unending = { idleSeconds: 10 ** 9, maxAgeSeconds: 10 ** 9 }

const oneOf = fc.nat({ max: 2 })
const noise = fc.oneof(
  anyJson,
  fc.integer({ min: startOfTests - 90_000, max: startOfTests + 90_000 }),
  fc.constantFrom<unknown>("alice", "access", "refresh", "JWT", "at+jwt", "ES256", "HS256", true),
)

for (const forge of forges) {
  const own = ["alice", "bob", "carol"].map((sub) => forge.token({ payload: { sub } }))
  const all = [...own, ...strangers(forge)]

  test(`verifyAccessToken() ${forge.alg} takes no text but the original's`, () =>
    holds(fc.tuple(oneOf, edits(fragments)), async ([which, changes]) => {
      const token = editedText(own[which] ?? "", changes)
      const expected = own.includes(token) ? "accepted" : "Invalid token"
      assert.equal(await verdict(token, forge.settings), expected)
    }))

  test(`verifyAccessToken() ${forge.alg} takes no segments of several tokens`, () =>
    holds(fc.array(fc.tuple(fc.nat({ max: 4 }), oneOf), { maxLength: 4 }), async (choices) => {
      const parts = choices.map(([which, at]) => segments(all[which] ?? "")[at])
      const token = parts.join(".")
      const expected = own.includes(token) ? "accepted" : "Invalid token"
      assert.equal(await verdict(token, forge.settings), expected)
    }))

  test(`verifyAccessToken() ${forge.alg} believes no signed header but its own`, () =>
    holds(fc.oneof(members(headerNames), edits(jsonFragments)), async (change) => {
      const header = changed(forge, "header", change)
      const outcome = await verdict(forge.token({ header }), forge.settings)
      if (outcome === "accepted") assertOwnHeader(String(header), forge)
      else assert.equal(outcome, "Invalid token")
    }))

  test(`verifyAccessToken() ${forge.alg} believes signed claims only within their bounds`, () =>
    holds(fc.oneof(members(claimNames), edits(jsonFragments)), async (change) => {
      const payload = changed(forge, "payload", change)
      const outcome = await verdict(forge.token({ payload }), forge.settings)
      if (outcome === "accepted") assertWithinBounds(String(payload), forge)
      else assert.match(outcome, /^(Invalid token|Token has expired|Only non-refresh .*)$/)
    }))
}

for (const shared of [false, true]) {
  const profile = shared ? "shared" : "published"

  test(`GET /me answers changed tokens of the ${profile} profile in one way`, async (t) => {
    const service = await createTestService(t, { shared })
    const token = await service.logIn("alice", "wonderland")
    await holds(edits(fragments), async (changes) => {
      const sent = editedText(token, changes)
      const { status, body } = await service.call("GET", "/me", { token: sent })
      if (sent.replace(/^ +/, "") === token) assert.equal(status, 200)
      // Spaces before it belong to the scheme.
      else if (/^ *[^\s,]+$/.test(sent)) assert.deepEqual([status, body], [401, invalid])
      else assert.deepEqual([status, body], [400, malformed])
    })
  })

  test(`POST /refresh takes no changed token of the ${profile} profile`, async (t) => {
    const service = await createTestService(t, { shared, settings: unending })
    const own = await Promise.all(
      [1, 2, 3].map(async () => (await service.start("alice", "wonderland")).refresh_token),
    )
    const [token = ""] = own
    const changedTokens = fc.oneof(
      edits(fragments).map((changes) => editedText(token, changes)),
      edits().map((changes) => `ptr_${edited(bytesOf(token), changes).toString("base64url")}`),
      fc.tuple(oneOf, oneOf, fc.nat({ max: 42 })).map(([one, other, at]) => {
        const bytes = [bytesOf(own[one]).subarray(0, at), bytesOf(own[other]).subarray(at)]
        return `ptr_${Buffer.concat(bytes).toString("base64url")}`
      }),
      anyText,
    )
    let calls = 0
    await holds(changedTokens, async (sent) => {
      // Blanks are no token at all, which gets another answer.
      if (own.includes(sent) || sent.trim() === "") return
      const json = { refresh_token: sent }
      const address = `10.0.0.${calls++ % 200}`
      service.clock.advance(1)
      const { status, body } = await service.call("POST", "/refresh", { json, address })
      assert.deepEqual([status, body], [401, invalid])
    })
    // None of them did the sessions any harm.
    for (const one of own) {
      assert.equal((await service.call("POST", "/refresh", { token: one })).status, 200)
    }
  })
}

const invalid = '{"error":"invalid_token","msg":"Invalid token"}\n'
const malformed = `{"error":"invalid_request","msg":"Bad Authorization header. Expected 'Authorization: Bearer <JWT>'"}\n`

function bytesOf(token = ""): Buffer {
  return Buffer.from(token.slice(4), "base64url")
}

/** Tokens of the other deployments. */
function strangers(forge: Forge): readonly string[] {
  return forges.filter((other) => other !== forge).map((other) => other.token())
}

/** Some members with other values. */
function members(names: readonly string[]): fc.Arbitrary<Members> {
  const entry = fc.tuple(fc.oneof(fc.constantFrom(...names), anyText), noise)
  return fc
    .array(entry, { minLength: 1, maxLength: 3 })
    .map((entries) => Object.fromEntries(entries))
}

/** A header or payload after a change of its members, or of its text. */
function changed(
  forge: Forge,
  which: "header" | "payload",
  change: Members | Parameters<typeof edited>[1],
): Buffer {
  const write = which === "header" ? forge.headerText : forge.payloadText
  if (!Array.isArray(change)) return Buffer.from(write(change as Members))
  return edited(Buffer.from(write()), change)
}

function assertOwnHeader(text: string, { alg, kid, profile }: Forge): void {
  const typ = profile === "shared" ? "JWT" : "at+jwt"
  const header = JSON.parse(text)
  assert.deepEqual(header, { alg, typ, ...(kid === undefined ? {} : { kid }) })
  assert.equal(JSON.stringify(header), text)
}

// The rules once more, in other words.
function assertWithinBounds(text: string, { profile, settings }: Forge): void {
  const claims = JSON.parse(text)
  assert.match(claims.sub, /^[!-~]{1,254}$/)
  assert.match(claims.jti, /^[\w.~-]{1,128}$/)
  for (const at of [claims.exp, claims.iat]) assert.ok(Number.isSafeInteger(at) && at >= 0)
  assert.ok(claims.exp > startOfTests && claims.iat <= startOfTests + 5)
  assert.ok(claims.exp > claims.iat && claims.exp - claims.iat <= 86_400)
  assert.ok(claims.nbf === undefined || claims.nbf <= startOfTests + 5)
  assert.deepEqual([claims.iss, claims.aud], [settings.issuer, settings.audience])
  assert.equal(claims.type, "access")
  if (profile === "shared") return
  assert.match(claims.sid, /^[\w-]{22}$/)
  assert.ok(claims.auth_time <= startOfTests + 5)
  assert.equal(typeof (claims.fresh ?? false), "boolean")
  assert.equal(JSON.stringify(claims), text)
}
