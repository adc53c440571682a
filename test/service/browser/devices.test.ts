// The device tokens of one browser, by user.

import assert from "node:assert/strict"
import { test } from "node:test"
import { deviceTokenOf, withDeviceToken } from "../../../src/service/browser/devices.ts"
import { deviceNameBytes, writeDeviceToken } from "../../../src/token/device_token.ts"

const key = new Uint8Array(32).fill(1)

function tokenOf(username: string, issuedAt = 1): string {
  return writeDeviceToken({ device: new Uint8Array(deviceNameBytes), issuedAt }, username, key)
}

function after(usernames: readonly string[]): string {
  return usernames.reduce<string>(
    (cookie, username) =>
      withDeviceToken(cookie, { username, deviceToken: tokenOf(username) }, key),
    "",
  )
}

test("deviceTokenOf() gives the token of the user whose name was typed", () => {
  const cookie = after(["alice", "bob"])
  assert.equal(deviceTokenOf(cookie, "alice", key), tokenOf("alice"))
  assert.equal(deviceTokenOf(cookie, " ALICE ", key), tokenOf("alice"))
  assert.equal(deviceTokenOf(cookie, "bob", key), tokenOf("bob"))
})

test("deviceTokenOf() gives none for another user, another key, or a cookie that is not ours", () => {
  const cookie = after(["alice"])
  for (const typed of ["bob", "", "a b", "\0"])
    assert.equal(deviceTokenOf(cookie, typed, key), undefined)
  assert.equal(deviceTokenOf(cookie, "alice", new Uint8Array(32)), undefined)
  for (const other of [null, "", ".", "ptd_x", `${cookie}x`, cookie.slice(1)]) {
    assert.equal(deviceTokenOf(other, "alice", key), undefined)
  }
})

test("withDeviceToken() keeps the last five users, the last one first, each once", () => {
  const names = ["u1", "u2", "u3", "u4", "u5", "u6", "u3"]
  const users = (cookie: string) =>
    cookie.split(".").map((token) => names.find((name) => tokenOf(name) === token))
  assert.deepEqual(users(after(names)), ["u3", "u6", "u5", "u4", "u2"])
  assert.equal(after(["alice", "alice"]), tokenOf("alice"))
})

test("withDeviceToken() replaces an older token of the user, and reads at most five", () => {
  const cookie = withDeviceToken(after(["alice"]), { username: "alice", deviceToken: "new" }, key)
  assert.equal(cookie, "new")
  const many = Array.from({ length: 40 }, (_, at) => tokenOf(`u${at}`)).join(".")
  assert.equal(deviceTokenOf(many, "u5", key), undefined)
  assert.equal(
    withDeviceToken(many, { username: "x", deviceToken: "new" }, key).split(".").length,
    5,
  )
})

test("withDeviceToken() keeps nothing that has not the form of a token, however long", () => {
  const planted = [`ptd_${"A".repeat(2040)}`, `ptd_.${tokenOf("bob")}.x`, `${tokenOf("bob")}A`]
  const values = planted.map((cookie) =>
    withDeviceToken(cookie, { username: "alice", deviceToken: "new" }, key),
  )
  assert.deepEqual(values, ["new", `new.${tokenOf("bob")}`, "new"])
})
