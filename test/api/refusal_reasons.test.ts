// Why a token was refused, in the access line: the caller gets the same reply whatever it says.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { RefusalReason } from "../../src/errors.ts"
import {
  type PreparedService,
  prepareService,
  type Scenario,
  type Send,
  sendScenario,
} from "../support/api_scenario.ts"
import { createForge, segment, segments, withSignature } from "../support/forge.ts"
import { accessToken, days, refreshToken, shared } from "./flask_rows.ts"

const forge = await createForge("ES256")

type Row = readonly [
  request: string,
  what: string,
  send: Scenario["send"] & {},
  reason: RefusalReason,
  prepare?: Scenario["prepare"] & {},
]

const asAccess: Send = (token) => ({ token })
const inBody: Send = (_token, { tokens }) => ({ json: { refresh_token: tokens.refresh_token } })
const disable = ({ service }: PreparedService) => service.accounts.disable("alice")
const remove = ({ service }: PreparedService) => service.accounts.delete("alice")
const logOut = ({ service, token }: PreparedService) => service.call("POST", "/logout", { token })
const bearer =
  (authorization: string): Send =>
  () => ({ headers: { authorization } })
const withHeader =
  (header: object): Send =>
  (token) => {
    const [, payload, signature] = segments(token)
    return { token: `${segment(JSON.stringify(header))}.${payload}.${signature}` }
  }

/** Uses the refresh token, and waits until its grace is over. */
async function useAndWait({ service, tokens }: PreparedService): Promise<void> {
  await service.call("POST", "/refresh", { token: tokens.refresh_token })
  service.clock.advance(31)
}

const guarded: readonly Row[] = [
  ["GET /protected", "nothing", {}, "missing_token"],
  ["GET /protected", "an empty header", bearer(""), "missing_token"],
  ["GET /protected", "another scheme", bearer("Basic eDp5"), "other_scheme"],
  ["GET /protected", "two tokens", bearer("Bearer x y"), "bad_header"],
  ["GET /protected", "a word", bearer("Bearer foobarbaz"), "malformed"],
  ["GET /protected", "the text null", bearer("Bearer null"), "malformed"],
  [
    "GET /protected",
    "a refresh token",
    (_token, { tokens }) => ({ token: tokens.refresh_token }),
    "type",
  ],
  ["GET /protected", "no algorithm", withHeader({ alg: "none", typ: "at+jwt" }), "algorithm"],
  ["GET /protected", "another type", withHeader({ alg: "ES256", typ: "JWT" }), "type"],
  ["GET /protected", "another key", () => ({ token: forge.token() }), "unknown_key"],
  [
    "GET /protected",
    "another signature",
    (token) => ({ token: withSignature(token, Buffer.alloc(64)) }),
    "signature",
  ],
  [
    "GET /protected",
    "an expired token",
    asAccess,
    "expired",
    ({ service }) => service.clock.advance(900),
  ],
  [
    "GET /protected",
    "a token of the future",
    asAccess,
    "not_yet_valid",
    ({ service }) => service.clock.advance(-6),
  ],
  ["GET /protected", "a token that was logged out", asAccess, "revoked", logOut],
  ["GET /protected", "a token of a disabled user", asAccess, "user_disabled", disable],
  ["GET /protected", "a token of a deleted user", asAccess, "user_unknown", remove],
  [
    "POST /password",
    "a token that is not fresh",
    async (_token, { service, tokens }) => {
      const reply = await service.call("POST", "/refresh", { token: tokens.refresh_token })
      service.log.events.splice(0)
      return { token: JSON.parse(reply.body).access_token, json: {} }
    },
    "not_fresh",
  ],
]

const refreshed: readonly Row[] = [
  ["POST /refresh", "nothing", {}, "missing_token"],
  ["POST /refresh", "a cut token", { json: { refresh_token: "ptr_" } }, "malformed"],
  [
    "POST /refresh",
    "another tag",
    { json: { refresh_token: `ptr_${"A".repeat(56)}` } },
    "signature",
  ],
  ["POST /refresh", "an access token", asAccess, "type"],
  [
    "POST /refresh",
    "a session that was not used for too long",
    inBody,
    "expired",
    ({ service }) => service.clock.advance(days),
  ],
  ["POST /refresh", "a session that was logged out", inBody, "revoked", logOut],
  ["POST /refresh", "a disabled user", inBody, "revoked", disable],
  ["POST /refresh", "a token that was used before", inBody, "reused", useAndWait],
]

const loggedOut: readonly Row[] = [
  ["POST /logout", "a word as token", bearer("Bearer foobarbaz"), "malformed"],
  ["POST /logout", "another key", () => ({ token: forge.token() }), "unknown_key"],
  ["POST /logout", "a cut token", { json: { refresh_token: "ptr_" } }, "malformed"],
  ["POST /logout", "a token that was logged out", asAccess, "revoked", logOut],
  ["POST /logout", "a refresh token that was logged out", inBody, "revoked", logOut],
]

const flask: readonly Row[] = [
  ["GET /protected", "a Flask refresh token", { token: refreshToken }, "type"],
  ["POST /password", "a Flask token that is not fresh", { token: accessToken }, "not_fresh"],
  [
    "POST /refresh",
    "an expired Flask refresh token",
    { json: { refresh_token: refreshToken } },
    "expired",
    ({ service }) => service.clock.advance(30 * days),
  ],
  [
    "POST /refresh",
    "a Flask token with another signature",
    { token: withSignature(refreshToken, Buffer.alloc(32)) },
    "signature",
  ],
  [
    "POST /refresh",
    "a Flask token of the future",
    { token: refreshToken },
    "not_yet_valid",
    ({ service }) => service.clock.advance(-6),
  ],
  [
    "POST /logout",
    "an expired Flask access token",
    { token: accessToken },
    "expired",
    ({ service }) => service.clock.advance(900),
  ],
  [
    "POST /logout",
    "a Flask access token that was logged out",
    { token: accessToken },
    "revoked",
    ({ service }) => service.call("POST", "/logout", { token: accessToken }),
  ],
]

const rows: readonly (readonly [Row, PreparedOptions])[] = [
  ...[...guarded, ...refreshed, ...loggedOut].map((row) => [row, {}] as const),
  ...flask.map((row) => [row, shared] as const),
]

type PreparedOptions = Parameters<typeof prepareService>[1]

for (const [[request, what, send, reason, prepare], options = {}] of rows) {
  test(`${request} with ${what} logs the reason ${reason}`, async (t) => {
    const prepared = await prepareService(t, options)
    await prepare?.(prepared)
    const { log } = prepared.service
    log.lines.splice(0)
    const reply = await sendScenario({ name: request, send, status: 0, events: [] }, prepared)
    const line = log.lines.findLast((text) => text.includes('"event":"request"')) ?? ""
    assert.equal((JSON.parse(line) as { reason?: string }).reason, reason)
    assert.deepEqual(Object.keys(reply).sort(), ["body", "headers", "status"])
    assert.ok(!JSON.stringify(reply).includes(`"${reason}"`) || reason === "missing_token")
    for (const secret of [prepared.token, prepared.tokens.refresh_token, "foobarbaz"]) {
      assert.ok(!log.lines.join("").includes(secret), "A token is in the log")
    }
  })
}

test("POST /logout says nothing of a second token once the first ended its session", async (t) => {
  const { service, token, tokens } = await prepareService(t)
  service.log.events.splice(0)
  const json = { refresh_token: tokens.refresh_token }
  assert.equal((await service.call("POST", "/logout", { token, json })).status, 204)
  assert.equal((await service.call("POST", "/logout", { token, json })).status, 204)
  const lines = service.log.events.filter(({ event }) => event === "request")
  assert.deepEqual(
    lines.map(({ reason }) => reason),
    [undefined, "revoked"],
  )
})
