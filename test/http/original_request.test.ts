// What a proxy asks about: each fact from one place, and nothing that can be read in two ways.

import assert from "node:assert/strict"
import { test } from "node:test"
import { AuthError } from "../../src/errors.ts"
import {
  isNavigation,
  isNestedPage,
  isOfBrowser,
  isSentTo,
  type OriginalRequest,
  readForwardedRequest,
  readPrefixedRequest,
} from "../../src/http/original_request.ts"
import { makeRequest } from "../support/http_request.ts"

const facts = {
  "x-forwarded-method": "POST",
  "x-forwarded-proto": "https",
  "x-forwarded-host": "photos.example",
  "x-forwarded-uri": "/album/1?sort=new",
}
type Facts = Readonly<Record<string, string>>

function forwarded(changed: Facts = {}, members: Parameters<typeof makeRequest>[0] = {}) {
  const headers = { host: "photos.example", ...facts, ...changed }
  return readForwardedRequest(makeRequest({ ...members, headers }))
}

function mistake(read: () => OriginalRequest): string {
  try {
    read()
  } catch (error) {
    assert.ok(error instanceof AuthError)
    assert.deepEqual([error.code, error.reason], ["invalid_request", "forwarded_headers"])
    return error.message
  }
  return assert.fail("It was read")
}

const original: OriginalRequest = {
  method: "POST",
  host: { name: "photos.example", port: 443 },
  target: "/album/1?sort=new",
}

test("readForwardedRequest() takes its headers, and nothing of the request itself", () => {
  const others = {
    ...{ "x-original-url": "https://evil.example/x", "x-original-uri": "/x", forwarded: "host=x" },
    ...{ "x-original-method": "GET", "x-http-method-override": "GET", "x-rewrite-url": "/x" },
    ...{ "x-forwarded-port": "8443", "x-forwarded-server": "evil", "x-forwarded-prefix": "/x" },
    ...{ host: "admin.example:8443", x_forwarded_host: "evil.example", x_forwarded_uri: "/x" },
  }
  const members = { method: "DELETE", path: "/verify/proxy/x", query: "uri=/x&host=evil.example" }
  assert.deepEqual(forwarded(others, members), original)
})

test("readForwardedRequest() refuses a header that is missing or empty", () => {
  for (const name of ["Method", "Proto", "Host", "Uri"].map((one) => `X-Forwarded-${one}`)) {
    const headers: Record<string, string> = { host: "photos.example", ...facts }
    delete headers[name.toLowerCase()]
    const message = `The header '${name}' is missing`
    assert.equal(
      mistake(() => readForwardedRequest(makeRequest({ headers }))),
      message,
    )
    assert.equal(
      mistake(() => forwarded({ [name.toLowerCase()]: "" })),
      message,
    )
  }
})

const malformed: Readonly<Record<string, readonly string[]>> = {
  "X-Forwarded-Method": ["GET, POST", "GET,POST", "GET POST", " GET", "G\u00cbT", "A".repeat(33)],
  "X-Forwarded-Proto": ["https, http", "https,https", "HTTPS", "ftp", "https:", "on", "h2"],
  "X-Forwarded-Host": [
    ...["photos.example, admin.example", "photos.example,photos.example", "photos.example/x"],
    ...["user@photos.example", "photos.example:x", "photos..example", "[::1]", "ph\u00f6tos", "-"],
    ...["photos.example?", "photos.example#", "photos.example\\", "%70hotos.example", ":443", "."],
    ...["https://photos.example", "photos.example:443:443", "photos example", "photos.example:"],
  ],
  "X-Forwarded-Uri": [
    ...["/a, /b", "/a b", "/a\t", "/a\n", "/\u0000", "/\u007f", "album", "*", "https://x/", "?x"],
    ...["http://photos.example/", "\\a", " /a", "/\u0100", `/${"a".repeat(8192)}`],
  ],
}

test("readForwardedRequest() refuses lists, repeated headers, and impossible values", () => {
  for (const [name, values] of Object.entries(malformed)) {
    for (const value of values) {
      const message = `The header '${name}' is malformed or repeated`
      const found = mistake(() => forwarded({ [name.toLowerCase()]: value }))
      assert.equal(found, message, `${name}: ${JSON.stringify(value)}`)
    }
  }
})

test("readForwardedRequest() takes targets as they were sent", () => {
  for (const target of [
    ...["/", "/a,b", "/a,,b?c,d", "/%zz", "/%2e%2e/x", "/../x", "//x", "/a?b?c", "/a#b", "/\\x"],
    ...["/\u00e4\u00ff", "/.postern/in?t=x", `/${"a".repeat(8191)}`],
  ]) {
    assert.equal(forwarded({ "x-forwarded-uri": target }).target, target)
  }
})

test("readForwardedRequest() gives hosts one spelling, and the port of the protocol", () => {
  const rows: readonly (readonly [proto: string, host: string, port: number])[] = [
    ["https", "PHOTOS.example.", 443],
    ["https", "photos.example:443", 443],
    ["https", "photos.example:8443", 8443],
    ["https", "photos.example:80", 80],
    ["wss", "photos.example", 443],
    ["http", "photos.example", 443],
    ["http", "photos.example:80", 443],
    ["ws", "photos.example", 443],
    ["http", "photos.example:443", 443],
    ["http", "photos.example:8080", 8080],
  ]
  for (const [proto, host, port] of rows) {
    const read = forwarded({ "x-forwarded-proto": proto, "x-forwarded-host": host })
    assert.deepEqual(read.host, { name: "photos.example", port }, `${proto} ${host}`)
  }
})

test("readPrefixedRequest() reads method, Host and target, and no other header", () => {
  const headers = { ...facts, "x-forwarded-host": "evil.example", host: "Photos.Example:8443" }
  const request = makeRequest({ method: "PUT", path: "/verify/envoy/a/b", query: "c=d", headers })
  const read = { method: "PUT", host: { name: "photos.example", port: 8443 }, target: "/a/b?c=d" }
  assert.deepEqual(readPrefixedRequest(request, "a/b"), read)
  assert.equal(readPrefixedRequest({ ...request, query: "" }, "").target, "/")
  for (const host of ["[::1]", "a..b"]) {
    const other = makeRequest({ headers: { host } })
    assert.equal(
      mistake(() => readPrefixedRequest(other, "")),
      "The header 'Host' is malformed or repeated",
    )
  }
})

test("isSentTo() compares names, whatever the port", () => {
  const host = { name: "photos.example", port: 443 }
  for (const sent of ["photos.example", "PHOTOS.example.", "photos.example:80"]) {
    assert.equal(isSentTo(makeRequest({ headers: { host: sent } }), host), true, sent)
  }
  for (const sent of ["admin.example", "photos.example.evil", "postern:8080", "[::1]"]) {
    assert.equal(isSentTo(makeRequest({ headers: { host: sent } }), host), false, sent)
  }
  assert.equal(isSentTo(makeRequest(), host), false)
})

const pages: readonly (readonly [Facts, method: string, isPage: boolean])[] = [
  [{ "sec-fetch-mode": "navigate" }, "GET", true],
  [{ "sec-fetch-mode": "navigate" }, "POST", true],
  [{ "sec-fetch-mode": "cors", accept: "text/html" }, "GET", false],
  [{ "sec-fetch-mode": "no-cors", accept: "text/html" }, "GET", false],
  [{ "sec-fetch-mode": "websocket" }, "GET", false],
  [{ "sec-fetch-mode": "navigate, navigate" }, "GET", false],
  [{ "sec-fetch-mode": "" }, "GET", false],
  [{ accept: "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8" }, "GET", true],
  [{ accept: "application/json, TEXT/HTML;q=0.5" }, "HEAD", true],
  [{ accept: "text/html" }, "POST", false],
  [{ accept: "text/html" }, "OPTIONS", false],
  [{ accept: "text/html", "x-requested-with": "XMLHttpRequest" }, "GET", false],
  [{ accept: "*/*" }, "GET", false],
  [{ accept: "text/htmlx" }, "GET", false],
  [{ accept: "application/text/html" }, "GET", false],
  [{}, "GET", false],
]

for (const [headers, method, isPage] of pages) {
  test(`isNavigation() of ${method} with ${JSON.stringify(headers)} is ${isPage}`, () => {
    // The method of the request itself says nothing.
    const head = makeRequest({ method: "GET", headers })
    assert.equal(isNavigation(head, { ...original, method }), isPage)
  })
}

test("isOfBrowser() is false for what Git, WebDAV and calendar clients send", () => {
  const programs: readonly Facts[] = [
    {},
    { accept: "*/*", "user-agent": "git/2.39.5", "git-protocol": "version=2", pragma: "no-cache" },
    { depth: "0", "content-type": "application/xml", "user-agent": "DAVx5/4.4 (okhttp)" },
    { "user-agent": "Microsoft-WebDAV-MiniRedir/10.0.19045", translate: "f" },
  ]
  for (const headers of programs) {
    assert.equal(isOfBrowser(makeRequest({ headers }), forwarded()), false)
  }
  const names = ["cookie", "origin", "referer", "x-requested-with", "upgrade-insecure-requests"]
  for (const name of [...names, "sec-fetch-mode", "sec-fetch-dest", "sec-fetch-site"]) {
    const head = makeRequest({ headers: { [name]: "x" } })
    assert.equal(isOfBrowser(head, forwarded()), true, name)
  }
  const page = makeRequest({ headers: { accept: "text/html" } })
  assert.equal(isOfBrowser(page, forwarded({ "x-forwarded-method": "GET" })), true)
})

test("isNestedPage() is true for pages in frames", () => {
  for (const [dest, isNested] of [
    ["document", false],
    ["iframe", true],
    ["frame", true],
    ["embed", true],
    ["object", true],
    ["document, document", true],
  ] as const) {
    assert.equal(isNestedPage(makeRequest({ headers: { "sec-fetch-dest": dest } })), isNested)
  }
  assert.equal(isNestedPage(makeRequest()), false)
})
