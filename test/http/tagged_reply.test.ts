import assert from "node:assert/strict"
import { test } from "node:test"
import { createTaggedReply } from "../../src/http/tagged_reply.ts"
import { makeRequest } from "../support/http_request.ts"

const headers = { "Content-Type": "application/json; charset=utf-8", "Cache-Control": "max-age=5" }

/** A function that answers, and the ETag of a value. */
function tagged(value: object) {
  const reply = createTaggedReply(headers)
  const versioned = { version: 1, value }
  const etag = reply(versioned, makeRequest()).headers["ETag"] ?? ""
  const ask = (known: string) =>
    reply(versioned, makeRequest({ headers: { "if-none-match": known } }))
  return { reply, etag, ask }
}

test("createTaggedReply() answers the value with its headers and an ETag of its text", () => {
  const { reply, etag } = tagged({ a: 1 })
  assert.match(etag, /^"[\w-]{22}"$/)
  const whole = { status: 200, headers: { ...headers, ETag: etag }, body: '{"a":1}\n' }
  assert.deepEqual(reply({ version: 1, value: { a: 1 } }, makeRequest()), whole)
  assert.equal(tagged({ a: 1 }).etag, etag)
  assert.notEqual(tagged({ a: 2 }).etag, etag)
})

test("createTaggedReply() answers 304 without a body to a client that has the value", () => {
  const { etag, ask } = tagged({ a: 1 })
  for (const known of [etag, `W/${etag}`, `"x", ${etag}`, `"x",W/${etag} `, "*", ` ${etag}`]) {
    assert.deepEqual(ask(known), { status: 304, headers: { ...headers, ETag: etag }, body: "" })
  }
})

test("createTaggedReply() answers the whole to any other ETag", () => {
  const { etag, ask } = tagged({ a: 1 })
  const others = [
    "",
    ",",
    '"x"',
    etag.slice(1, -1),
    etag.toUpperCase(),
    `w/${etag}`,
    "**",
    `${etag}x`,
  ]
  for (const known of others) assert.equal(ask(known).status, 200, known)
})

test("createTaggedReply() makes the text once for each version", () => {
  let made = 0
  const counted = (version: number) => ({
    version,
    value: {
      toJSON() {
        made += 1
        return { a: version }
      },
    },
  })
  const reply = createTaggedReply(headers)
  const bodies = [1, 1, 2, 2, 1].map((version) => reply(counted(version), makeRequest()).body)
  assert.deepEqual(
    bodies,
    [1, 1, 2, 2, 1].map((a) => `{"a":${a}}\n`),
  )
  assert.equal(made, 3)
})

test("createTaggedReply() keeps each one's last value for itself", () => {
  const [one, other] = [createTaggedReply(headers), createTaggedReply({ Vary: "x" })]
  const versioned = { version: 1, value: { a: 1 } }
  assert.deepEqual(one(versioned, makeRequest()).body, other(versioned, makeRequest()).body)
  assert.equal(other(versioned, makeRequest()).headers["Vary"], "x")
  assert.equal(one(versioned, makeRequest()).headers["Vary"], undefined)
})
