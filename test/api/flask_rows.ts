// What a service with the secret of a Flask-JWT-Extended application is sent.

import type { PreparedService, Scenario } from "../support/api_scenario.ts"
import { startOfTests } from "../support/fake_clock.ts"
import { createForge, type Members } from "../support/forge.ts"
import type { TestService } from "../support/test_service.ts"
import { guardedRoutes } from "./token_rows.ts"

/** Flask-JWT-Extended with the secret of the tests. */
export const flask = await createForge("HS256")
/** A day in seconds. */
export const days = 86_400
const jti = "5e1b7a52-0a3f-4f6e-8a50-1d2c3b4a5f60"
/** Its access token for alice, not fresh. */
export const accessToken = flask.token()
const refreshMembers: Members = { type: "refresh", jti, exp: startOfTests + 30 * days }
/** Its refresh token for alice, which lives for thirty days. */
export const refreshToken = flask.token({ payload: refreshMembers })

/** For a service with the same secret. */
export const shared = { shared: true }
const onlyAccess = ["invalid_token", "Only non-refresh tokens are allowed"] as const
const onlyRefresh = ["invalid_token", "Only refresh tokens are allowed"] as const

const sendRefresh = () => ({ json: { refresh_token: refreshToken } })
const logOut =
  (token: string) =>
  ({ service }: PreparedService) =>
    service.call("POST", "/logout", { token })

/** Rows that refuse an exchange. */
const refusedExchanges: readonly Scenario[] = [
  {
    name: "POST /refresh refuses a Flask access token",
    send: { token: accessToken },
    status: 401,
    refusal: onlyRefresh,
    events: ["refresh.refused alice access_token"],
  },
  {
    name: "POST /refresh refuses a Flask refresh token that has expired",
    prepare: ({ service }) => service.clock.advance(30 * days),
    send: sendRefresh,
    status: 401,
    refusal: ["invalid_token", "Token has expired"],
    events: ["refresh.refused alice expired"],
  },
  {
    name: "POST /refresh refuses a Flask refresh token older than a session may be",
    prepare: ({ service }) => service.clock.advance(8 * days),
    send: sendRefresh,
    status: 401,
    refusal: ["invalid_token", "Token has expired"],
    events: ["refresh.refused alice expired"],
  },
  {
    name: "POST /refresh refuses a Flask refresh token without an end",
    send: { token: flask.token({ payload: { ...refreshMembers, exp: undefined } }) },
    status: 401,
    refusal: ["invalid_token", "Invalid token"],
    events: ["refresh.refused invalid"],
  },
  {
    name: "POST /refresh refuses a Flask refresh token of nobody",
    send: { token: flask.token({ payload: { ...refreshMembers, sub: "nobody" } }) },
    status: 401,
    refusal: ["invalid_token", "Token has been revoked"],
    events: ["refresh.refused ended"],
  },
  {
    name: "POST /refresh refuses a Flask refresh token signed with another secret",
    send: { token: flask.token({ payload: refreshMembers, signature: () => Buffer.alloc(32) }) },
    status: 401,
    refusal: ["invalid_token", "Invalid token"],
    events: ["refresh.refused invalid"],
  },
  ...(
    [
      ["a disabled user", ({ service }) => service.accounts.disable("alice")],
      ["before a new password", ({ service }) => setPassword(service)],
      ["a user logged out by command line", ({ service }) => service.accounts.logOut("alice")],
      ["a logout with it", logOut(refreshToken)],
    ] as const satisfies readonly (readonly [string, Scenario["prepare"] & {}])[]
  ).map(
    ([what, prepare]): Scenario => ({
      name: `POST /refresh refuses the Flask refresh token of ${what}`,
      prepare,
      send: sendRefresh,
      status: 401,
      refusal: ["invalid_token", "Token has been revoked"],
      lacks: ["access_token"],
      events: ["refresh.refused alice ended"],
    }),
  ),
]

const rows: readonly Scenario[] = [
  {
    name: "GET /me takes a Flask access token",
    send: { token: accessToken },
    status: 200,
    members: { username: "alice", logged_in_at: null },
    events: [],
  },
  {
    name: "POST /password refuses a Flask access token that is not fresh",
    send: { token: accessToken, json: {} },
    status: 401,
    refusal: ["insufficient_user_authentication", "Fresh token required"],
    events: [],
  },
  ...guardedRoutes.map(
    (route): Scenario => ({
      name: `${route} refuses a Flask refresh token`,
      send: { token: refreshToken },
      status: 401,
      refusal: onlyAccess,
      events: [],
    }),
  ),
  {
    name: "POST /refresh exchanges a Flask refresh token for a session",
    send: sendRefresh,
    status: 200,
    members: { token_type: "Bearer", expires_in: 900 },
    events: ["session.started alice exchanged", "session.refreshed alice"],
  },
  ...refusedExchanges,
  {
    name: "POST /logout revokes a Flask access token",
    send: { token: accessToken },
    status: 204,
    events: ["token.revoked alice logout"],
  },
  {
    name: "POST /logout with a Flask access token twice revokes it once",
    prepare: logOut(accessToken),
    send: { token: accessToken },
    status: 204,
    events: [],
  },
  {
    name: "POST /logout with an expired Flask access token has nothing to revoke",
    prepare: ({ service }) => service.clock.advance(900),
    send: { token: accessToken },
    status: 204,
    events: [],
  },
]

/** The rows. */
export const flaskRows: readonly Scenario[] = rows.map((row) => ({ ...row, options: shared }))

function setPassword(service: TestService): Promise<unknown> {
  return service.accounts.setPassword({ username: "alice", password: "a-second-long-password" })
}
