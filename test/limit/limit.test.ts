import assert from "node:assert/strict"
import { test } from "node:test"
import { limitText } from "../../src/limit/limit.ts"

test("limitText() names the count, the burst and the rate", () => {
  const rate = { counts: "logins of a client", capacity: 300, secondsPerToken: 2 }
  assert.equal(limitText(rate), "logins of a client: 300 at once, then 1 in 2 s")
  const failures = { counts: "failures of a session", inARow: 10, next: "the session ends" }
  assert.equal(limitText(failures), "failures of a session: 10 in a row, then the session ends")
})
