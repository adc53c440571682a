// What stands beside a good refresh token at POST /refresh: F-76. Interceptors attach what they
// have to every request, so only another refresh token counts against the one in the body.

import {
  type PreparedService,
  refresh,
  type Scenario,
  type Send,
  takeEvents,
} from "../support/api_scenario.ts"
import { startOfTests } from "../support/fake_clock.ts"
import { createForge } from "../support/forge.ts"

const flask = await createForge("HS256")
const stranger = await createForge("ES256")
const exp = startOfTests + 86_400
const flaskRefresh = flask.token({ payload: { type: "refresh", exp } })

const twoTokens = [
  "invalid_request",
  "There are two refresh tokens: send one, in the body or as Bearer",
] as const

type Beside = string | ((prepared: PreparedService) => string | Promise<string>)
type Header = readonly [what: string, authorization: Beside, shared?: boolean]

const harmless: readonly Header[] = [
  ["its own access token", ({ token }) => `Bearer ${token}`],
  ["another session's access token", async ({ service }) => `Bearer ${await bobs(service)}`],
  ["a spoiled access token", ({ token }) => `Bearer ${token.slice(0, -2)}`],
  ["an access token of another deployment", `Bearer ${stranger.token()}`],
  ["a device token", ({ tokens }) => `Bearer ${tokens.device_token}`],
  ["a spoiled refresh token", ({ tokens }) => `Bearer ${tokens.refresh_token.slice(0, -1)}`],
  ["itself", ({ tokens }) => `Bearer ${tokens.refresh_token}`],
  ["itself twice", ({ tokens: { refresh_token: own } }) => `Bearer ${own}, Bearer ${own}`],
  ["itself after another scheme", ({ tokens }) => `Basic eDp5, Bearer ${tokens.refresh_token}`],
  ["a Flask access token, with the secret", `Bearer ${flask.token()}`, true],
  ["a Flask refresh token, without the secret", `Bearer ${flaskRefresh}`],
  ...[
    ...["", "Bearer", "Bearer ", "bearer   ", "Bearer null", "Bearer undefined", "null", "x"],
    ...["Bearer x", "Bearer a.b.c", "Bearer x y", "Bearer x, Bearer y", "Bearer,,,", "Bearer\tx"],
    ...["Bearer: x", "Bearer Bearer a.b.c", "Basic eDp5", "Digest username=x, realm=y", "Token x"],
    ...["Bearer [object Object]", "Bearer \u00ff", `Bearer ${"x,".repeat(4000)}`],
  ].map((text): Header => [`'${text.slice(0, 24)}'`, text]),
]

const counting: readonly Header[] = [
  ["another session's", async ({ service }) => `Bearer ${await startAgain(service)}`],
  ["another user's", ({ tokens }) => `Bearer ${tokens.refresh_token}`],
  ["another's in a list", async ({ service }) => `Bearer x, Bearer ${await startAgain(service)}`],
  ["another's of a session that is over", async ({ service }) => `Bearer ${await ended(service)}`],
  ["a Flask refresh token, with the secret", `Bearer ${flaskRefresh}`, true],
]

/** Bodies that are at fault, or hold nothing, beside a refresh token as Bearer. */
const bodies: readonly (readonly [what: string, body: string, type?: string])[] = [
  ["an empty object", "{}"],
  ["the text 'null'", '{"refresh_token":"null"}'],
  ["the text 'undefined'", '{"refresh_token":"undefined"}'],
  ["a blank", '{"refresh_token":" "}'],
  ["a number", '{"refresh_token":7}'],
  ["null in the place of an object", "null"],
  ["a torn object", '{"refresh_token":'],
  ["a member twice", '{"refresh_token":"x","refresh_token":"y"}'],
  ["a form", "grant_type=refresh_token", "application/x-www-form-urlencoded"],
]

const others = ["access_token", "token", "grant_type", "Refresh_token", "sid", "scope", "__proto__"]

function sendBeside(beside: Beside): Send {
  return async (_token, prepared) => ({
    headers: { authorization: typeof beside === "string" ? beside : await beside(prepared) },
    json: { refresh_token: prepared.tokens.refresh_token },
  })
}

const refreshed = {
  status: 200,
  members: { token_type: "Bearer", expires_in: 900, refresh_expires_in: 86_400 },
  events: ["session.refreshed alice"],
}

/** The rows. */
export const refreshBesideRows: readonly Scenario[] = [
  ...harmless.map(
    ([what, beside, shared = false]): Scenario => ({
      name: `POST /refresh takes a refresh token in the body beside the header ${what}`,
      options: { shared },
      send: async (token, prepared) => {
        const sent = await sendBeside(beside)(token, prepared)
        takeEvents(prepared.service)
        return sent
      },
      ...refreshed,
    }),
  ),
  {
    name: "POST /refresh takes a refresh token in the body beside an access token that has expired",
    prepare: ({ service }) => service.clock.advance(5000),
    send: (token, { tokens: { refresh_token } }) => ({ token, json: { refresh_token } }),
    ...refreshed,
  },
  ...counting.map(
    ([what, beside, shared = false]): Scenario => ({
      name: `POST /refresh refuses two refresh tokens, in the header ${what}`,
      options: { shared },
      send: async (token, prepared) => {
        const { service } = prepared
        const { headers = {} } = await sendBeside(beside)(token, prepared)
        const { refresh_token } = await service.start("bob", "builder")
        takeEvents(service)
        return { headers, json: { refresh_token } }
      },
      status: 400,
      refusal: twoTokens,
      headers: { "WWW-Authenticate": undefined },
      lacks: ["ptr_", "access_token"],
      events: [],
    }),
  ),
  {
    name: "POST /refresh refuses two refresh tokens, in the header the one before",
    // A service of its own: the session moves on while this is made.
    options: {},
    send: async (_token, { service, tokens: { refresh_token: token } }) => {
      const { refresh_token } = await refresh(service, token)
      takeEvents(service)
      return { token, json: { refresh_token } }
    },
    status: 400,
    refusal: twoTokens,
    events: [],
  },
  ...bodies.map(
    ([what, body, type = "application/json"]): Scenario => ({
      name: `POST /refresh takes a refresh token as Bearer beside ${what} in the body`,
      send: (_token, { tokens }) => ({
        headers: { authorization: `Bearer ${tokens.refresh_token}`, "content-type": type },
        body,
      }),
      ...refreshed,
    }),
  ),
  ...bodies.slice(4).map(
    ([what, body, type = "application/json"]): Scenario => ({
      name: `POST /refresh with an access token as Bearer tells of ${what} in the body`,
      send: (token) => ({
        headers: { authorization: `Bearer ${token}`, "content-type": type },
        body,
      }),
      status: type === "application/json" ? 400 : 415,
      lacks: ["ptr_", "refresh_expires_in"],
      events: [],
    }),
  ),
  ...others.map(
    (member): Scenario => ({
      name: `POST /refresh ignores the member '${member}'`,
      send: (_token, { tokens }) => ({
        headers: { "content-type": "application/json" },
        body: `{"refresh_token":"${tokens.refresh_token}","${member}":"x"}`,
      }),
      ...refreshed,
    }),
  ),
  {
    name: "POST /refresh takes a refresh token after several spaces, and a byte order mark",
    send: (_token, { tokens }) => ({
      headers: {
        authorization: `Bearer   ${tokens.refresh_token}`,
        "content-type": "application/json; charset=utf8",
      },
      body: `\ufeff{"refresh_token":"${tokens.refresh_token}"}`,
    }),
    ...refreshed,
  },
]

type Service = PreparedService["service"]

async function bobs(service: Service): Promise<string> {
  return service.logIn("bob", "builder")
}

async function startAgain(service: Service): Promise<string> {
  return (await service.start("alice", "wonderland")).refresh_token
}

async function ended(service: Service): Promise<string> {
  const token = await startAgain(service)
  await service.call("POST", "/logout", { token })
  return token
}
