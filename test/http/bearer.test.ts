// What stands in `Authorization`. What a guard makes of each header is guard.test.ts's.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { ErrorCode } from "../../src/errors.ts"
import { bearer, readBearerCredentials, readBearerToken } from "../../src/http/bearer.ts"
import { makeRequest } from "../support/http_request.ts"

const expected = "Expected 'Authorization: Bearer <JWT>'"

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

test("readBearerToken() gives null for another scheme, or none", () => {
  assert.equal(readBearerToken(makeRequest()), null)
  for (const header of ["", " ", "Basic x", "x", "Bearerx", "Bearer-x y", "BearerX", " Bearer x"]) {
    assert.equal(readBearerToken(withHeader(header)), null, header)
  }
})

test("readBearerToken() refuses all but a scheme, spaces and one token", () => {
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

test("bearer.missing() distinguishes no header from another scheme", () => {
  assert.equal(bearer.missing(makeRequest()).message, "Missing Authorization Header")
  assert.equal(bearer.missing(withHeader("")).message, "Missing Authorization Header")
  const otherScheme = `Missing 'Bearer' type in 'Authorization' header. ${expected}`
  assert.equal(bearer.missing(withHeader("Basic eDp5")).message, otherScheme)
})

test("readBearerCredentials() gives all that follows the scheme", () => {
  const rows = { Bearer: "", "bearer  x, y": "  x, y", "BEARER:x": ":x", "Bearer-x y": null }
  for (const [header, credentials] of Object.entries(rows)) {
    assert.equal(readBearerCredentials(withHeader(header)), credentials, header)
  }
  assert.equal(readBearerCredentials(makeRequest()), null)
})
