// Where tokens may stand. What a guard makes of each header is guard.test.ts's.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { ErrorCode } from "../../src/errors.ts"
import { missingTokenText, readBearerToken, readSentTokens } from "../../src/http/bearer.ts"
import { makeRequest } from "../support/http_request.ts"

const expected = "Expected 'Authorization: Bearer <JWT>'"
const jsonType = { "content-type": "application/json" }

function withHeader(authorization: string) {
  return makeRequest({ headers: { authorization } })
}

function refusal(code: ErrorCode, message: string) {
  return { name: "AuthError", code, message }
}

test("readBearerToken() gives the token after the scheme, of any case and any visible text", () => {
  for (const scheme of ["Bearer", "bearer", "BEARER", "bEaReR"]) {
    for (const token of ["a.b.c", "ptr_x", "x=", '"x"', "\u00ff"]) {
      assert.equal(readBearerToken(withHeader(`${scheme} ${token}`)), token)
    }
  }
})

test("readBearerToken() takes one or more spaces after the scheme (RFC 6750 §2.1)", () => {
  for (const spaces of [1, 2, 3, 1000]) {
    assert.equal(readBearerToken(withHeader(`Bearer${" ".repeat(spaces)}a.b.c`)), "a.b.c")
  }
})

test("readBearerToken() gives null where another scheme, or none, stands", () => {
  assert.equal(readBearerToken(makeRequest()), null)
  for (const header of ["", " ", "Basic x", "x", "Bearerx", "Bearer-x y", "BearerX", " Bearer x"]) {
    assert.equal(readBearerToken(withHeader(header)), null, header)
  }
})

test("readBearerToken() refuses what is not one scheme, spaces and one token", () => {
  const headers = [
    ...["Bearer", "Bearer ", "Bearer  ", "Bearer\tx", "Bearer \tx", "Bearer\t x", "Bearer x "],
    ...["Bearer x y", "Bearer  x  y", "Bearer x,y", "Bearer x, Bearer y", "Bearer: x", "Bearer,"],
    ...["Bearer\u00a0x", "Bearer \u00a0x", "Bearer Bearer x", "Bearer=x"],
  ]
  for (const header of headers) {
    assert.throws(
      () => readBearerToken(withHeader(header)),
      refusal("invalid_request", `Bad Authorization header. ${expected}`),
      header,
    )
  }
})

test("missingTokenText() tells no header from another scheme", () => {
  assert.equal(missingTokenText(makeRequest()), "Missing Authorization Header")
  assert.equal(missingTokenText(withHeader("")), "Missing Authorization Header")
  const otherScheme = `Missing 'Bearer' type in 'Authorization' header. ${expected}`
  assert.equal(missingTokenText(withHeader("Basic eDp5")), otherScheme)
})

interface SentRow {
  readonly bearer?: string
  readonly body?: string
  readonly tokens: readonly string[]
}

const sentRows: readonly SentRow[] = [
  { tokens: [] },
  { bearer: "a", tokens: ["a"] },
  { body: '{"refresh_token":"b"}', tokens: ["b"] },
  { bearer: "a", body: '{"refresh_token":"b"}', tokens: ["a", "b"] },
  { bearer: "a", body: '{"refresh_token":"a"}', tokens: ["a"] },
  { bearer: "a", body: "{}", tokens: ["a"] },
  { body: "{}", tokens: [] },
  { body: '{"refresh_token":null}', tokens: [] },
  { body: '{"refresh_token":""}', tokens: [] },
  { body: '{"refresh_token":" "}', tokens: [" "] },
]

for (const { bearer, body, tokens } of sentRows) {
  test(`readSentTokens() gives ${JSON.stringify(tokens)} of ${bearer} and ${body}`, () => {
    const authorization = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }
    const headers = body === undefined ? authorization : { ...authorization, ...jsonType }
    assert.deepEqual(readSentTokens(makeRequest({ headers, body: body ?? "" })), tokens)
  })
}

test("readSentTokens() looks nowhere else", () => {
  const headers = { cookie: "refresh_token=x", "x-refresh-token": "x" }
  assert.deepEqual(readSentTokens(makeRequest({ headers, query: "refresh_token=x" })), [])
})

test("readSentTokens() refuses a body that is not one JSON object with a text", () => {
  const rows = [
    ["refresh_token=x", {}, "unsupported_media_type", "The body must be application/json in UTF-8"],
    ["[]", jsonType, "invalid_request", "The body must be one JSON object, no member twice"],
    ['{"token":"x"}', jsonType, "invalid_request", "The body may only have: refresh_token"],
    ['{"refresh_token":7}', jsonType, "invalid_request", "refresh_token must be text"],
    ['{"refresh_token":["x"]}', jsonType, "invalid_request", "refresh_token must be text"],
  ] as const
  for (const [body, headers, code, message] of rows) {
    assert.throws(
      () => readSentTokens(makeRequest({ headers, body })),
      refusal(code, message),
      body,
    )
  }
})
