// The text of service tokens.

import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { test } from "node:test"
import { hashOfServiceToken, makeServiceToken } from "../../src/token/service_token.ts"

test("makeServiceToken() makes 256 random bits, another each time", () => {
  const tokens = Array.from({ length: 1000 }, () => makeServiceToken().token)
  for (const token of tokens) assert.match(token, /^pts_[\w-]{43}$/)
  assert.equal(new Set(tokens).size, tokens.length)
})

test("hashOfServiceToken() gives the SHA-256 of a token", () => {
  const { token, hash } = makeServiceToken()
  const expected = createHash("sha256").update(token).digest("base64url")
  assert.deepEqual([hash, hashOfServiceToken(token)], [expected, expected])
})

test("hashOfServiceToken() gives null for every other text", () => {
  const token = `pts_${"A".repeat(43)}`
  assert.notEqual(hashOfServiceToken(token), null)
  const others = [
    ...[
      "",
      "pts_",
      "A".repeat(43),
      `pts_${"A".repeat(42)}`,
      `${token}A`,
      ` ${token}`,
      `${token}\n`,
    ],
    ...[token.toUpperCase(), token.replace("pts", "ptr"), `${token}=`, `pts_${"A".repeat(42)}+`],
    // The bits to spare of the last character: the same bytes in another spelling.
    ...[`pts_${"A".repeat(42)}B`, `pts_${"A".repeat(42)}C`, `pts_${"A".repeat(42)}D`],
    ...[`pts_${"A".repeat(100_000)}`, `pts_${"\u0000".repeat(43)}`, `pts_${"é".repeat(43)}`],
  ]
  for (const other of others) assert.equal(hashOfServiceToken(other), null, other.slice(0, 60))
})
