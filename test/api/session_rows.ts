// What the routes around a user's sessions are sent: lists, ends, and GET /revocations.

import { refresh, type Scenario } from "../support/api_scenario.ts"

/** What GET /revocations answers whom. */
export const listHeaders = {
  "Content-Type": "application/json; charset=utf-8",
  "Cache-Control": "public, max-age=5",
}

const good = (token: string) => ({ token })
const notFresh = "insufficient_user_authentication"
const done = { "Cache-Control": "no-store", "Content-Type": undefined }

/** The rows of /sessions and /sessions/{sid}. */
export const sessionRows: readonly Scenario[] = [
  {
    name: "DELETE /sessions/{sid} ends the session that asks",
    send: good,
    status: 204,
    headers: done,
    events: ["session.ended alice by_user"],
  },
  {
    name: "DELETE /sessions without another session ends none",
    prepare: ({ service }) => service.start("bob", "builder"),
    send: good,
    status: 204,
    headers: done,
    events: [],
  },
  {
    name: "DELETE /sessions ends all others",
    prepare: async ({ service }) => {
      await service.start("alice", "wonderland")
      await service.start("bob", "builder")
      await service.start("alice", "wonderland")
    },
    send: good,
    status: 204,
    headers: done,
    events: ["session.ended alice by_user", "session.ended alice by_user"],
  },
  ...["DELETE /sessions", "DELETE /sessions/{sid}"].map(
    (route): Scenario => ({
      name: `${route} with a refreshed token asks for a login`,
      prepare: ({ service }) => service.start("alice", "wonderland"),
      send: async (_token, { service, tokens }) => ({
        token: (await refresh(service, tokens.refresh_token)).access_token,
      }),
      status: 401,
      refusal: [notFresh, "Fresh token required"],
      headers: { "WWW-Authenticate": `Bearer realm="postern", error="${notFresh}"` },
      events: ["session.refreshed alice"],
    }),
  ),
  ...["AAAAAAAAAAAAAAAAAAAAAA", "__proto__", "constructor", "..", "-", "x".repeat(2000)].map(
    (sid): Scenario => ({
      name: `DELETE /sessions/${sid} finds none`,
      send: good,
      status: 404,
      refusal: ["not_found", "You have no such session"],
      lacks: ["AAAAAAAAAAAA", "xxxx"],
      events: [],
    }),
  ),
]

/** The rows of /revocations. */
export const revocationRows: readonly Scenario[] = [
  {
    name: "GET /revocations answers an empty list while nothing has ended",
    status: 200,
    members: { sids: [], jtis: [] },
    headers: { ...listHeaders, "Access-Control-Allow-Origin": undefined, "Set-Cookie": undefined },
    events: [],
  },
  {
    name: "HEAD /revocations answers the headers",
    status: 200,
    headers: listHeaders,
    events: [],
  },
  {
    name: "GET /revocations answers whatever token and query are sent",
    query: "?sid=x&since=0",
    send: { token: "nonsense" },
    status: 200,
    members: { sids: [], jtis: [] },
    events: [],
  },
  {
    name: "POST /revocations answers 405",
    send: (_token, { sid }) => ({ json: { sids: [sid] } }),
    status: 405,
    refusal: ["method_not_allowed", "The methods here are GET, HEAD, OPTIONS"],
    headers: { Allow: "GET, HEAD, OPTIONS" },
    events: [],
  },
  {
    name: "GET /revocations answers 503 when the store can't",
    prepare: ({ service }) => service.store.close(),
    status: 503,
    refusal: ["temporarily_unavailable", "The store is closed"],
    headers: { "Cache-Control": "no-store", ETag: undefined },
    events: ["request.unavailable"],
  },
]
