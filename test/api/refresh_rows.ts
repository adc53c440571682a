// What POST /refresh is sent: F-45, F-51 to F-53, J-48, J-50 and R-12, as far as one request shows
// it.

import type { Scenario, Send } from "../support/api_scenario.ts"
import { spoiledRefreshTokens } from "./spoiled_refresh_tokens.ts"

const realm = 'Bearer realm="postern"'
const invalidChallenge = { "WWW-Authenticate": `${realm}, error="invalid_token"` }
const missing = [
  "missing_token",
  "Missing refresh token: send refresh_token in a JSON body, or as Bearer",
] as const
const twoTokens = [
  "invalid_request",
  "There are two refresh tokens: send one, in the body or as Bearer",
] as const
const notText = ["invalid_request", "refresh_token must be text"] as const
const notObject = [
  "invalid_request",
  "The body must be one JSON object without duplicate members",
] as const
const notJson = ["unsupported_media_type", "The body must be application/json in UTF-8"] as const
const badHeader = [
  "invalid_request",
  "Bad Authorization header. Expected 'Authorization: Bearer <JWT>'",
] as const
const invalid = ["invalid_token", "Invalid token"] as const
const expired = ["invalid_token", "Token has expired"] as const
const revoked = ["invalid_token", "Token has been revoked"] as const
const jsonType = { "content-type": "application/json" }
const formType = { "content-type": "application/x-www-form-urlencoded" }

const inBody: Send = (_token, { tokens }) => ({ json: { refresh_token: tokens.refresh_token } })
const asBearer: Send = (_token, { tokens }) => ({ token: tokens.refresh_token })

const accepted: readonly (readonly [string, Send])[] = [
  ["takes a refresh token in the body", inBody],
  ["takes a refresh token as Bearer", asBearer],
  [
    "takes one that is sent in both places",
    (_token, { tokens: { refresh_token: token } }) => ({ token, json: { refresh_token: token } }),
  ],
  [
    "takes one in the body beside another scheme's credentials",
    (_token, { tokens: { refresh_token } }) => ({
      headers: { authorization: "Basic eDp5" },
      json: { refresh_token },
    }),
  ],
  [
    "takes one as Bearer beside an empty member",
    (_token, { tokens: { refresh_token: token } }) => ({ token, json: { refresh_token: "" } }),
  ],
]

/** Requests without a refresh token where one belongs. */
const absent: readonly (readonly [string, Send])[] = [
  ["nothing", () => ({})],
  ["an empty object", () => ({ json: {} })],
  ["null", () => ({ json: { refresh_token: null } })],
  ...["", "   ", "null", "undefined", "None"].map(
    (value) => [`the text '${value}'`, () => ({ json: { refresh_token: value } })] as const,
  ),
  ...["Bearer", "Bearer  ", "Bearer null", "Bearer undefined"].map(
    (authorization) => [`'${authorization}'`, () => ({ headers: { authorization } })] as const,
  ),
  [
    "a member of another name",
    (_token, { tokens: { refresh_token: token } }) => ({ json: { token } }),
  ],
  ["another scheme", () => ({ headers: { authorization: "Basic eDp5" } })],
  [
    "a cookie",
    (_token, { tokens: { refresh_token: token } }) => ({
      headers: { cookie: `refresh_token=${token}; refresh_token_cookie=${token}` },
    }),
  ],
]

const malformed: readonly (readonly [string, Send, readonly [string, string]])[] = [
  ...[0, 1, true, false, [], ["x"], {}, { token: "x" }].map(
    (value) =>
      [
        `the token ${JSON.stringify(value)}`,
        () => ({ json: { refresh_token: value } }),
        notText,
      ] as const,
  ),
  [
    "a token twice in the body",
    (_token, { tokens: { refresh_token: token } }) => ({
      headers: jsonType,
      body: `{"refresh_token":"${token}","refresh_token":"${token}"}`,
    }),
    notObject,
  ],
  ["an array", () => ({ headers: jsonType, body: "[]" }), notObject],
  ["a torn object", () => ({ headers: jsonType, body: '{"refresh_token":"x"' }), notObject],
  ["blanks as body", () => ({ headers: jsonType, body: "  " }), notObject],
  [
    "two refresh tokens",
    (_token, { tokens }) => ({ token: tokens.refresh_token, json: { refresh_token: "ptr_x" } }),
    twoTokens,
  ],
  [
    "a header that is not one token",
    (_token, { tokens: { refresh_token } }) => ({
      headers: { authorization: `Bearer ${refresh_token} x` },
    }),
    badHeader,
  ],
  [
    "a header that is not one token beside an empty member",
    () => ({ headers: { authorization: "Bearer x,y" }, json: { refresh_token: "" } }),
    badHeader,
  ],
]

type Ended = readonly [
  what: string,
  prepare: Scenario["prepare"] & {},
  refusal: readonly [string, string],
  event: string,
]

const ended: readonly Ended[] = [
  [
    "a session that was not used for too long",
    ({ service }) => service.clock.advance(86_400),
    expired,
    "refresh.refused alice expired",
  ],
  [
    "a session that was logged out",
    ({ service, token }) => service.call("POST", "/logout", { token }),
    revoked,
    "refresh.refused ended",
  ],
  [
    "a disabled user",
    ({ service }) => service.accounts.disable("alice"),
    revoked,
    "refresh.refused ended",
  ],
  [
    "a user who was disabled in between",
    async ({ service }) => {
      await service.accounts.disable("alice")
      await service.accounts.enable("alice")
    },
    revoked,
    "refresh.refused ended",
  ],
  [
    "a deleted user",
    ({ service }) => service.accounts.delete("alice"),
    revoked,
    "refresh.refused ended",
  ],
  [
    "before a new password",
    ({ service }) =>
      service.accounts.setPassword({ username: "alice", password: "another-long-password" }),
    revoked,
    "refresh.refused ended",
  ],
  [
    "before the key of refresh tokens was retired",
    ({ service }) => service.keys.retire("refresh"),
    invalid,
    "refresh.refused invalid",
  ],
]

/** The rows. */
export const refreshRows: readonly Scenario[] = [
  ...accepted.map(
    ([what, send]): Scenario => ({
      name: `POST /refresh ${what}`,
      send,
      status: 200,
      members: { token_type: "Bearer", expires_in: 900, refresh_expires_in: 86_400 },
      headers: { "Cache-Control": "no-store", "Set-Cookie": undefined, Location: undefined },
      events: ["session.refreshed alice"],
    }),
  ),
  {
    name: "POST /refresh takes a refresh token until its last second",
    prepare: ({ service }) => service.clock.advance(86_399),
    send: inBody,
    status: 200,
    members: { expires_in: 900, refresh_expires_in: 86_400 },
    events: ["session.refreshed alice"],
  },
  ...absent.map(
    ([what, send]): Scenario => ({
      name: `POST /refresh refuses ${what} as no token at all`,
      send,
      status: 401,
      refusal: missing,
      headers: { "WWW-Authenticate": realm },
      lacks: ["ptr_"],
      events: [],
    }),
  ),
  ...malformed.map(
    ([what, send, refusal]): Scenario => ({
      name: `POST /refresh refuses ${what}`,
      send,
      status: 400,
      refusal,
      headers: { "WWW-Authenticate": undefined },
      lacks: ["ptr_", "access_token"],
      events: [],
    }),
  ),
  ...[formType, { "content-type": "text/plain" }, {}].map(
    (headers): Scenario => ({
      name: `POST /refresh refuses a body of the type ${JSON.stringify(headers)}`,
      send: (_token, { tokens }) => ({
        headers,
        body: `grant_type=refresh_token&refresh_token=${tokens.refresh_token}`,
      }),
      status: 415,
      refusal: notJson,
      lacks: ["ptr_"],
      events: [],
    }),
  ),
  ...spoiledRefreshTokens.map(
    ([what, spoil]): Scenario => ({
      name: `POST /refresh refuses ${what} as token`,
      send: (_token, { tokens }) => ({ json: { refresh_token: spoil(tokens.refresh_token) } }),
      status: 401,
      refusal: invalid,
      headers: invalidChallenge,
      lacks: ["ptr_", "alice"],
      events: ["refresh.refused invalid"],
    }),
  ),
  ...ended.map(
    ([what, prepare, refusal, event]): Scenario => ({
      name: `POST /refresh refuses the token of ${what}`,
      prepare,
      send: inBody,
      status: 401,
      refusal,
      headers: invalidChallenge,
      lacks: ["ptr_", "alice"],
      events: [event],
    }),
  ),
]
