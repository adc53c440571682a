import assert from "node:assert/strict"
import { test } from "node:test"
import { createHeaderWriter, isBodyless } from "../../src/http/reply_headers.ts"

const always = [
  ["X-Content-Type-Options", "nosniff"],
  ["Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"],
  ["Referrer-Policy", "no-referrer"],
  ["Cross-Origin-Resource-Policy", "same-origin"],
].flat()
const plain = { strictTransport: false, variesByOrigin: false }

test("createHeaderWriter() writes a reply's own headers, its length, everybody's, the id", () => {
  const write = createHeaderWriter(plain)
  const reply = { status: 200, headers: { "Content-Type": "text/plain" }, body: "grüße" }
  assert.deepEqual(write(reply, "id-1"), [
    ...["Content-Type", "text/plain", "Content-Length", "7"],
    ...always,
    ...["X-Request-Id", "id-1"],
  ])
})

test("createHeaderWriter() with strictTransport tells browsers to stay with TLS for a year", () => {
  const write = createHeaderWriter({ ...plain, strictTransport: true })
  const headers = write({ status: 200, headers: {}, body: "" }, "id-1")
  const at = headers.indexOf("Strict-Transport-Security")
  assert.equal(headers[at + 1], "max-age=31536000; includeSubDomains")
})

test("createHeaderWriter() with variesByOrigin tells caches so, of every reply", () => {
  const write = createHeaderWriter({ ...plain, variesByOrigin: true })
  for (const status of [200, 204, 404]) {
    const headers = write({ status, headers: {}, body: "" }, "id-1")
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
    assert.equal(write(reply, "id-1").includes("Content-Length"), !bodyless, String(status))
  }
})
