// K-11: tokens are answered as RFC 6749 §5.1 lays them out, and kept by nobody.

import assert from "node:assert/strict"
import { test } from "node:test"
import { tokenReply } from "../../src/handlers/token_reply.ts"

test("tokenReply() answers exactly five members, with no-store", () => {
  const pair = {
    accessToken: "a.b.c",
    expiresInSeconds: 900,
    refreshToken: "ptr_x",
    refreshExpiresInSeconds: 86_400,
    session: "more than is asked for",
  }
  const reply = tokenReply(pair)
  assert.equal(reply.status, 200)
  assert.deepEqual(reply.headers, {
    "Content-Type": "application/json; charset=utf-8",
    "Cache-Control": "no-store",
  })
  assert.deepEqual(JSON.parse(reply.body), {
    access_token: "a.b.c",
    token_type: "Bearer",
    expires_in: 900,
    refresh_token: "ptr_x",
    refresh_expires_in: 86_400,
  })
})

test("tokenReply() adds device token, trust token and recovery codes", () => {
  const pair = {
    ...{ accessToken: "a.b.c", expiresInSeconds: 900 },
    ...{ refreshToken: "ptr_x", refreshExpiresInSeconds: 86_400 },
  }
  const more = { deviceToken: "ptd_x", trustToken: "ptt_x", recoveryCodes: ["0-a", "1-b"] }
  const plain = JSON.parse(tokenReply(pair).body)
  assert.deepEqual(JSON.parse(tokenReply({ ...pair, ...more }).body), {
    ...plain,
    ...{ device_token: "ptd_x", trust_token: "ptt_x", recovery_codes: ["0-a", "1-b"] },
  })
  assert.equal(Object.keys(plain).length, 5)
})
