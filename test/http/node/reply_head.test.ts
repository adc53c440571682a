import assert from "node:assert/strict"
import { test } from "node:test"
import type { Reply } from "../../../src/http/message.ts"
import { createHeadWriter, isBodyless } from "../../../src/http/node/reply_head.ts"
import { createFakeClock } from "../../support/fake_clock.ts"

const always = [
  ["X-Content-Type-Options", "nosniff"],
  ["Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"],
  ["Referrer-Policy", "no-referrer"],
  ["Cross-Origin-Resource-Policy", "same-origin"],
].flat()
const context = { id: "id-1", closes: false, isProxied: false }
const plain = {
  keepAliveMillis: 5_500,
  proxyKeepAliveMillis: 75_900,
  strictTransport: false,
  includeSubdomains: false,
  variesByOrigin: false,
  clock: createFakeClock(),
  statusTexts: { 200: "OK", 204: "No Content", 304: "Not Modified", 400: "Bad Request" },
}

/** The headers of a reply, name and value in turn, by each of the two writers. */
const ways = {
  "headers()": (options: typeof plain) => createHeadWriter(options).headers,
  "text()": (options: typeof plain) => {
    const write = createHeadWriter(options).text
    return (reply: Reply, its: typeof context) => {
      const [, ...lines] = write(reply, its).split("\r\n")
      return lines.slice(0, -2).flatMap((line) => line.split(/: (.*)/).slice(0, 2))
    }
  },
}

test("text() writes a head from its status to the empty line", () => {
  const { text } = createHeadWriter(plain)
  const reply = { status: 200, headers: { "Content-Type": "text/plain" }, body: "grüße" }
  assert.deepEqual(text(reply, context).split("\r\n"), [
    "HTTP/1.1 200 OK",
    "Content-Type: text/plain",
    ...always.flatMap((name, at) => (at % 2 === 0 ? `${name}: ${always[at + 1]}` : [])),
    "X-Request-Id: id-1",
    "Date: Mon, 23 Nov 2026 15:30:00 GMT",
    "Connection: keep-alive",
    "Keep-Alive: timeout=5",
    "Content-Length: 7",
    ...["", ""],
  ])
})

test("text() gives an unknown status no name", () => {
  const { text } = createHeadWriter(plain)
  assert.match(text({ status: 299, headers: {}, body: "" }, context), /^HTTP\/1\.1 299 unknown\r\n/)
})

test("text() writes the present time into each reply", () => {
  const clock = createFakeClock()
  const { text } = createHeadWriter({ ...plain, clock })
  const reply = { status: 200, headers: {}, body: "" }
  assert.match(text(reply, context), /\r\nDate: Mon, 23 Nov 2026 15:30:00 GMT\r\n/)
  clock.advance(61)
  assert.match(text(reply, context), /\r\nDate: Mon, 23 Nov 2026 15:31:01 GMT\r\n/)
})

test("headers() writes a reply's own headers, its length, everybody's, the id", () => {
  const { headers } = createHeadWriter(plain)
  const reply = { status: 200, headers: { "Content-Type": "text/plain" }, body: "grüße" }
  assert.deepEqual(headers(reply, context), [
    ...["Content-Type", "text/plain"],
    ...always,
    ...["X-Request-Id", "id-1", "Keep-Alive", "timeout=5", "Content-Length", "7"],
  ])
})

for (const [name, way] of Object.entries(ways)) {
  test(`${name} says when a connection ends, in the place of how long it is kept`, () => {
    const reply = { status: 200, headers: {}, body: "" }
    const headers = way(plain)(reply, { ...context, closes: true })
    assert.equal(headers[headers.indexOf("Connection") + 1], "close")
    assert.equal(headers.includes("Keep-Alive"), false)
  })

  test(`${name} sends a trusted proxy its own Keep-Alive time`, () => {
    const write = way(plain)
    const reply = { status: 200, headers: {}, body: "" }
    for (const [isProxied, timeout] of [
      [true, "timeout=75"],
      [false, "timeout=5"],
      [true, "timeout=75"],
    ] as const) {
      const headers = write(reply, { ...context, isProxied })
      assert.equal(headers[headers.indexOf("Keep-Alive") + 1], timeout)
    }
  })

  test(`${name} takes the headers of each reply, whichever was before`, () => {
    const write = way(plain)
    const [one, other] = ["text/plain", "text/html"].map((type) => ({
      ...{ status: 200, headers: { "Content-Type": type }, body: "" },
    }))
    for (const reply of [one, other, other, one]) {
      assert.ok(reply)
      assert.equal(write(reply, context)[1], reply.headers["Content-Type"])
    }
  })

  test(`${name} has a reply's own header in the place of everybody's`, () => {
    const own = {
      "Content-Security-Policy": "default-src 'self'",
      "Referrer-Policy": "same-origin",
    }
    const write = way(plain)
    const headers = write({ status: 200, headers: own, body: "" }, context)
    const isEvery = (_: string, at: number) => at < 4 || (at >= 4 && at < 8)
    assert.deepEqual(headers.filter(isEvery), [
      ...Object.entries(own).flat(),
      ...always.slice(0, 2),
      ...always.slice(6),
    ])
    // The next reply has everybody's again.
    const next = write({ status: 200, headers: {}, body: "" }, context)
    assert.deepEqual(next.slice(0, always.length), always)
  })

  test(`${name} writes one Set-Cookie header per cookie`, () => {
    const cookies = ["a=1; Path=/", "b=2; Path=/"]
    const write = way(plain)
    const headers = write({ status: 200, headers: {}, body: "", cookies }, context)
    const at = headers.indexOf("Set-Cookie")
    assert.deepEqual(
      headers.slice(at, at + 4),
      cookies.flatMap((cookie) => ["Set-Cookie", cookie]),
    )
    assert.equal(
      write({ status: 200, headers: {}, body: "" }, context).includes("Set-Cookie"),
      false,
    )
  })

  test(`${name} with strictTransport sends HSTS for a year`, () => {
    const write = way({ ...plain, strictTransport: true })
    const headers = write({ status: 200, headers: {}, body: "" }, context)
    const at = headers.indexOf("Strict-Transport-Security")
    assert.equal(headers[at + 1], "max-age=31536000")
  })

  test(`${name} includes subdomains only by setting, and never without TLS`, () => {
    const told = { ...plain, includeSubdomains: true }
    const reply = { status: 200, headers: {}, body: "" }
    const headers = way({ ...told, strictTransport: true })(reply, context)
    const at = headers.indexOf("Strict-Transport-Security")
    assert.equal(headers[at + 1], "max-age=31536000; includeSubDomains")
    assert.equal(way(told)(reply, context).includes("Strict-Transport-Security"), false)
  })

  test(`${name} with variesByOrigin sends Vary: Origin with every reply`, () => {
    const write = way({ ...plain, variesByOrigin: true })
    for (const status of [200, 204, 404]) {
      const headers = write({ status, headers: {}, body: "" }, context)
      assert.equal(headers[headers.indexOf("Vary") + 1], "Origin")
    }
  })

  test(`${name} gives no length to a status that has no body`, () => {
    const write = way(plain)
    for (const [status, bodyless] of [
      [200, false],
      [204, true],
      [304, true],
      [400, false],
    ] as const) {
      const reply = { status, headers: {}, body: "" }
      assert.equal(isBodyless(reply), bodyless)
      assert.equal(write(reply, context).includes("Content-Length"), !bodyless, String(status))
    }
  })

  test(`${name} refuses a header that would begin another, each time`, () => {
    const write = way(plain)
    for (const [header, value] of [
      ["Location", "/\r\nSet-Cookie: a=b"],
      ["Location", "/\nb: c"],
      ["Location", "/\0"],
      ["Location", "/\u010d\u010a"],
      ["Location: /\r\nSet-Cookie", "a"],
      ["", "a"],
      ["A B", "a"],
    ] as const) {
      const reply = { status: 200, headers: { [header]: value }, body: "" }
      for (const _ of [1, 2]) assert.throws(() => write(reply, context), TypeError)
    }
    const fine = write({ status: 200, headers: { Location: "/a?b#c\td" }, body: "" }, context)
    assert.equal(fine[1], "/a?b#c\td")
  })
}

test("createHeadWriter() keeps nothing of a reply that it refused", () => {
  const { headers, text } = createHeadWriter(plain)
  const fine = { status: 200, headers: { A: "mine" }, body: "" }
  const refused = { status: 200, headers: { B: "theirs", Odd: "\u00e9" }, body: "" }
  const before = [headers(fine, context), text(fine, context)]
  for (const write of [headers, text]) {
    assert.throws(() => write(refused, context), TypeError)
    assert.deepEqual([headers(fine, context), text(fine, context)], before)
  }
})

test("createHeadWriter() writes the name of a user in UTF-8, and nothing else", () => {
  const { headers, text } = createHeadWriter(plain)
  const name = "J\u00f6rg \u0141 \u{1f600}"
  const reply = { status: 200, headers: { "Remote-Name": name, "Remote-Email": "" }, body: "" }
  assert.ok(text(reply, context).includes(`\r\nRemote-Name: ${name}\r\nRemote-Email: \r\n`))
  assert.equal(Buffer.from(headers(reply, context)[1] ?? "", "latin1").toString(), name)
  for (const odd of ["a\r\nb: c", "a\u0085b", "\ud83d", "a\u0000", "a\tb\u007f"]) {
    const bad = { ...reply, headers: { "Remote-Name": odd } }
    for (const write of [headers, text]) assert.throws(() => write(bad, context), TypeError)
  }
})
