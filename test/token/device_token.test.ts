// Device tokens: of one user, one key and one spelling.

import assert from "node:assert/strict"
import { createHmac } from "node:crypto"
import { test } from "node:test"
import { deviceNameBytes, readDeviceToken, writeDeviceToken } from "../../src/token/device_token.ts"
import { writeRefreshToken } from "../../src/token/refresh_token.ts"
import { startOfTests } from "../support/fake_clock.ts"

const key = Buffer.from("A key for tests, of 32 bytes, all", "latin1").subarray(0, 32)
const device = Buffer.from("ten bytes!", "latin1")
const name = device.toString("base64url")
const token = writeDeviceToken({ device, issuedAt: startOfTests }, "alice", key)
const body = token.slice("ptd_".length)

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
const instantMax = 2 ** 48 - 1

test("writeDeviceToken() writes what its file's head describes", () => {
  const instant = Buffer.alloc(6)
  instant.writeUIntBE(startOfTests, 0, 6)
  const named = Buffer.concat([instant, device])
  const hmac = createHmac("sha256", key).update("postern device token 1\0").update(named)
  const tag = hmac.update("alice").digest().subarray(0, 20)
  assert.equal(token, `ptd_${Buffer.concat([named, tag]).toString("base64url")}`)
  assert.match(token, /^ptd_[A-Za-z0-9_-]{48}$/)
  assert.equal(deviceNameBytes, 10)
})

test("readDeviceToken() gives what was written", () => {
  const devices = [device, Buffer.alloc(10), Buffer.alloc(10, 255)]
  for (const one of devices) {
    for (const issuedAt of [0, 1, startOfTests, 2 ** 32, instantMax]) {
      for (const username of ["a", "alice", "x".repeat(254), "__proto__"]) {
        const written = writeDeviceToken({ device: one, issuedAt }, username, key)
        const claim = { device: one.toString("base64url"), issuedAt }
        assert.deepEqual(readDeviceToken(written, username, Buffer.from(key)), claim)
      }
    }
  }
})

test("readDeviceToken() refuses the token of another user", () => {
  for (const username of ["bob", "Alice", "alic", "alicee", "alice ", "", "alice\0"]) {
    assert.equal(readDeviceToken(token, username, key), null, JSON.stringify(username))
  }
})

test("readDeviceToken() refuses tokens of other keys", () => {
  const keys = [Buffer.alloc(32), key.subarray(0, 31), Buffer.concat([key, key])]
  for (const [index, other] of keys.entries()) {
    assert.equal(readDeviceToken(token, "alice", other), null, `reading by key ${index}`)
    const made = writeDeviceToken({ device, issuedAt: startOfTests }, "alice", other)
    assert.equal(readDeviceToken(made, "alice", key), null, `made by key ${index}`)
  }
})

test("readDeviceToken() refuses each token with one character changed", () => {
  let refused = 0
  for (let at = 0; at < token.length; at += 1) {
    for (const character of alphabet) {
      if (token[at] === character) continue
      const changed = token.slice(0, at) + character + token.slice(at + 1)
      assert.equal(readDeviceToken(changed, "alice", key), null, changed)
      refused += 1
    }
  }
  assert.equal(refused, 52 * 63)
})

test("readDeviceToken() refuses every other spelling of a token, and other texts", () => {
  const bytes = Buffer.from(body, "base64url")
  const texts = [
    ...["", "ptd_", "x", body, name, "null", "\0".repeat(52)],
    ...["=", "A", "AAAA", " ", "\n", "\0", "%00", token].map((tail) => token + tail),
    ...[" ", "\n", "\ufeff", "Bearer ", "ptd_"].map((head) => head + token),
    ...["PTD_", "ptr_", "ptd-", "ptd", "\uff50td_"].map((head) => head + body),
    ...[1, 2, 4, 48].map((length) => token.slice(0, -length)),
    `ptd_${bytes.toString("hex")}`,
    `ptd_${"+/".repeat(24)}`,
    `ptd_${"ä".repeat(48)}`,
    "ptd_".repeat(100_000),
    writeRefreshToken({ sid: "c2Vzc2lvbiBvZiB0ZXN0cw", rotations: 7 }, key),
  ]
  for (const text of texts) {
    assert.equal(readDeviceToken(text, "alice", key), null, JSON.stringify(text.slice(0, 80)))
  }
})

test("readDeviceToken() refuses a refresh token's tag over the same bytes", () => {
  const named = Buffer.from(body, "base64url").subarray(0, 16)
  const labels = ["postern refresh token 1\0", "", "postern device token 1"]
  for (const label of labels) {
    const hmac = createHmac("sha256", key).update(label).update(named).update("alice")
    const forged = Buffer.concat([named, hmac.digest().subarray(0, 20)]).toString("base64url")
    assert.equal(readDeviceToken(`ptd_${forged}`, "alice", key), null, JSON.stringify(label))
  }
})
