import assert from "node:assert/strict"
import { test } from "node:test"
import { withoutParts, withoutRepeats, withoutRows } from "../../src/password/predictable.ts"

const repeats: readonly (readonly [text: string, left: string])[] = [
  ["", ""],
  ["abc", "abc"],
  ["abcabc", "abcabc"],
  ["abcdabcd", "abcd"],
  ["abcabcabcabcabcd", "abcd"],
  ["adminadminadmin1", "admin1"],
  ["aaaaaaaa", "a"],
  ["aaaa", "aaaa"],
  ["wonder-land wonder.land!", "wonder-land .!"],
  ["no part comes twice", "no part comes twice"],
]

test("withoutRepeats() removes repetitions of four characters or more", () => {
  for (const [text, left] of repeats) assert.equal(withoutRepeats(text), left, text)
})

test("withoutParts() takes away known parts, also where they overlap", () => {
  const isKnown = (part: string) => ["abc", "bcd"].includes(part)
  for (const [text, left] of [
    ["xabcdx", "xx"],
    ["abcabc", ""],
    ["ab", "ab"],
    ["xabxcx", "xabxcx"],
  ] as const) {
    assert.equal(withoutParts(text, { length: 3, isKnown }), left, text)
  }
})

const rows: readonly (readonly [text: string, left: string])[] = [
  ["", ""],
  ["123", ""],
  ["x12y", "x12y"],
  ["x1234y", "xy"],
  ["9876", ""],
  ["7890", ""],
  ["abcdxyz", ""],
  ["qwertz", "z"],
  ["poiuy", ""],
  ["1qaz2wsx", ""],
  ["zaq1", ""],
  ["aabbccdd", ""],
  ["112211", "11"],
  ["a1b2c3", "a1b2c3"],
  ["acxdfgx", "acxx"],
  ["ababab", "ababab"],
]

test("withoutRows() takes away rows of three characters or more, in either direction", () => {
  for (const [text, left] of rows) assert.equal(withoutRows(text, { shortest: 3 }), left, text)
})

test("withoutRows() leaves shorter ones than it is asked for", () => {
  assert.equal(withoutRows("1234x12345", { shortest: 5 }), "1234x")
})
