// Which requests come from one of our pages: C-04, C-05.

import assert from "node:assert/strict"
import { test } from "node:test"
import { isSameOrigin } from "../../src/http/same_origin.ts"
import { makeRequest } from "../support/http_request.ts"

const own = "https://login.example.org"

function isOwn(headers: Readonly<Record<string, string>>) {
  return isSameOrigin(makeRequest({ method: "POST", headers }), own)
}

test("isSameOrigin() goes by Sec-Fetch-Site where it is sent", () => {
  assert.equal(isOwn({ "sec-fetch-site": "same-origin" }), true)
  assert.equal(isOwn({ "sec-fetch-site": "same-origin", origin: "null" }), true)
  for (const site of ["same-site", "cross-site", "none", "", "Same-Origin", "same-origin, none"]) {
    assert.equal(isOwn({ "sec-fetch-site": site }), false, site)
    assert.equal(isOwn({ "sec-fetch-site": site, origin: own }), false, site)
  }
})

test("isSameOrigin() goes by the exact Origin without Sec-Fetch-Site", () => {
  assert.equal(isOwn({ origin: own }), true)
  const others = [
    ...["", "null", `${own}/`, `${own}:443`, "http://login.example.org", "https://example.org"],
    ...["https://LOGIN.example.org", "https://login.example.org.evil.example", ` ${own}`],
  ]
  for (const origin of others) assert.equal(isOwn({ origin }), false, origin)
})

test("isSameOrigin() is false with neither header, whatever Referer and Host say", () => {
  assert.equal(isOwn({}), false)
  assert.equal(isOwn({ referer: `${own}/login`, host: "login.example.org" }), false)
})
