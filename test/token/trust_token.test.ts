// The tokens of trusted devices.

import assert from "node:assert/strict"
import { test } from "node:test"
import { isTrustToken, readTrustToken, writeTrustToken } from "../../src/token/trust_token.ts"

const key = new Uint8Array(32).fill(1)
const id = "AbCdEfGhIjKlMnOpQrStUv"
const token = writeTrustToken({ id, username: "alice" }, key)

test("writeTrustToken() makes a token that readTrustToken() reads, for its user and key", () => {
  assert.match(token, /^ptt_AbCdEfGhIjKlMnOpQrStUv[\w-]{32}$/)
  assert.equal(isTrustToken(token), true)
  assert.equal(readTrustToken(token, "alice", key), id)
  assert.equal(readTrustToken(token, "bob", key), null)
  assert.equal(readTrustToken(token, "", key), null)
  assert.equal(readTrustToken(token, "alice", new Uint8Array(32)), null)
})

test("readTrustToken() refuses every other text", () => {
  const end = token.slice(-1)
  const flipped = `${token.slice(0, -1)}${end === "A" ? "B" : "A"}`
  const otherId = token.replace("AbC", "AbD")
  for (const text of [flipped, otherId, token.replace("ptt_", "ptd_"), token.toUpperCase()]) {
    assert.equal(readTrustToken(text, "alice", key), null, text)
  }
  for (const text of ["", "ptt_", `${token}A`, token.slice(0, -1), ` ${token}`, `${token}\n`]) {
    assert.equal(isTrustToken(text), false, text)
    assert.equal(readTrustToken(text, "alice", key), null, text)
  }
})
