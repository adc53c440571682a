// A remembered cookie counts as it did when its seal was checked: by the same key, of the same
// kind, on the same host.

import assert from "node:assert/strict"
import { test } from "node:test"
import { KnownCookies } from "../../../src/service/browser/known_cookies.ts"
import { writeCookieValue } from "../../../src/token/cookie_value.ts"

const key = new Uint8Array(32).fill(1)
const sid = "AAAAAAAAAAAAAAAAAAAAAA"
const host = "photos.example.org"
const gate = writeCookieValue("gate", { sid, host }, key)

test("KnownCookies.read() gives the same sid each time, and null for a forged cookie", () => {
  const cookies = new KnownCookies()
  const spoiled = [
    () => cookies.read("master", { value: gate, host }, key),
    () => cookies.read("gate", { value: gate, host: "admin.example.org" }, key),
    () => cookies.read("gate", { value: gate, host }, new Uint8Array(32).fill(2)),
    () => cookies.read("gate", { value: `${gate.slice(0, -1)}A`, host }, key),
    () => cookies.read("gate", { value: "", host }, key),
    () => cookies.read("gate", { value: "__proto__", host }, key),
  ]
  for (const _ of ["not known yet", "known"]) {
    for (const read of spoiled) assert.equal(read(), null)
    assert.equal(cookies.read("gate", { value: gate, host }, key), sid)
  }
})

test("KnownCookies.read() gives null for a cookie of another key", () => {
  const cookies = new KnownCookies()
  assert.equal(cookies.read("gate", { value: gate, host }, key), sid)
  const next = new Uint8Array(32).fill(2)
  const resealed = writeCookieValue("gate", { sid, host }, next)
  assert.equal(cookies.read("gate", { value: gate, host }, next), null)
  assert.equal(cookies.read("gate", { value: resealed, host }, next), sid)
  assert.equal(cookies.read("gate", { value: resealed, host }, key), null)
})
