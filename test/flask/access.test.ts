// What becomes here of access tokens that a Flask-JWT-Extended application gave, with the same
// secret: its own tests of decoding, freshness and revocation, asked of this service.

import assert from "node:assert/strict"
import { test } from "node:test"
import { createTestService, type TestServiceOptions } from "../support/test_service.ts"
import { libraryTokens } from "./library_tokens.ts"

type Name = keyof typeof libraryTokens
type Tokens = NonNullable<TestServiceOptions["tokens"]>

/** What GET /protected answers: 200, or the text of its 401. */
type Expected = 200 | string

const invalid = "Invalid token"
const accessOnly = "Only non-refresh tokens are allowed"
const revoked = "Token has been revoked"

const rows: readonly (readonly [Name, Expected])[] = [
  ["access", 200],
  ["fresh", 200],
  ["freshForAMinute", 200],
  ["withoutCsrfAndNbf", 200],
  ["withClaims", 200],
  ["withASidOfItsOwn", 200],
  ["forADay", 200],
  ["forMoreThanADay", invalid],
  ["forTenYears", invalid],
  ["withoutExp", invalid],
  ["onlySub", invalid],
  ["withoutSub", invalid],
  ["withoutJti", invalid],
  ["withoutType", invalid],
  ["ofAnotherType", invalid],
  ["numberAsSub", invalid],
  ["numberAsJti", invalid],
  ["inHalfAMinute", invalid],
  ["validInHalfAMinute", invalid],
  ["ofUnknownUser", revoked],
  ["ofAnotherSecret", invalid],
  ["hs512", invalid],
  ["withAKid", invalid],
  ["withAHeaderOfItsOwn", invalid],
  ["audience", invalid],
  ["issuer", invalid],
  ["refresh", accessOnly],
  ["refreshForAYear", accessOnly],
  ["refreshWithoutExp", invalid],
]

test("GET /protected takes the library's tokens that expire soon, and no others", async (t) => {
  const { call } = await createTestService(t, { shared: true })
  for (const [name, expected] of rows) {
    const reply = await call("GET", "/protected", { token: libraryTokens[name] })
    assert.deepEqual(JSON.parse(reply.body), answerOf(expected), name)
    assert.equal(reply.status, expected === 200 ? 200 : 401, name)
  }
})

const addressed: Tokens = {
  issuer: "shop",
  audience: "api",
  acceptedIssuers: ["shop"],
  acceptedAudiences: ["api"],
}

const addressedRows: readonly (readonly [Name, Tokens, Expected])[] = [
  ["issuerAndAudience", addressed, 200],
  ["issuerAndAudience", { ...addressed, acceptedAudiences: ["app", "api"] }, 200],
  ["issuerAndAudience", { ...addressed, acceptedIssuers: ["other", "shop"] }, 200],
  ["otherIssuer", addressed, invalid],
  ["issuer", addressed, invalid],
  ["audience", addressed, invalid],
  ["access", addressed, invalid],
  ["audience", { acceptedAudiences: ["api"] }, 200],
  ["audienceList", { acceptedAudiences: ["api"] }, 200],
  ["audienceList", { acceptedAudiences: ["app", "web"] }, 200],
  ["otherAudience", { acceptedAudiences: ["api"] }, invalid],
  ["access", { acceptedAudiences: ["api"] }, invalid],
  ["issuer", { acceptedIssuers: ["shop"] }, 200],
  ["access", { acceptedIssuers: ["shop"] }, invalid],
  ["inHalfAMinute", { leewaySeconds: 30 }, 200],
  ["validInHalfAMinute", { leewaySeconds: 30 }, 200],
  ["inHalfAMinute", { leewaySeconds: 29 }, invalid],
]

for (const [name, tokens, expected] of addressedRows) {
  test(`GET /protected with '${name}' and ${JSON.stringify(tokens)}: ${expected}`, async (t) => {
    const service = await createTestService(t, { shared: true, tokens })
    const reply = await service.call("GET", "/protected", { token: libraryTokens[name] })
    assert.deepEqual(JSON.parse(reply.body), answerOf(expected))
  })
}

const expiries: readonly (readonly [seconds: number, leewaySeconds: number, Expected])[] = [
  [899, 0, 200],
  [900, 0, "Token has expired"],
  [909, 10, 200],
  [910, 10, "Token has expired"],
]

for (const [seconds, leewaySeconds, expected] of expiries) {
  test(`GET /protected ${seconds} s after iat, leeway ${leewaySeconds}: ${expected}`, async (t) => {
    const service = await createTestService(t, { shared: true, tokens: { leewaySeconds } })
    service.clock.advance(seconds)
    const reply = await service.call("GET", "/protected", { token: libraryTokens.access })
    assert.deepEqual(JSON.parse(reply.body), answerOf(expected))
  })
}

const freshnesses: readonly (readonly [Name, seconds: number, isFresh: boolean])[] = [
  ["fresh", 0, true],
  ["fresh", 899, true],
  ["freshForAMinute", 60, true],
  ["freshForAMinute", 61, false],
  ["access", 0, false],
]

for (const [name, seconds, isFresh] of freshnesses) {
  test(`POST /password with '${name}' after ${seconds} s: fresh is ${isFresh}`, async (t) => {
    const { call, clock } = await createTestService(t, { shared: true })
    clock.advance(seconds)
    const json = { current: "looking-glass", new: "through the looking-glass" }
    const reply = await call("POST", "/password", { token: libraryTokens[name], json })
    const passed = { error: "wrong_password", msg: "The current password is wrong" }
    const code = "insufficient_user_authentication"
    const stopped = { error: code, msg: "Fresh token required" }
    assert.deepEqual(JSON.parse(reply.body), isFresh ? passed : stopped)
  })
}

test("GET /me with a library's token answers the rights that the store has", async (t) => {
  const { call } = await createTestService(t, { shared: true })
  const reply = await call("GET", "/me", { token: libraryTokens.withRoles })
  const { roles, claims, logged_in_at } = JSON.parse(reply.body)
  assert.deepEqual([roles, claims, logged_in_at], [[], {}, null])
  const fresh = await call("GET", "/me", { token: libraryTokens.fresh })
  assert.equal(JSON.parse(fresh.body).logged_in_at, 1_795_447_800)
})

const endings: readonly (readonly [name: string, end: (parts: Parts) => Promise<unknown>])[] = [
  ["a logout", ({ call }) => call("POST", "/logout", { token: libraryTokens.access })],
  ["another password", ({ accounts }) => accounts.setPassword(wonderland)],
  ["the user is disabled", ({ accounts }) => accounts.disable("alice")],
  ["the user is logged out", ({ accounts }) => accounts.logOut("alice")],
  ["the user is deleted", ({ accounts }) => accounts.delete("alice")],
  [
    "the user was disabled and enabled",
    async ({ accounts }) => {
      await accounts.disable("alice")
      await accounts.enable("alice")
    },
  ],
]

type Parts = Awaited<ReturnType<typeof createTestService>>

const wonderland = { username: "alice", password: "through the looking-glass" }

for (const [name, end] of endings) {
  test(`GET /protected with a library's token after ${name}: revoked`, async (t) => {
    const service = await createTestService(t, { shared: true })
    const before = await service.call("GET", "/protected", { token: libraryTokens.access })
    assert.equal(before.status, 200)
    await end(service)
    const reply = await service.call("GET", "/protected", { token: libraryTokens.access })
    assert.deepEqual(JSON.parse(reply.body), answerOf(revoked))
  })
}

test("POST /logout with a library's token lists its jti until it expires", async (t) => {
  const { call, clock, log } = await createTestService(t, { shared: true })
  log.takeNames()
  assert.equal((await call("POST", "/logout", { token: libraryTokens.access })).status, 204)
  assert.deepEqual(log.takeNames(), ["token.revoked"])
  const jti = "0a4c8a0e-55a0-4b7c-8a5b-3d9c3e0b7a11"
  assert.equal((await call("GET", "/revocations")).body, `{"sids":[],"jtis":["${jti}"]}\n`)
  clock.advance(900)
  assert.equal((await call("GET", "/revocations")).body, '{"sids":[],"jtis":[]}\n')
  assert.equal((await call("POST", "/logout", { token: libraryTokens.fresh })).status, 204)
  assert.deepEqual(log.takeNames(), [])
})

function answerOf(expected: Expected): object {
  if (expected === 200) return { logged_in_as: "alice" }
  return { error: "invalid_token", msg: expected }
}
