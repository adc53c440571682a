// Values of cookies: of one session, one host and one kind.

import assert from "node:assert/strict"
import { test } from "node:test"
import { isCookieValue, readCookieValue, writeCookieValue } from "../../src/token/cookie_value.ts"
import { seal } from "../../src/token/seal.ts"

const key = Buffer.alloc(32, 7)
const sid = "AAAAAAAAAAAAAAAAAAAAAA"
const host = "login.example.org"
const value = writeCookieValue("master", { sid, host }, key)

test("readCookieValue() gives the sid on its own host, of its own kind and key", () => {
  assert.equal(value, `${sid}.${seal("master", [sid, host], key)}`)
  assert.ok(isCookieValue(value))
  assert.equal(readCookieValue("master", { value, host }, Buffer.alloc(32, 7)), sid)
  assert.equal(readCookieValue("gate", { value, host }, key), null)
  assert.equal(readCookieValue("master", { value, host: "photos.example.org" }, key), null)
  assert.equal(readCookieValue("master", { value, host: "" }, key), null)
  assert.equal(readCookieValue("master", { value, host }, Buffer.alloc(32, 8)), null)
})

test("readCookieValue() gives null for garbage", () => {
  const [, tag = ""] = value.split(".")
  const values = [
    ...["", ".", sid, `${sid}.`, `.${tag}`, `${value} `, `"${value}"`, `${value}.`, `${value}.a`],
    ...[`${"B".repeat(22)}.${tag}`, `${sid}.${tag.slice(1)}A`, `${sid}A.${tag.slice(1)}`],
    ...["a.b.c", "undefined", "null", "x".repeat(10_000), `${sid}.${tag}\n`, `${sid}\0.${tag}`],
  ]
  for (const other of values) {
    assert.equal(readCookieValue("master", { value: other, host }, key), null, other)
  }
})
