// H-15, F-67: which scripts of other sites may read replies.

import assert from "node:assert/strict"
import { test } from "node:test"
import { originInBytes, originOf, shareReply, shareWith } from "../../src/http/cors.ts"
import type { Reply } from "../../src/http/message.ts"
import { cpuMillis } from "../support/cpu_millis.ts"
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
        "Access-Control-Expose-Headers":
          "ETag, Location, Retry-After, WWW-Authenticate, X-Request-Id",
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

test("shareReply() lets every site read public replies", () => {
  const open = { ...asked, headers: { "Access-Control-Allow-Origin": "*" } }
  assert.equal(share(open, { origin: "https://app.example.org" }), open)
})

test("shareReply() answers a preflight with the methods of the path", () => {
  const origin = "https://app.example.org"
  const headers = {
    origin,
    "access-control-request-method": "DELETE",
  }
  assert.deepEqual(share(options, headers, "OPTIONS").headers, {
    Allow: "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Origin": origin,
    "Access-Control-Expose-Headers": "ETag, Location, Retry-After, WWW-Authenticate, X-Request-Id",
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
    "Access-Control-Max-Age": "600",
  })
})

test("shareReply() allows no other preflight", () => {
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

/** What a preflight that asks for these headers is answered. */
function allowedHeaders(asked: string): string | undefined {
  const headers = {
    origin: "https://app.example.org",
    "access-control-request-method": "POST",
    "access-control-request-headers": asked,
  }
  return share(options, headers, "OPTIONS").headers["Access-Control-Allow-Headers"]
}

test("shareReply() allows the headers that a preflight asks for", () => {
  for (const asked of [
    "content-type",
    "authorization,baggage,content-type,sentry-trace",
    "traceparent, tracestate",
    "X-Requested-With \t,\tx_odd.name",
    `x-${"a".repeat(1022)}`,
  ]) {
    assert.equal(allowedHeaders(asked), asked)
  }
})

test("shareReply() allows the usual headers if the requested ones are malformed", () => {
  for (const asked of [
    ...["", ",", "a,", ",a", "a,,b", "a b", "a;b", "a:b", "(a)", "ä", "a\u0000", '"a"', " a", "a "],
    `x-${"a".repeat(1023)}`,
  ]) {
    assert.equal(allowedHeaders(asked), "Authorization, Content-Type", asked)
  }
})

test("shareWith() shares a reply of the server's own with a listed origin only", () => {
  const given = { "Content-Type": "text/plain", "Access-Control-Allow-Origin": String(origins[0]) }
  const exposed = "ETag, Location, Retry-After, WWW-Authenticate, X-Request-Id"
  assert.deepEqual(shareWith(asked, { origin: origins[0], origins }), {
    ...asked,
    headers: { ...given, "Access-Control-Expose-Headers": exposed },
  })
  for (const origin of [undefined, ...others]) {
    assert.equal(shareWith(asked, { origin, origins }), asked)
  }
})

test("shareWith() never shares a page", () => {
  const page = { status: 200, headers: {}, body: "", isPage: true } as const
  assert.equal(shareWith(page, { origin: origins[0], origins }), page)
})

test("originOf() finds the one origin among raw headers, in any case", () => {
  assert.equal(originOf(["Host", "a", "ORIGIN", "https://a.example"]), "https://a.example")
  assert.equal(originOf(["Host", "origin", "X", "y"]), undefined)
  assert.equal(originOf(["Origin", "https://a.example", "origin", "https://a.example"]), undefined)
  assert.equal(originOf([]), undefined)
})

test("originInBytes() finds it in a head that could not be read, and not after it", () => {
  const find = (text: string) => originInBytes(Buffer.from(text, "latin1"))
  assert.equal(find("GET / HTTP/1.1\r\nX y: z\r\norigin: \thttp://a:1 \r\nCook"), "http://a:1")
  assert.equal(find("GET / HTTP/1.1\r\nOrigin: http://a\r\n\r\nOrigin: http://b"), "http://a")
  assert.equal(find("POST / HTTP/1.1\r\n\r\nx\r\nOrigin: http://a\r\n"), undefined)
  assert.equal(find("GET / HTTP/1.1\r\nOrigin: http://a\r\nOrigin: http://a\r\n"), undefined)
  assert.equal(find("Origin: http://a\r\n"), undefined)
  assert.equal(find(""), undefined)
  assert.equal(originInBytes(undefined), undefined)
})

test("originInBytes() takes no longer for blanks, colons and line ends", () => {
  for (const text of ["Origin: ", " ", "\t", ":", "\r\n", "Origin:\r\n"]) {
    const bytes = Buffer.from(`GET / HTTP/1.1\r\n${text.repeat(65_536 / text.length)}`)
    assert.ok(cpuMillis(() => originInBytes(bytes)) < 500, JSON.stringify(text))
  }
})
