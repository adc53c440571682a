// Requests to POST /logout with something beside a good token: F-77. The session ends in any case.
// An unreadable part is named only when no good token stands beside it.

import { type PreparedService, type Scenario, takeEvents } from "../support/api_scenario.ts"
import { createForge } from "../support/forge.ts"
import type { CallOptions } from "../support/test_service.ts"

const flask = await createForge("HS256")
const stranger = await createForge("ES256")
const json = "application/json"

type Told = readonly [status: number, error: string, msg: string]
type Header = readonly [authorization: string, told: Told | null]
type Body = readonly [what: string, body: string, told: Told | null, type?: string]

const badHeader: Told = [
  400,
  "invalid_request",
  "Bad Authorization header. Expected 'Authorization: Bearer <JWT>'",
]
const notObject: Told = [
  400,
  "invalid_request",
  "The body must be one JSON object without duplicate members",
]
const notJson: Told = [415, "unsupported_media_type", "The body must be application/json in UTF-8"]
const notText: Told = [400, "invalid_request", "refresh_token must be text"]

/** Headers, and what they are told where no good token stands beside them; null for a 204. */
const headers: readonly Header[] = [
  ...[
    "Bearer x y",
    "Bearer x, Bearer y",
    "Bearer\tx",
    "Bearer: x",
    "Bearer x,",
    "Bearer Bearer x",
  ].map((text): Header => [text, badHeader]),
  ["Bearer x", null],
  ["Bearer   x", null],
  [`Bearer ${stranger.token()}`, null],
]

const bodies: readonly Body[] = [
  ["a number", '{"refresh_token":7}', notText],
  ["a list", '{"refresh_token":["x"]}', notText],
  ["an unknown token and a number", '{"token":"x","refresh_token":7}', notText],
  ["a member twice", '{"refresh_token":"x","refresh_token":"y"}', notObject],
  ["an unknown member twice", '{"x":1,"x":2}', notObject],
  ["a torn object", '{"refresh_token":"x"', notObject],
  ["null", "null", notObject],
  ["blanks", "  ", notObject],
  ["a form", "token=x", notJson, "application/x-www-form-urlencoded"],
  ["UTF-16", "{}", notJson, `${json}; charset=utf-16`],
  ["an unknown token", '{"refresh_token":"x","role":"admin"}', null],
]

const end = ["session.ended alice logout"]
const names = ["refresh_token", "access_token", "token"] as const

/** Headers in which a good token can be found, though they are no Bearer and one token. */
const found: readonly (readonly [what: string, of: (token: string) => string])[] = [
  ["the scheme twice", (token) => `Bearer Bearer ${token}`],
  ["a list", (token) => `Bearer x, Bearer ${token}`],
  ["another scheme after it", (token) => `Bearer ${token}, Basic eDp5`],
  ["a word after it", (token) => `Bearer ${token} x`],
  ["a tab before it", (token) => `Bearer\t${token}`],
  ["spaces before it", (token) => `Bearer    ${token}`],
]

function inBody(name: string, token: string, authorization: string): CallOptions {
  return { headers: { authorization }, json: { [name]: token, grant_type: "x", more: [1] } }
}

function asBearer(token: string, body: string, type = json): CallOptions {
  return { headers: { authorization: `Bearer ${token}`, "content-type": type }, body }
}

const over = { status: 204, headers: { "Clear-Site-Data": undefined } } as const

/** The rows. */
export const logoutBesideRows: readonly Scenario[] = [
  ...[...headers, ["Bearer", null], ["Bearer null", null], ["Basic eDp5", null]].flatMap(
    ([authorization]) =>
      names.map(
        (name): Scenario => ({
          name: `POST /logout with a good ${name} beside '${authorization?.slice(0, 20)}' ends its session`,
          send: (_token, { tokens }) => inBody(name, tokens.refresh_token, authorization ?? ""),
          ...over,
          events: end,
        }),
      ),
  ),
  ...bodies.map(
    ([what, body, , type]): Scenario => ({
      name: `POST /logout with an access token as Bearer beside ${what} ends its session`,
      send: (token) => asBearer(token, body, type),
      ...over,
      events: end,
    }),
  ),
  ...bodies.map(
    ([what, body, , type]): Scenario => ({
      name: `POST /logout with the token of a session that is over beside ${what} answers 204`,
      prepare: ({ service, token }) => service.call("POST", "/logout", { token }),
      send: (_token, { tokens }) => asBearer(tokens.refresh_token, body, type),
      ...over,
      events: [],
    }),
  ),
  ...found.map(
    ([what, of]): Scenario => ({
      name: `POST /logout finds a token in a header with ${what}`,
      send: (token) => ({ headers: { authorization: of(token) } }),
      ...over,
      events: end,
    }),
  ),
  ...headers.map(
    ([authorization, told]): Scenario => ({
      name: `POST /logout with nothing good beside '${authorization.slice(0, 20)}' tells of it`,
      send: { headers: { authorization }, json: { refresh_token: "ptr_x", token: "null" } },
      ...answering(told),
      events: [],
    }),
  ),
  ...bodies.map(
    ([what, body, told, type]): Scenario => ({
      name: `POST /logout with nothing good beside ${what} tells of it`,
      send: asBearer(stranger.token(), body, type),
      ...answering(told),
      events: [],
    }),
  ),
  {
    name: "POST /logout ends the sessions of all members and of the header",
    // A service of its own: sessions start while this is made.
    options: {},
    send: async (token, { service }) => {
      const others = await startOthers(service)
      return {
        token,
        json: { refresh_token: others[0], access_token: others[1], token: others[2] },
      }
    },
    ...over,
    events: [...end, ...end, "session.ended bob logout", "session.ended bob logout"],
  },
  {
    name: "POST /logout ends the one, though a member beside it is no text",
    send: (_token, { tokens }) => ({
      json: { refresh_token: 7, access_token: {}, token: tokens.refresh_token },
    }),
    ...over,
    events: end,
  },
  {
    name: "POST /logout revokes a Flask access token in the body",
    options: { shared: true },
    send: { headers: { authorization: "Bearer x y" }, json: { access_token: flask.token() } },
    ...over,
    events: ["token.revoked alice logout"],
  },
]

function answering(told: Told | null): Pick<Scenario, "status" | "refusal"> {
  if (told === null) return { status: 204 }
  const [status, error, msg] = told
  return { status, refusal: [error, msg] }
}

async function startOthers(service: PreparedService["service"]): Promise<readonly string[]> {
  const others = [
    (await service.start("alice", "wonderland")).refresh_token,
    (await service.start("bob", "builder")).access_token,
    (await service.start("bob", "builder")).refresh_token,
  ]
  takeEvents(service)
  return others
}
