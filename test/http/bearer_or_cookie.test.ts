// The login cookie as credentials: only of our own pages' scripts, and never beside a token.

import assert from "node:assert/strict"
import { test } from "node:test"
import { bearerOrCookie, cookieIn } from "../../src/http/bearer_or_cookie.ts"
import { makeRequest } from "../support/http_request.ts"

const origin = "https://login.example.org"
const cookie = "__Host-postern=a.b"
const own = { "sec-fetch-site": "same-origin" }

function read(headers: Readonly<Record<string, string>>) {
  return bearerOrCookie(origin).read(makeRequest({ headers }))
}

test("bearerOrCookie() reads the token, or else the cookie of a request from our own page", () => {
  assert.equal(read({ authorization: "Bearer x.y.z" }), "x.y.z")
  assert.equal(cookieIn(read({ cookie, ...own }) ?? ""), "a.b")
  assert.equal(cookieIn(read({ cookie, origin }) ?? ""), "a.b")
  assert.equal(read(own), null)
})

test("bearerOrCookie() takes no cookie from other sites, and none beside an Authorization", () => {
  for (const headers of [
    { cookie },
    { cookie, "sec-fetch-site": "cross-site" },
    { cookie, "sec-fetch-site": "same-site", origin },
    { cookie, origin: "https://evil.example" },
    { cookie: `${cookie}; ${cookie}`, ...own },
    { cookie, authorization: "Basic eDp5", ...own },
  ]) {
    assert.equal(read(headers), null, JSON.stringify(headers))
  }
  assert.equal(read({ cookie, authorization: "Bearer x.y.z", ...own }), "x.y.z")
})

test("cookieIn() finds no cookie in a token, whatever it is", () => {
  for (const token of ["x.y.z", "a.b", "cookie", "cookiea.b", ""]) {
    assert.equal(cookieIn(token), null, token)
  }
  // Sent as Bearer, a cookie's value is a token: no text with a blank is one.
  assert.throws(() => read({ authorization: "Bearer cookie a.b" }), { code: "invalid_request" })
  assert.equal(cookieIn(read({ authorization: "Bearer a.b" }) ?? ""), null)
})
