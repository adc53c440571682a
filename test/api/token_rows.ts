// What the guarded routes are sent: J-46 and J-51 and Flask-JWT-Extended's error texts.
// What is wrong inside a token is told apart in test/token; here all such faults look the same.

import assert from "node:assert/strict"
import type { Scenario } from "../support/api_scenario.ts"
import { startOfTests } from "../support/fake_clock.ts"

const realm = 'Bearer realm="postern"'
const expected = "Expected 'Authorization: Bearer <JWT>'"
const otherScheme = [
  "missing_token",
  `Missing 'Bearer' type in 'Authorization' header. ${expected}`,
] as const
const badHeader = ["invalid_request", `Bad Authorization header. ${expected}`] as const
const unavailable = ["temporarily_unavailable", "The store is closed"] as const

const caller = { requestId: "test-0", address: "127.0.0.1", userAgent: "" }

/** All routes with a guard; routes.test.ts holds that there are no others. */
export const guardedRoutes: readonly string[] = [
  "GET /protected",
  "GET /me",
  "GET /sessions",
  "DELETE /sessions",
  "DELETE /sessions/{sid}",
  "POST /password",
  "GET /mfa",
  "POST /mfa/totp",
  "POST /mfa/totp/confirm",
  "POST /mfa/passkeys/options",
  "POST /mfa/passkeys",
  "POST /mfa/recovery",
  "DELETE /mfa/{id}",
]

/** Those of them that take service tokens, too. */
export const machineRoutes: readonly string[] = ["GET /protected", "GET /me"]

/** What a service token is told at the others. */
export const machineRefusal = [
  ...([401, "invalid_token", "Service tokens are not accepted here"] as const),
] as const

/** What a row sets as password. */
export const newPassword = "a-much-longer-password"

/** Ways to spoil a token. All get one and the same reply. */
export const spoiledTokens: readonly (readonly [string, (token: string) => string])[] = [
  ["a word", () => "foobarbaz"],
  ["three words", () => "aaaaa.bbbbb.ccccc"],
  ["two dots", () => ".."],
  ["one part", (token) => token.split(".")[0] ?? ""],
  ["two parts", (token) => token.split(".").slice(0, 2).join(".")],
  ["no signature", (token) => `${token.split(".").slice(0, 2).join(".")}.`],
  ["four parts", (token) => `${token}.x`],
  ["a dot before", (token) => `.${token}`],
  ["padding", (token) => `${token}=`],
  ["a flipped signature", (token) => flip(token, token.length - 10)],
  ["a flipped payload", (token) => flip(token, Math.floor(token.length / 2))],
  ["a flipped header", (token) => flip(token, 5)],
  ["another header", (token) => withHeader(token, { alg: "none", typ: "at+jwt" })],
  ["an algorithm of a secret", (token) => withHeader(token, { alg: "HS256", typ: "at+jwt" })],
  ["capitals", (token) => token.toUpperCase()],
  ["twice itself", (token) => `${token}${token}`],
  ["8 KiB", (token) => `${token}${"A".repeat(8192)}`],
  ["12,000 dots", () => ".".repeat(12_000)],
  ["8-bit letters", (token) => `${token}\u00e9`],
  ["quotes", (token) => `"${token}"`],
]

/** Headers that are no `Bearer` and one token, and how they are refused. */
export const authorizations: readonly (readonly [string, string, readonly [string, string]])[] = [
  ["an empty header", "", ["missing_token", "Missing Authorization Header"]],
  ["Basic", "Basic YWxpY2U6d29uZGVybGFuZA==", otherScheme],
  ["the scheme Token", "Token x", otherScheme],
  ["no blank", "Bearerx", otherScheme],
  ["the scheme alone", "Bearer", badHeader],
  ["two blanks and nothing", "Bearer  ", badHeader],
  ["a tab", "Bearer\tx", badHeader],
  ["two tokens", "Bearer x y", badHeader],
  ["a list", "Bearer x, Bearer y", badHeader],
]

function flip(token: string, at: number): string {
  return `${token.slice(0, at)}${token[at] === "A" ? "B" : "A"}${token.slice(at + 1)}`
}

function withHeader(token: string, header: object): string {
  const [, payload, signature] = token.split(".")
  return [Buffer.from(JSON.stringify(header)).toString("base64url"), payload, signature].join(".")
}

const gone = { "WWW-Authenticate": `${realm}, error="invalid_token"` }

function rowsOf(route: string): readonly Scenario[] {
  return [
    {
      name: `${route} refuses who sends no token`,
      status: 401,
      refusal: ["missing_token", "Missing Authorization Header"],
      headers: { "WWW-Authenticate": realm },
      lacks: ["alice"],
      events: [],
    },
    {
      name: `${route} tells that a token has expired`,
      prepare: ({ service }) => service.clock.advance(900),
      send: (token) => ({ token }),
      status: 401,
      refusal: ["invalid_token", "Token has expired"],
      headers: gone,
      events: [],
    },
    ...revokedRowsOf(route),
    {
      name: `${route} answers 503 when the store can't`,
      prepare: ({ service }) => service.store.close(),
      send: (token) => ({ token }),
      status: 503,
      refusal: unavailable,
      headers: { "Retry-After": "1", "WWW-Authenticate": undefined },
      events: ["request.unavailable"],
    },
  ]
}

/** One route for all of them: guarded.test.ts holds the others to its replies. */
function faultRowsOf(route: string): readonly Scenario[] {
  return [
    ...authorizations.map(
      ([what, authorization, refusal]): Scenario => ({
        name: `${route} refuses ${what} as credentials`,
        send: { headers: { authorization } },
        status: refusal === badHeader ? 400 : 401,
        refusal,
        headers: { "WWW-Authenticate": refusal === badHeader ? undefined : realm },
        events: [],
      }),
    ),
    ...spoiledTokens.map(
      ([what, spoil]): Scenario => ({
        name: `${route} refuses ${what} as token`,
        send: (token) => ({ token: spoil(token) }),
        status: 401,
        refusal: ["invalid_token", "Invalid token"],
        headers: gone,
        lacks: ["alice"],
        events: [],
      }),
    ),
  ]
}

function revokedRowsOf(route: string): readonly Scenario[] {
  const revoked = (what: string, prepare: Scenario["prepare"] & {}): Scenario => ({
    name: `${route} refuses the token of ${what}`,
    prepare,
    send: (token) => ({ token }),
    status: 401,
    refusal: ["invalid_token", "Token has been revoked"],
    headers: gone,
    events: [],
  })
  return [
    revoked("a disabled user", ({ service }) => service.accounts.disable("alice")),
    revoked("a deleted user", ({ service }) => service.accounts.delete("alice")),
    revoked("before a new password", ({ service }) =>
      service.accounts.setPassword({ username: "alice", password: newPassword }),
    ),
    revoked("a user who was disabled in between", async ({ service }) => {
      await service.accounts.disable("alice")
      await service.accounts.enable("alice")
    }),
    revoked("a user whom the command line logged out", ({ service }) =>
      service.accounts.logOut("alice"),
    ),
    revoked("a session that was logged out", ({ service, token }) =>
      service.sessions.logOut(token, caller),
    ),
    revoked("a session whose refresh token was used twice", async ({ service, tokens }) => {
      await service.sessions.refresh(tokens.refresh_token, caller)
      service.clock.advance(31)
      const again = service.sessions.refresh(tokens.refresh_token, caller)
      await assert.rejects(again, { code: "invalid_token", message: "Token has been revoked" })
    }),
    {
      name: `${route} refuses the refresh token of the same session`,
      send: (_token, { tokens }) => ({ token: tokens.refresh_token }),
      status: 401,
      refusal: ["invalid_token", "Invalid token"],
      headers: gone,
      events: [],
    },
  ]
}

const good = (token: string) => ({ token })
const bearers = ["Bearer", "bearer", "BEARER"]

/** The rows. */
export const tokenRows: readonly Scenario[] = [
  ...bearers.map(
    (scheme): Scenario => ({
      name: `GET /protected takes a token after '${scheme}'`,
      send: (token) => ({ headers: { authorization: `${scheme} ${token}` } }),
      status: 200,
      members: { logged_in_as: "alice" },
      headers: { "Cache-Control": "no-store", "WWW-Authenticate": undefined },
      events: [],
    }),
  ),
  {
    name: "GET /protected takes a token until its last second",
    prepare: ({ service }) => service.clock.advance(899),
    send: good,
    status: 200,
    members: { logged_in_as: "alice" },
    events: [],
  },
  {
    name: "GET /me tells who sent the token",
    prepare: ({ service }) => service.clock.advance(60),
    send: good,
    status: 200,
    members: { username: "alice", roles: [], claims: {}, logged_in_at: startOfTests },
    lacks: ["$argon2", "passwordHash", "disabled", "tokensNotBefore"],
    events: [],
  },
  {
    name: "GET /me tells the claims of now, not those of the token",
    prepare: ({ service }) => service.accounts.setClaim("alice", "team", { id: 7 }),
    send: good,
    status: 200,
    members: { username: "alice", claims: { team: { id: 7 } } },
    events: [],
  },
  {
    name: "GET /me tells the roles of now, not those of the token",
    prepare: ({ service }) => service.store.users.change("alice", { addRole: "admin" }),
    send: good,
    status: 200,
    members: { username: "alice", roles: ["admin"] },
    events: [],
  },
  ...guardedRoutes.flatMap(rowsOf),
  ...faultRowsOf("GET /protected"),
  {
    name: "POST /login answers 503 when the store can't",
    prepare: ({ service }) => service.store.close(),
    send: { json: { username: "alice", password: "wonderland" } },
    status: 503,
    refusal: unavailable,
    headers: { "Retry-After": "1" },
    events: ["request.unavailable"],
  },
]
