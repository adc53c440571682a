// The tokens of links.

import assert from "node:assert/strict"
import { test } from "node:test"
import {
  isLinkOf,
  isLinkToken,
  isTagOf,
  makeLinkToken,
  usernameIn,
} from "../../src/token/link_token.ts"

const key = new Uint8Array(32).fill(1)
const content = { kind: "reset", username: "jürgen" } as const

test("makeLinkToken() names the user, and makes another token each time", () => {
  const [one, other] = [makeLinkToken(content, key), makeLinkToken(content, key)]
  assert.match(one.token, /^pti_[\w-]{54}\.asO8cmdlbg$/)
  assert.equal(usernameIn(one.token), "jürgen")
  assert.equal(isLinkToken(one.token), true)
  assert.notEqual(one.token, other.token)
  assert.notEqual(one.tag, other.tag)
  assert.equal(one.tag.includes(one.token.slice(4, 26)), false)
  assert.equal(one.token.includes(one.tag), false)
})

test("isLinkOf() refuses a token that was not made here", () => {
  const { token } = makeLinkToken(content, key)
  assert.equal(isLinkOf(token, "reset", key), true)
  assert.equal(isLinkOf(token, "invite", key), false)
  assert.equal(isLinkOf(token, "reset", new Uint8Array(32)), false)
  const alice = token.replace(/\..*/, `.${Buffer.from("alice").toString("base64url")}`)
  const other = makeLinkToken(content, key).token
  const mixed = `${other.slice(0, 26)}${token.slice(26)}`
  for (const wrong of [alice, mixed, "", "pti_", `${token}.x`, token.toUpperCase()]) {
    assert.equal(isLinkOf(wrong, "reset", key), false, wrong)
  }
})

test("isTagOf() holds for the very token, kind and key", () => {
  const { token, tag } = makeLinkToken(content, key)
  assert.equal(isTagOf(tag, { token, kind: "reset" }, key), true)
  assert.equal(isTagOf(tag, { token, kind: "invite" }, key), false)
  assert.equal(isTagOf(tag, { token, kind: "reset" }, new Uint8Array(32)), false)
  const other = makeLinkToken(content, key)
  assert.equal(isTagOf(tag, { token: other.token, kind: "reset" }, key), false)
  const alice = token.replace(/\..*/, `.${Buffer.from("alice").toString("base64url")}`)
  for (const wrong of [alice, "", "pti_", token.slice(1), `${token}.x`, token.toUpperCase()]) {
    assert.equal(isTagOf(tag, { token: wrong, kind: "reset" }, key), false, wrong)
  }
})

test("usernameIn() and isLinkToken() refuse every other text", () => {
  for (const text of ["", "pti_x.y", `ptr_${"a".repeat(54)}.YQ`, `pti_${"a".repeat(54)}.`, "x.y"]) {
    assert.equal(usernameIn(text), null)
    assert.equal(isLinkToken(text), false)
  }
  assert.equal(isLinkToken(`pti_${"a".repeat(54)}.${"b".repeat(1501)}`), false)
})
