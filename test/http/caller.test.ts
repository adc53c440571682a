import assert from "node:assert/strict"
import { test } from "node:test"
import { callerOf } from "../../src/http/caller.ts"
import { makeRequest } from "../support/http_request.ts"

const rows: readonly (readonly [what: string, sent: string | undefined, kept: string])[] = [
  ["none", undefined, ""],
  ["an empty one", "", ""],
  ["one of printable ASCII", "Mozilla/5.0 (X11; ~) !", "Mozilla/5.0 (X11; ~) !"],
  ["control characters", "a\u0000b\tc\nd\u001be\u007ff", "a?b?c?d?e?f"],
  ["8-bit letters", "caf\u00e9\u00ff", "caf??"],
  ["line separators", "a\u2028b\u0085c", "a?b?c"],
  ["200 characters", "u".repeat(200), "u".repeat(200)],
  ["201 characters", `${"u".repeat(200)}x`, "u".repeat(200)],
  ["a surrogate pair at the cut", `${"u".repeat(199)}\u{1f600}`, `${"u".repeat(199)}?`],
]

for (const [what, sent, kept] of rows) {
  test(`callerOf() keeps the printable part of ${what} as user agent`, () => {
    const headers = sent === undefined ? {} : { "user-agent": sent }
    const request = makeRequest({ id: "a1-7", clientAddress: "192.0.2.7", headers })
    assert.deepEqual(callerOf(request), {
      requestId: "a1-7",
      address: "192.0.2.7",
      userAgent: kept,
    })
  })
}

test("callerOf() believes no header about the address", () => {
  const headers = { forwarded: "for=192.0.2.66", "x-forwarded-for": "192.0.2.66", via: "1.1 x" }
  assert.equal(callerOf(makeRequest({ headers })).address, "127.0.0.1")
})
