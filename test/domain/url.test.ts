// Reading a URL that may be none.

import assert from "node:assert/strict"
import { test } from "node:test"
import { parseUrl } from "../../src/domain/url.ts"

test("parseUrl() reads a URL", () => {
  assert.equal(parseUrl("https://login.example.org/a?b")?.pathname, "/a")
})

test("parseUrl() reads a reference relative to a base", () => {
  assert.equal(
    parseUrl("../c", "https://login.example.org/a/b")?.href,
    "https://login.example.org/c",
  )
})

for (const text of ["", "login.example.org", "https://", "https://a b", "../c"]) {
  test(`parseUrl() gives null for '${text}'`, () => {
    assert.equal(parseUrl(text), null)
  })
}

// Node 20 compiles `URL.canParse` after some thousand calls, and then it denies this one.
test("parseUrl() reads a host with ü however often it is asked", () => {
  for (let call = 0; call < 50_000; call += 1) {
    assert.equal(parseUrl("https://bücher.example")?.hostname, "xn--bcher-kva.example")
  }
})
