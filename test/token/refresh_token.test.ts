// Refresh tokens: made again each time, and nothing else is taken for one.

import assert from "node:assert/strict"
import { createHmac } from "node:crypto"
import { test } from "node:test"
import {
  isRefreshToken,
  readRefreshToken,
  sidInPlaceOf,
  writeRefreshToken,
} from "../../src/token/refresh_token.ts"

const key = Buffer.from("A key for tests, of 32 bytes, all", "latin1").subarray(0, 32)
const otherKey = Buffer.from("Another key for tests, 32 bytes.", "latin1")
const sid = "c2Vzc2lvbiBvZiB0ZXN0cw"
const claim = { sid, rotations: 7 }
const token = writeRefreshToken(claim, key)

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
const numberMax = 2 ** 48 - 1

test("writeRefreshToken() writes what its file's head describes", () => {
  const named = Buffer.concat([Buffer.from(sid, "base64url"), Buffer.from([0, 0, 0, 0, 0, 7])])
  const mac = createHmac("sha256", key).update("postern refresh token 1\0").update(named).digest()
  const bytes = Buffer.concat([named, mac.subarray(0, 20)])
  assert.equal(token, `ptr_${bytes.toString("base64url")}`)
  assert.equal(bytes.byteLength, 42)
  assert.match(token, /^ptr_[A-Za-z0-9_-]{56}$/)
})

test("writeRefreshToken() gives the same token each time, and each number its own", () => {
  const numbers = [0, 1, 2, 255, 256, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, numberMax - 1, numberMax]
  const sids = [sid, "A".repeat(22), `${"_".repeat(21)}w`, `${sid.slice(0, -1)}A`]
  const tokens = sids.flatMap((one) =>
    numbers.map((rotations) => {
      const written = writeRefreshToken({ sid: one, rotations }, key)
      assert.equal(writeRefreshToken({ sid: one, rotations }, Buffer.from(key)), written)
      assert.deepEqual(readRefreshToken(written, key), { sid: one, rotations })
      return written
    }),
  )
  assert.equal(new Set(tokens).size, sids.length * numbers.length)
})

test("writeRefreshToken() has no number beyond its six bytes", () => {
  for (const rotations of [-1, numberMax + 1, Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY]) {
    assert.throws(() => writeRefreshToken({ sid, rotations }, key), {
      name: "RangeError",
      code: "ERR_OUT_OF_RANGE",
      message: /^The value of "value" is out of range\./,
    })
  }
})

test("readRefreshToken() refuses each token with one character changed", () => {
  let refused = 0
  for (let at = 0; at < token.length; at += 1) {
    for (const character of alphabet) {
      if (token[at] === character) continue
      const changed = token.slice(0, at) + character + token.slice(at + 1)
      assert.equal(readRefreshToken(changed, key), null, changed)
      refused += 1
    }
  }
  assert.equal(refused, 60 * 63)
})

test("readRefreshToken() refuses each token with one bit flipped", () => {
  const bytes = Buffer.from(token.slice(4), "base64url")
  for (let bit = 0; bit < 42 * 8; bit += 1) {
    const flipped = Buffer.from(bytes)
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    const text = `ptr_${flipped.toString("base64url")}`
    assert.notEqual(text, token)
    assert.equal(readRefreshToken(text, key), null, `bit ${bit}`)
  }
})

test("readRefreshToken() refuses tokens of other keys", () => {
  const keys = [otherKey, Buffer.alloc(32), key.subarray(0, 31), Buffer.concat([key, key])]
  for (const [index, other] of keys.entries()) {
    assert.equal(readRefreshToken(token, other), null, `reading by key ${index}`)
    assert.equal(readRefreshToken(writeRefreshToken(claim, other), key), null, `made by ${index}`)
  }
})

test("readRefreshToken() refuses every other spelling of a token", () => {
  const body = token.slice(4)
  const spellings = [
    ...["=", "==", "A", "AA", "AAAA", " ", "\n", "\0", "\t", ".", "\u200b", "%00", token].map(
      (tail) => token + tail,
    ),
    ...[" ", "\n", "\ufeff", "Bearer ", "ptr_", "p", '"'].map((head) => head + token),
    ...[1, 2, 4, 8, 56, 59, 60].map((length) => token.slice(0, -length)),
    ...[4, 5, 20, 59].map((at) => `${token.slice(0, at)} ${token.slice(at)}`),
    ...["PTR_", "Ptr_", "ptr-", "ptr", "", "ptr_ptr_", "ptr__", "\uff50tr_"].map(
      (head) => head + body,
    ),
    token.toUpperCase(),
    token.toLowerCase(),
    `ptr_${Buffer.from(body, "base64url").toString("base64")}=`,
    `ptr_${Buffer.from(body, "base64url").toString("hex")}`,
    `ptr_${"+/".repeat(28)}`,
    body,
  ]
  for (const text of spellings)
    assert.equal(readRefreshToken(text, key), null, JSON.stringify(text))
})

test("readRefreshToken() refuses a token in the other alphabet of base64", () => {
  // A token whose body has one of the two characters by which the alphabets differ.
  const numbers = Array.from({ length: 50 }, (_, rotations) => rotations)
  const tokens = numbers.map((rotations) => writeRefreshToken({ sid, rotations }, key))
  const bodies = tokens.map((one) => one.slice(4)).filter((body) => /[-_]/.test(body))
  assert.ok(bodies.length > 10)
  for (const body of bodies) {
    const respelled = `ptr_${body.replaceAll("-", "+").replaceAll("_", "/")}`
    assert.equal(readRefreshToken(respelled, key), null, respelled)
    assert.ok(readRefreshToken(`ptr_${body}`, key))
  }
})

test("readRefreshToken() refuses tokens put together from parts of others", () => {
  const bytesOf = (text: string) => Buffer.from(text.slice(4), "base64url")
  const next = bytesOf(writeRefreshToken({ sid, rotations: 8 }, key))
  const other = bytesOf(writeRefreshToken({ sid: "A".repeat(22), rotations: 7 }, key))
  const good = bytesOf(token)
  const parts = [
    [good.subarray(0, 22), next.subarray(22)],
    [next.subarray(0, 22), good.subarray(22)],
    [other.subarray(0, 16), good.subarray(16)],
    [good.subarray(0, 22), Buffer.alloc(20)],
    [good.subarray(0, 22), Buffer.alloc(20, 0xff)],
    [good.subarray(0, 22), createHmac("sha256", key).update(good.subarray(0, 22)).digest()],
  ]
  for (const [index, part] of parts.entries()) {
    const text = Buffer.concat(part, 42).toString("base64url")
    assert.equal(readRefreshToken(`ptr_${text}`, key), null, `row ${index}`)
  }
})

test("readRefreshToken() throws for no text", () => {
  const texts = ["", "ptr_", "ptr_\0", "ptr_{}", "null", "\ud800", `ptr_${"\ud800".repeat(56)}`]
  const long = [`ptr_${"A".repeat(1_000_000)}`, "ptr_".repeat(50_000), `ptr_${"é".repeat(56)}`]
  const jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2ln"
  const forms = [`ptr_${"A".repeat(56)}`, `ptr_${"_".repeat(56)}`, `ptr_${"-".repeat(56)}`]
  const bytes = Array.from(
    { length: 256 },
    (_, code) => `ptr_${String.fromCharCode(code).repeat(56)}`,
  )
  for (const text of [...texts, ...long, jwt, ...forms, ...bytes]) {
    assert.equal(readRefreshToken(text, key), null, JSON.stringify(text.slice(0, 20)))
  }
})

test("isRefreshToken() recognises a token by its beginning", () => {
  for (const text of [token, "ptr_", "ptr_x.y.z"]) assert.equal(isRefreshToken(text), true, text)
  for (const text of ["", "ptr", "PTR_A", " ptr_", "eyJhbGciOiJIUzI1NiJ9.e30.c2ln", "xptr_"]) {
    assert.equal(isRefreshToken(text), false, text)
  }
})

test("sidInPlaceOf() gives each user and jti its own sid, the same each time", () => {
  const jtis = ["a", "b", "ab", "A", "0a4c8a0e-55a0-4b7c-8a5b-3d9c3e0b7a11", sid]
  const names = ["alice", "alic", "bob", "b"]
  const tokens = names.flatMap((username) => jtis.map((jti) => ({ username, jti })))
  const sids = tokens.map((token) => sidInPlaceOf(token, key))
  assert.equal(new Set(sids).size, tokens.length)
  assert.deepEqual(
    tokens.map((token) => sidInPlaceOf(token, Buffer.from(key))),
    sids,
  )
  for (const one of sids) {
    assert.match(one, /^[\w-]{22}$/)
    const claim = { sid: one, rotations: 0 }
    assert.deepEqual(readRefreshToken(writeRefreshToken(claim, key), key), claim)
  }
})

test("sidInPlaceOf() can't be had without the key, and gives no part of a token", () => {
  const token = { username: "alice", jti: "0a4c8a0e-55a0-4b7c-8a5b-3d9c3e0b7a11" }
  const found = sidInPlaceOf(token, key)
  const otherKeys = [otherKey, Buffer.alloc(32), Buffer.alloc(0)]
  assert.ok(!otherKeys.map((other) => sidInPlaceOf(token, other)).includes(found))
  // Who knows a sid may know a tag of the same bytes only by chance: the two are labelled.
  const named = Buffer.concat([Buffer.from(sid, "base64url"), Buffer.alloc(6)])
  const tag = Buffer.from(writeRefreshToken({ sid, rotations: 0 }, key).slice(4), "base64url")
  const asJti = { username: "", jti: named.toString("latin1") }
  const asSid = Buffer.from(sidInPlaceOf(asJti, key), "base64url")
  assert.notDeepEqual(tag.subarray(22, 38), asSid)
})
