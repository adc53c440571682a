// H-04 to H-09 as far as Node's parser leaves them to us; the rest is shown through
// sockets in test/e2e.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { ErrorCode } from "../../../src/errors.ts"
import { type Head, type RawHead, readHead } from "../../../src/http/node/head.ts"
import type { RefusalText } from "../../../src/http/node/refusals.ts"

const headBytesMax = 16 * 1024

function read(members: Partial<RawHead> = {}): Head | RefusalText {
  const asked = { asker: "client", httpVersion: "1.1", target: "/" } as const
  return readHead({ ...asked, rawHeaders: ["Host", "a"], ...members }, headBytesMax)
}

function taken(members: Partial<RawHead> = {}): Head {
  const head = read(members)
  assert.ok(!("reason" in head), JSON.stringify(head))
  return head
}

test("readHead() splits the target at its first question mark and decodes nothing", () => {
  const rows = [
    ["/", "/", ""],
    ["/a?b=c", "/a", "b=c"],
    ["/a?b?c", "/a", "b?c"],
    ["/a?", "/a", ""],
    ["/%61/../b%00#c", "/%61/../b%00#c", ""],
    ["//host/a", "//host/a", ""],
    [`/${"a".repeat(2047)}`, `/${"a".repeat(2047)}`, ""],
  ] as const
  for (const [target, path, query] of rows) {
    const head = taken({ target })
    assert.deepEqual([head.path, head.query], [path, query])
  }
})

test("readHead() gives headers by lower-case name, and joins those that may be several", () => {
  const rawHeaders = ["HOST", "a", "X-One", "1", "x-one", "2", "__proto__", "p", "Cookie", "c=1"]
  rawHeaders.push("cookie", "d=2")
  assert.deepEqual(
    [...taken({ rawHeaders }).headers],
    [
      ["host", "a"],
      ["x-one", "1, 2"],
      ["__proto__", "p"],
      ["cookie", "c=1; d=2"],
    ],
  )
})

test("readHead() reads Content-Length and Expect", () => {
  const rawHeaders = ["Host", "a", "Content-Length", "12", "Expect", "100-continue"]
  assert.equal(taken({ rawHeaders }).declaredBytes, 12)
  assert.equal(taken({ rawHeaders }).awaitsContinue, true)
  assert.equal(taken().declaredBytes, 0)
  assert.equal(taken().awaitsContinue, false)
})

test("readHead() ignores Expect in HTTP/1.0", () => {
  const rawHeaders = ["Host", "a", "Expect", "100-continue"]
  assert.equal(taken({ httpVersion: "1.0", rawHeaders }).awaitsContinue, false)
})

const goodHosts = [
  "a",
  "login.example.org",
  "127.0.0.1:8000",
  "[::1]",
  "[::ffff:1.2.3.4]:443",
  "A_b-c.",
]

test("readHead() takes a host as RFC 9110 §7.2 lays it out", () => {
  for (const host of goodHosts) assert.equal(taken({ rawHeaders: ["Host", host] }).path, "/", host)
})

type Row = readonly [name: string, given: Partial<RawHead>, code: ErrorCode, msg: string]

const badHost = "The header 'host' is missing or invalid"
const coding = "Unsupported Transfer-Encoding header: only chunked is supported"
const host = ["Host", "a"]
const many = (count: number) => Array.from({ length: count }, (_, at) => [`X-${at}`, ""]).flat()

const badHosts = [
  ...["", " ", "a b", "a b@c/..:99999", "user@host", "a/b", "a?b", "a#b", "a:b", "a:123456", ":80"],
  ...["a,b", "a, b", "[::1", "::1", "[g::]", "ä", "a\\b", "<script>", "a".repeat(256), "a%41"],
]

const rows: readonly Row[] = [
  ...["0.9", "1.2", "2.0", ""].map(
    (httpVersion): Row => [
      `HTTP/${httpVersion}`,
      { httpVersion },
      "http_version_not_supported",
      "Use HTTP/1.1",
    ],
  ),
  ["no host", { rawHeaders: [] }, "invalid_request", badHost],
  ["no host in HTTP/1.0", { httpVersion: "1.0", rawHeaders: [] }, "invalid_request", badHost],
  ...badHosts.map(
    (value): Row => [
      `the host '${value}'`,
      { rawHeaders: ["Host", value] },
      "invalid_request",
      badHost,
    ],
  ),
  ...["gzip, chunked", "chunked, chunked", "identity", "chunked ", ""].map(
    (value): Row => [
      `the coding '${value}'`,
      { rawHeaders: [...host, "Transfer-Encoding", value] },
      "invalid_request",
      coding,
    ],
  ),
  [
    "a transfer coding in HTTP/1.0",
    { httpVersion: "1.0", rawHeaders: [...host, "Transfer-Encoding", "chunked"] },
    "invalid_request",
    "HTTP/1.0 does not allow Transfer-Encoding",
  ],
  [
    "101 headers",
    { rawHeaders: [...host, ...many(100)] },
    "header_fields_too_large",
    "The request has more than 100 headers",
  ],
  [
    "2500 headers and no host",
    { rawHeaders: many(2500) },
    "header_fields_too_large",
    "The request has more than 100 headers",
  ],
  [
    "a target of 2049 bytes",
    { target: `/${"a".repeat(2048)}` },
    "uri_too_long",
    "The request target is longer than 2048 bytes",
  ],
  [
    "a query of 2 KiB",
    { target: `/?${"a".repeat(2047)}` },
    "uri_too_long",
    "The request target is longer than 2048 bytes",
  ],
  ...["*", "", "a", "http://a/protected", "HTTP://a/", "?a", "\\", "a:443"].map(
    (target): Row => [
      `the target '${target}'`,
      { target },
      "invalid_request",
      "The request target must start with '/'",
    ],
  ),
]

/** What the log says, by what the client is told. */
const reasons: Readonly<Record<string, string>> = {
  "Use HTTP/1.1": "http_version",
  [badHost]: "host",
  [coding]: "transfer_coding",
  "HTTP/1.0 does not allow Transfer-Encoding": "transfer_coding",
  "Unsupported Content-Encoding header: send the body uncompressed": "content_coding",
  "The request has more than 100 headers": "too_many_headers",
  "The request target is longer than 2048 bytes": "target_too_long",
  "The request target must start with '/'": "target",
}

for (const [name, given, code, msg] of rows) {
  test(`readHead() refuses ${name}`, () => {
    const reason = reasons[msg]
    const headers = reason === "content_coding" ? { "Accept-Encoding": "identity" } : undefined
    const refusal = { reason, code, msg }
    assert.deepEqual(read(given), headers === undefined ? refusal : { ...refusal, headers })
  })
}

for (const value of ["gzip", "br", "deflate", "identity", ""]) {
  test(`readHead() refuses the content coding '${value}', and says that none is taken`, () => {
    assert.deepEqual(read({ rawHeaders: [...host, "Content-Encoding", value] }), {
      reason: "content_coding",
      code: "unsupported_media_type",
      msg: "Unsupported Content-Encoding header: send the body uncompressed",
      headers: { "Accept-Encoding": "identity" },
    })
  })
}

test("readHead() takes 100 headers", () => {
  assert.equal(taken({ rawHeaders: [...host, ...many(99)] }).headers.size, 100)
})

const singles = [
  ...["Authorization", "Content-Encoding", "Content-Length", "Content-Type", "Expect", "Host"],
  ...["If-None-Match", "Origin", "Transfer-Encoding"],
]

for (const name of singles) {
  test(`readHead() refuses '${name}' twice, equal or not, in any case`, () => {
    for (const second of ["a", "b"]) {
      const rawHeaders = [...(name === "Host" ? [] : host), name, "a", name.toUpperCase(), second]
      const msg = `Duplicate header '${name.toLowerCase()}'`
      const refusal = { reason: "duplicate_header", code: "invalid_request", msg }
      assert.deepEqual(read({ rawHeaders }), refusal)
    }
  })
}
