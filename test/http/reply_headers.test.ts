import assert from "node:assert/strict"
import { test } from "node:test"
import { createHeaderWriter, isBodyless } from "../../src/http/reply_headers.ts"

const always = [
  ["X-Content-Type-Options", "nosniff"],
  ["Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"],
  ["Referrer-Policy", "no-referrer"],
  ["Cross-Origin-Resource-Policy", "same-origin"],
].flat()
const context = { id: "id-1", closes: false }
const plain = { keepAliveMillis: 5_500, strictTransport: false, variesByOrigin: false }

test("createHeaderWriter() writes a reply's own headers, its length, everybody's, the id", () => {
  const write = createHeaderWriter(plain)
  const reply = { status: 200, headers: { "Content-Type": "text/plain" }, body: "grüße" }
  assert.deepEqual(write(reply, context), [
    ...["Content-Type", "text/plain"],
    ...always,
    ...["X-Request-Id", "id-1", "Keep-Alive", "timeout=5", "Content-Length", "7"],
  ])
})

test("createHeaderWriter() says when a connection ends, in the place of how long it is kept", () => {
  const write = createHeaderWriter(plain)
  const headers = write({ status: 200, headers: {}, body: "" }, { id: "id-1", closes: true })
  assert.equal(headers[headers.indexOf("Connection") + 1], "close")
  assert.equal(headers.includes("Keep-Alive"), false)
})

test("createHeaderWriter() takes the headers of each reply, whichever was before", () => {
  const write = createHeaderWriter(plain)
  const [one, other] = ["text/plain", "text/html"].map((type) => ({
    ...{ status: 200, headers: { "Content-Type": type }, body: "" },
  }))
  for (const reply of [one, other, other, one]) {
    assert.ok(reply)
    assert.equal(write(reply, context)[1], reply.headers["Content-Type"])
  }
})

test("createHeaderWriter() with strictTransport tells browsers to stay with TLS for a year", () => {
  const write = createHeaderWriter({ ...plain, strictTransport: true })
  const headers = write({ status: 200, headers: {}, body: "" }, context)
  const at = headers.indexOf("Strict-Transport-Security")
  assert.equal(headers[at + 1], "max-age=31536000; includeSubDomains")
})

test("createHeaderWriter() with variesByOrigin tells caches so, of every reply", () => {
  const write = createHeaderWriter({ ...plain, variesByOrigin: true })
  for (const status of [200, 204, 404]) {
    const headers = write({ status, headers: {}, body: "" }, context)
    assert.equal(headers[headers.indexOf("Vary") + 1], "Origin")
  }
})

test("createHeaderWriter() gives no length to a status that has no body", () => {
  const write = createHeaderWriter(plain)
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
