// What the routes without a guard are sent, POST /login apart: health and keys (J-53).

import type { Scenario } from "../support/api_scenario.ts"

const noStore = { "Cache-Control": "no-store", "Content-Type": "application/json; charset=utf-8" }

/** What /.well-known/jwks.json answers whom. */
export const keysHeaders = {
  "Content-Type": "application/jwk-set+json; charset=utf-8",
  "Cache-Control": "public, max-age=300",
  "Access-Control-Allow-Origin": "*",
}

/** A private key's members (RFC 7518 §6), as JSON would show them. */
export const privateMembers = ["d", "p", "q", "dp", "dq", "qi", "k", "oth"].map(
  (one) => `"${one}":`,
)

const keys = "/.well-known/jwks.json"
const metadata = "/.well-known/oauth-authorization-server"

const live = ["GET /livez", "GET /healthz"].flatMap((route): readonly Scenario[] => [
  {
    name: `${route} answers while the process can`,
    status: 200,
    members: { status: "live" },
    headers: noStore,
    events: [],
  },
  {
    name: `${route} answers while the service is draining`,
    prepare: ({ service }) => {
      service.ready = false
    },
    status: 200,
    members: { status: "live" },
    events: [],
  },
  {
    name: `${route} answers whatever token is sent`,
    send: { token: "nonsense" },
    query: "?verbose",
    status: 200,
    lacks: ["version", "node", "alice"],
    events: [],
  },
])

/** The rows. */
export const publicRows: readonly Scenario[] = [
  ...live,
  {
    name: "GET /readyz answers while requests should come here",
    status: 200,
    members: { status: "ready" },
    headers: noStore,
    events: [],
  },
  {
    name: "GET /readyz answers 503 before and after",
    prepare: ({ service }) => {
      service.ready = false
    },
    status: 503,
    refusal: ["temporarily_unavailable", "Not ready"],
    headers: noStore,
    events: [],
  },
  {
    name: `GET ${keys} answers whatever the query`,
    query: "?kid=x",
    status: 200,
    headers: keysHeaders,
    lacks: privateMembers,
    events: [],
  },
  {
    name: `GET ${keys} answers a range with the whole`,
    send: { headers: { range: "bytes=0-1" } },
    status: 200,
    headers: { "Content-Range": undefined },
    events: [],
  },
  {
    name: `HEAD ${keys} answers the headers`,
    status: 200,
    headers: keysHeaders,
    events: [],
  },
  {
    name: `GET ${keys} answers the whole to an ETag of before`,
    send: { headers: { "if-none-match": '"old"' } },
    status: 200,
    events: [],
  },
  {
    name: `POST ${keys} answers 405`,
    send: { json: {} },
    status: 405,
    refusal: ["method_not_allowed", "The methods here are GET, HEAD, OPTIONS"],
    headers: { Allow: "GET, HEAD, OPTIONS" },
    events: [],
  },
  {
    name: `GET ${metadata} tells the issuer and where its keys are`,
    send: { token: "nonsense" },
    query: "?x",
    status: 200,
    members: {
      issuer: "https://login.example.org",
      jwks_uri: "https://login.example.org/.well-known/jwks.json",
      response_types_supported: [],
      grant_types_supported: [],
    },
    headers: {
      "Content-Type": "application/json; charset=utf-8",
      "Cache-Control": "public, max-age=300",
      "Access-Control-Allow-Origin": "*",
    },
    events: [],
  },
  {
    name: `POST ${metadata} answers 405`,
    send: { json: {} },
    status: 405,
    refusal: ["method_not_allowed", "The methods here are GET, HEAD, OPTIONS"],
    headers: { Allow: "GET, HEAD, OPTIONS" },
    events: [],
  },
]
