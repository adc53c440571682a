// H-15, F-67: which scripts of other sites may read replies.

import assert from "node:assert/strict"
import { test } from "node:test"
import { shareReply } from "../../src/http/cors.ts"
import type { Reply } from "../../src/http/message.ts"
import { makeRequest } from "../support/http_request.ts"

const origins = ["https://app.example.org", "http://localhost:5173"]
const asked: Reply = { status: 401, headers: { "Content-Type": "text/plain" }, body: "no" }
const options: Reply = { status: 204, headers: { Allow: "GET, HEAD, OPTIONS" }, body: "" }

function share(reply: Reply, headers: Readonly<Record<string, string>>, method = "GET"): Reply {
  return shareReply(reply, { request: makeRequest({ method, headers }), origins })
}

test("shareReply() lets scripts of a listed origin read a reply", () => {
  for (const origin of origins) {
    assert.deepEqual(share(asked, { origin }), {
      status: 401,
      headers: {
        "Content-Type": "text/plain",
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Expose-Headers": "Retry-After, WWW-Authenticate, X-Request-Id",
      },
      body: "no",
    })
  }
})

const others = [
  ...["https://evil.example", "null", "", "*", "https://app.example.org.evil.example"],
  ...["https://evilapp.example.org", "https://a.app.example.org", "http://app.example.org"],
  ...["https://app.example.org:443", "https://app.example.org:8443", "https://APP.example.org"],
  ...["https://app.example.org/", "https://app.example.org.", "http://localhost", "//localhost"],
  ...["https://app.example.org, https://app.example.org", "https://app.example.org@evil.example"],
  ...[" https://app.example.org", "https://app.exampl\u0435.org", "https://app_example.org"],
]

test("shareReply() adds nothing for any other origin, nor without one", () => {
  for (const origin of others) {
    assert.equal(share(asked, { origin }), asked, origin)
    const preflight = { origin, "access-control-request-method": "POST" }
    assert.equal(share(options, preflight, "OPTIONS"), options, origin)
  }
  assert.equal(share(asked, {}), asked)
  assert.equal(share(asked, { referer: "https://app.example.org/" }), asked)
})

test("shareReply() leaves what is public to everybody", () => {
  const open = { ...asked, headers: { "Access-Control-Allow-Origin": "*" } }
  assert.equal(share(open, { origin: "https://app.example.org" }), open)
})

test("shareReply() answers a preflight with the methods of the path", () => {
  const origin = "https://app.example.org"
  const headers = {
    origin,
    "access-control-request-method": "DELETE",
    "access-control-request-headers": "x-evil",
  }
  assert.deepEqual(share(options, headers, "OPTIONS").headers, {
    Allow: "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Origin": origin,
    "Access-Control-Expose-Headers": "Retry-After, WWW-Authenticate, X-Request-Id",
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
    "Access-Control-Max-Age": "600",
  })
})

test("shareReply() takes nothing else for a preflight that may go on", () => {
  const origin = "https://app.example.org"
  const preflight = { origin, "access-control-request-method": "GET" }
  const unknown = { ...asked, status: 404 }
  for (const reply of [
    share(options, { origin }, "OPTIONS"),
    share(unknown, preflight, "OPTIONS"),
    share(asked, preflight, "GET"),
  ]) {
    assert.equal(reply.headers["Access-Control-Allow-Origin"], origin)
    assert.equal(reply.headers["Access-Control-Allow-Methods"], undefined)
  }
})
