// Requests to POST /logout: F-54, F-55, H-42 and R-07. Every token gets the same answer. A request
// without a token is refused. logout_beside_rows.ts has requests with a second token.

import type { PreparedService, Scenario, Send } from "../support/api_scenario.ts"
import { createForge } from "../support/forge.ts"
import { spoiledRefreshTokens } from "./spoiled_refresh_tokens.ts"
import { spoiledTokens } from "./token_rows.ts"

const loggedOut = {
  "Cache-Control": "no-store",
  // From any page that posts a form it would empty what the whole site has stored.
  "Clear-Site-Data": undefined,
  "Content-Type": undefined,
  "Set-Cookie": undefined,
  "WWW-Authenticate": undefined,
}
const end = ["session.ended alice logout"]
const asAccess: Send = (token) => ({ token })
const asRefresh: Send = (_token, { tokens }) => ({ token: tokens.refresh_token })
const inBody: Send = (_token, { tokens }) => ({ json: { refresh_token: tokens.refresh_token } })

async function refreshTwice({ service, tokens }: PreparedService): Promise<void> {
  const reply = await service.call("POST", "/refresh", { token: tokens.refresh_token })
  service.clock.advance(60)
  const { refresh_token: token } = JSON.parse(reply.body)
  await service.call("POST", "/refresh", { token })
}

const forge = await createForge("ES256")

type Row = readonly [
  what: string,
  send: Send,
  events: readonly string[],
  prepare?: Scenario["prepare"] & {},
]

const kinds: readonly Row[] = [
  ["an access token", asAccess, end],
  ["a refresh token as Bearer", asRefresh, end],
  ["a refresh token in the body", inBody, end],
  [
    "both tokens of a session",
    (token, { tokens: { refresh_token } }) => ({ token, json: { refresh_token } }),
    end,
  ],
  ["an access token in the body", (token) => ({ json: { access_token: token } }), end],
  ["an access token as RFC 7009 names it", (token) => ({ json: { token } }), end],
  [
    "a refresh token as RFC 7009 names it",
    (_token, { tokens }) => ({
      json: { token: tokens.refresh_token, token_type_hint: "refresh_token" },
    }),
    end,
  ],
  ["all that a login answers", (_token, { tokens }) => ({ json: tokens }), end],
  ["an unknown text in the body", () => ({ json: { token: "x" } }), []],
  ["a text that is no word for nothing", () => ({ token: "NULL" }), []],
  ["a token signed by another deployment", () => ({ token: forge.token() }), []],
]

const states: readonly Row[] = [
  ["an expired access token", asAccess, end, ({ service }) => service.clock.advance(5000)],
  [
    "a refresh token that has expired with its session",
    asRefresh,
    end,
    ({ service }) => service.clock.advance(90_000),
  ],
  ["an access token of before two refreshes", asAccess, end, refreshTwice],
  ["a refresh token that was used long ago", asRefresh, end, refreshTwice],
  [
    "an access token that was logged out",
    asAccess,
    [],
    ({ service, token }) => service.call("POST", "/logout", { token }),
  ],
  [
    "a refresh token that was logged out",
    asRefresh,
    [],
    ({ service, token }) => service.call("POST", "/logout", { token }),
  ],
  ["a token of a disabled user", asAccess, [], ({ service }) => service.accounts.disable("alice")],
  ["a token of a deleted user", asRefresh, [], ({ service }) => service.accounts.delete("alice")],
  [
    "a refresh token of before its key was retired",
    asRefresh,
    [],
    ({ service }) => service.keys.retire("refresh"),
  ],
  [
    "an access token long after everything is over",
    asAccess,
    [],
    async ({ service }) => {
      service.clock.advance(700_000)
      await service.store.sessions.purge(service.clock.now())
    },
  ],
]

/** Requests without any token: who forgot it must not believe that anything is over. */
const absent: readonly (readonly [what: string, send: Scenario["send"] & {}])[] = [
  ["nothing", {}],
  ["an empty form of another site", { headers: { "content-type": "text/plain" } }],
  ["an empty object", { json: {} }],
  ["other members", { json: { sid: "x", refreshToken: "x", __proto__: { token: "x" } } }],
  ["a cookie", (token) => ({ headers: { cookie: `access_token_cookie=${token}` } })],
  ...["", "Bearer", "Bearer ", "bearer  ", "Bearer null", "Bearer undefined", "Bearer None"].map(
    (authorization) => [`the header '${authorization}'`, { headers: { authorization } }] as const,
  ),
  ...["Basic eDp5", "null", "undefined", "Token x"].map(
    (authorization) => [`the header '${authorization}'`, { headers: { authorization } }] as const,
  ),
  ...["refresh_token", "access_token", "token"].flatMap((name) =>
    [null, "", " ", "\t\n", "null", "undefined", " undefined "].map(
      (value) => [`${name} ${JSON.stringify(value)}`, { json: { [name]: value } }] as const,
    ),
  ),
  ["none in either place", { headers: { authorization: "Bearer null" }, json: { token: "" } }],
]

const refusedForms = [
  [
    "a header that is not one token",
    { headers: { authorization: "Bearer x y" } },
    ["invalid_request", "Bad Authorization header. Expected 'Authorization: Bearer <JWT>'"],
  ],
  [
    "a number as token",
    { json: { refresh_token: 1 } },
    ["invalid_request", "refresh_token must be text"],
  ],
  [
    "a torn object",
    { headers: { "content-type": "application/json" }, body: "{" },
    ["invalid_request", "The body must be one JSON object without duplicate members"],
  ],
  [
    "a form",
    { headers: { "content-type": "application/x-www-form-urlencoded" }, body: "token=x" },
    ["unsupported_media_type", "The body must be application/json in UTF-8"],
  ],
] as const

/** The rows. */
export const logoutRows: readonly Scenario[] = [
  ...[...kinds, ...states].map(
    ([what, send, events, prepare]): Scenario => ({
      name: `POST /logout with ${what} answers 204`,
      ...(prepare === undefined ? {} : { prepare }),
      send,
      status: 204,
      headers: loggedOut,
      lacks: ["alice", "ptr_"],
      events,
    }),
  ),
  ...spoiledTokens.map(
    ([what, spoil]): Scenario => ({
      name: `POST /logout with ${what} in the place of an access token answers 204`,
      send: (token) => ({ token: spoil(token) }),
      status: 204,
      headers: loggedOut,
      events: [],
    }),
  ),
  ...spoiledRefreshTokens.map(
    ([what, spoil]): Scenario => ({
      name: `POST /logout with ${what} in the place of a refresh token answers 204`,
      send: (_token, { tokens }) => ({ json: { refresh_token: spoil(tokens.refresh_token) } }),
      status: 204,
      headers: loggedOut,
      events: [],
    }),
  ),
  ...absent.map(
    ([what, send]): Scenario => ({
      name: `POST /logout refuses ${what} as no token at all`,
      send,
      status: 401,
      refusal: [
        "missing_token",
        "Missing token: send it as Bearer, or as refresh_token, access_token or token in JSON",
      ],
      headers: { "WWW-Authenticate": 'Bearer realm="postern"', "Clear-Site-Data": undefined },
      events: [],
    }),
  ),
  ...refusedForms.map(
    ([what, send, refusal]): Scenario => ({
      name: `POST /logout refuses ${what}`,
      send,
      status: refusal[0] === "invalid_request" ? 400 : 415,
      refusal,
      headers: { "Clear-Site-Data": undefined },
      events: [],
    }),
  ),
  {
    name: "POST /logout answers 503 when the store can't",
    prepare: ({ service }) => service.store.close(),
    send: asAccess,
    status: 503,
    refusal: ["temporarily_unavailable", "The store is closed"],
    headers: { "Retry-After": "1", "Clear-Site-Data": undefined },
    events: ["request.unavailable"],
  },
]
