// Tokens of requests that may have them in two places: each is read whatever stands in the other.

import assert from "node:assert/strict"
import { test } from "node:test"
import { readSentTokens } from "../../src/http/sent_tokens.ts"
import { makeRequest } from "../support/http_request.ts"

const badHeader = "Bad Authorization header. Expected 'Authorization: Bearer <JWT>'"
const notObject = "The body must be one JSON object without duplicate members"
const notJson = "The body must be application/json in UTF-8"

interface Row {
  readonly authorization?: string
  readonly body?: string
  readonly type?: string
  readonly header?: readonly string[]
  readonly headerFault?: string
  readonly tokens?: readonly string[]
  readonly bodyFault?: string
}

const rows: readonly Row[] = [
  {},
  { authorization: "Bearer a", header: ["a"] },
  { authorization: "bearer   a", header: ["a"] },
  // What programs write where they have no token is none.
  ...["Bearer", "Bearer ", "Bearer null", "Bearer undefined", "Bearer None", "Bearer nil", ""].map(
    (authorization) => ({ authorization }),
  ),
  ...["Bearer ,", "Bearer null, undefined", "Basic eDp5", "ptr_a", "null", "Token a"].map(
    (authorization) => ({ authorization }),
  ),
  { authorization: "Bearer NULL", header: ["NULL"] },
  // A header at fault is searched for what it may mean.
  { authorization: "Bearer a b", header: ["a", "b"], headerFault: badHeader },
  { authorization: "Bearer a, Bearer b", header: ["a", "Bearer", "b"], headerFault: badHeader },
  { authorization: "Bearer Bearer a", header: ["Bearer", "a"], headerFault: badHeader },
  { authorization: "Bearer\ta", header: ["a"], headerFault: badHeader },
  { authorization: "Bearer a,null", header: ["a"], headerFault: badHeader },
  { authorization: "Bearer: a", header: [":", "a"], headerFault: badHeader },
  {
    authorization: `Bearer ${"a,".repeat(5000)}`,
    header: ["a", "a", "a", "a"],
    headerFault: badHeader,
  },
  { body: "{}" },
  { body: '{"token":"a"}', tokens: ["a"] },
  { body: '{"hint":"b","token":"a"}', tokens: ["a", "b"] },
  { body: '{"token":"a","other":"b","role":7}', tokens: ["a"] },
  ...["null", '""', '" "', '"\\n"', '"null"', '"undefined"', '" null "', '"None"'].map((value) => ({
    body: `{"token":${value}}`,
  })),
  { body: '{"token":" a "}', tokens: [" a "] },
  ...["7", "0", "false", "true", "[]", '["a"]', "{}"].map((value) => ({
    body: `{"token":${value},"hint":"b"}`,
    tokens: ["b"],
    bodyFault: "token must be text",
  })),
  { body: '{"token":"a","hint":7}', tokens: ["a"], bodyFault: "hint must be text" },
  { body: '{"token":"a","token":"a"}', bodyFault: notObject },
  { body: '{"token":"a","x":1,"x":1}', bodyFault: notObject },
  { body: '{"token":"a"', bodyFault: notObject },
  { body: "null", bodyFault: notObject },
  { body: '["a"]', bodyFault: notObject },
  { body: '{"token":"a"}', type: "text/plain", bodyFault: notJson },
  { body: "token=a", type: "application/x-www-form-urlencoded", bodyFault: notJson },
  { body: "", type: "application/x-www-form-urlencoded" },
  // Neither place hides the other.
  { authorization: "Bearer a", body: '{"token":"b"}', header: ["a"], tokens: ["b"] },
  { authorization: "Bearer a", body: "[]", header: ["a"], bodyFault: notObject },
  {
    authorization: "Bearer a b",
    body: '{"token":"c"}',
    header: ["a", "b"],
    headerFault: badHeader,
    tokens: ["c"],
  },
  { authorization: "Bearer", body: '{"token":"c"}', tokens: ["c"] },
]

for (const { authorization, body = "", type = "application/json", ...expected } of rows) {
  const what = `${authorization?.slice(0, 30)} and ${body} of ${type}`
  test(`readSentTokens() reads ${what}`, () => {
    const headers = {
      "content-type": type,
      ...(authorization === undefined ? {} : { authorization }),
    }
    const sent = readSentTokens(makeRequest({ headers, body }), ["token", "hint"])
    const { header = [], headerFault, tokens = [], bodyFault } = expected
    assert.deepEqual(
      [sent.header.tokens, sent.header.fault?.message, sent.body.tokens, sent.body.fault?.message],
      [header, headerFault, tokens, bodyFault],
    )
  })
}

test("readSentTokens() distinguishes a body of another type from an unreadable one", () => {
  const codes = [{}, { "content-type": "application/json" }].map(
    (headers) => readSentTokens(makeRequest({ headers, body: "[" }), ["token"]).body.fault?.code,
  )
  assert.deepEqual(codes, ["unsupported_media_type", "invalid_request"])
})

test("readSentTokens() reads no other header or member", () => {
  const headers = { cookie: "token=x", "x-token": "x", "proxy-authorization": "Bearer x" }
  const nothing = { tokens: [], fault: null }
  assert.deepEqual(readSentTokens(makeRequest({ headers, query: "token=x" }), ["token"]), {
    header: nothing,
    body: nothing,
  })
})

test("readSentTokens() lets a bug through", () => {
  const body = new Proxy(new Uint8Array(1), {
    get: () => {
      throw new RangeError("a bug")
    },
  })
  assert.throws(() => readSentTokens({ ...makeRequest(), body }, ["token"]), RangeError)
})
