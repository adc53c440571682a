// The tokens of one browser, by user: device tokens stand for both kinds.

import assert from "node:assert/strict"
import { test } from "node:test"
import { userTokenOf, withUserToken } from "../../../src/service/browser/user_tokens.ts"
import { deviceNameBytes, writeDeviceToken } from "../../../src/token/device_token.ts"

const key = new Uint8Array(32).fill(1)

function tokenOf(username: string, issuedAt = 1): string {
  return writeDeviceToken({ device: new Uint8Array(deviceNameBytes), issuedAt }, username, key)
}

function deviceTokenOf(cookie: string | null, typed: string, by = key): string | undefined {
  return userTokenOf(typed, { kind: "device", cookie, key: by })
}

function withDeviceToken(cookie: string, username: string, token: string): string {
  return withUserToken({ username, token }, { kind: "device", cookie, key })
}

function after(usernames: readonly string[]): string {
  return usernames.reduce<string>(
    (cookie, username) => withDeviceToken(cookie, username, tokenOf(username)),
    "",
  )
}

test("userTokenOf() gives the token of the user whose name was typed", () => {
  const cookie = after(["alice", "bob"])
  assert.equal(deviceTokenOf(cookie, "alice"), tokenOf("alice"))
  assert.equal(deviceTokenOf(cookie, " ALICE "), tokenOf("alice"))
  assert.equal(deviceTokenOf(cookie, "bob"), tokenOf("bob"))
})

test("userTokenOf() gives none for another user, another key, or a cookie that is not ours", () => {
  const cookie = after(["alice"])
  for (const typed of ["bob", "", "a b", "\0"])
    assert.equal(deviceTokenOf(cookie, typed), undefined)
  assert.equal(deviceTokenOf(cookie, "alice", new Uint8Array(32)), undefined)
  for (const other of [null, "", ".", "ptd_x", `${cookie}x`, cookie.slice(1)]) {
    assert.equal(deviceTokenOf(other, "alice"), undefined)
  }
})

test("withUserToken() keeps the last five users, the last one first, each once", () => {
  const names = ["u1", "u2", "u3", "u4", "u5", "u6", "u3"]
  const users = (cookie: string) =>
    cookie.split(".").map((token) => names.find((name) => tokenOf(name) === token))
  assert.deepEqual(users(after(names)), ["u3", "u6", "u5", "u4", "u2"])
  assert.equal(after(["alice", "alice"]), tokenOf("alice"))
})

test("withUserToken() replaces an older token of the user, and reads at most five", () => {
  const cookie = withDeviceToken(after(["alice"]), "alice", "new")
  assert.equal(cookie, "new")
  const many = Array.from({ length: 40 }, (_, at) => tokenOf(`u${at}`)).join(".")
  assert.equal(deviceTokenOf(many, "u5"), undefined)
  assert.equal(withDeviceToken(many, "x", "new").split(".").length, 5)
})

test("withUserToken() keeps nothing that has not the form of a token, however long", () => {
  const planted = [`ptd_${"A".repeat(2040)}`, `ptd_.${tokenOf("bob")}.x`, `${tokenOf("bob")}A`]
  const values = planted.map((cookie) => withDeviceToken(cookie, "alice", "new"))
  assert.deepEqual(values, ["new", `new.${tokenOf("bob")}`, "new"])
})
