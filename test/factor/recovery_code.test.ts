// Recovery codes: as they are shown, as people type them, and what is none.

import assert from "node:assert/strict"
import { test } from "node:test"
import {
  makeRecoveryCode,
  readRecoveryCode,
  recoveryCodesCount,
} from "../../src/factor/recovery_code.ts"

const code = { index: 3, text: "3ABCDEFGHIJKLMNOP" }

test("makeRecoveryCode() shows its number and sixteen letters, and reads what it shows", () => {
  for (let index = 0; index < recoveryCodesCount; index += 1) {
    const { shown, ...made } = makeRecoveryCode(index)
    assert.match(shown, new RegExp(`^${index}(-[A-Z2-7]{4}){4}$`))
    assert.equal(made.index, index)
    assert.deepEqual(readRecoveryCode(shown), made)
  }
})

test("makeRecoveryCode() has 80 random bits: no two codes and no letter are alike", () => {
  const texts = Array.from({ length: 2000 }, () => makeRecoveryCode(0).text.slice(1))
  assert.equal(new Set(texts).size, texts.length)
  // Each of the 32 letters at each of the 16 places.
  for (let place = 0; place < 16; place += 1) {
    assert.equal(new Set(texts.map((text) => text[place])).size, 32)
  }
})

const typed: readonly (readonly [what: string, text: string])[] = [
  ["as it is shown", "3-ABCD-EFGH-IJKL-MNOP"],
  ["in small letters", "3-abcd-efgh-ijkl-mnop"],
  ["without hyphens", "3ABCDEFGHIJKLMNOP"],
  ["with blanks", "  3 ABCD EFGH\tIJKL\u00a0MNOP\n"],
  ["with the digits 0 and 8 and 1 for letters", "3-A8CD-EFGH-1JKL-MN0P"],
]

for (const [what, text] of typed) {
  test(`readRecoveryCode() reads a code ${what}`, () => {
    assert.deepEqual(readRecoveryCode(text), code)
  })
}

test("readRecoveryCode() reads the number as a digit, not as a misread letter", () => {
  for (const index of [0, 1, 8]) {
    const read = { index, text: `${index}ABCDEFGHIJKLMNOP` }
    assert.deepEqual(readRecoveryCode(`${index}-ABCD-EFGH-IJKL-MNOP`), read)
  }
})

const none: readonly string[] = [
  ...["", "-", "3", "3-", "ABCD-EFGH-IJKL-MNOP", "3-ABCD-EFGH-IJKL-MNO", "3-ABCD-EFGH-IJKL-MNOPQ"],
  ...["O-ABCD-EFGH-IJKL-MNOP", "I-ABCD-EFGH-IJKL-MNOP", "33-ABCD-EFGH-IJKL-MNOP", "123456"],
  ...[
    "3-ABCD-EFGH-IJKL-MN9P",
    "3_ABCD_EFGH_IJKL_MNOP",
    "3-ABCD-EFGH-IJKL-MNOÉ",
    "３ABCDEFGHIJKLMNOP",
  ],
  ...["3-ABCD-EFGH-IJKL-MNOP\0", "3ABCDEFGHIJKLMNO\u0131", "__proto__", "3-ABCD-EFGH-IJKL-ﬀﬀ"],
  `3${" ".repeat(60)}ABCDEFGHIJKLMNOP`,
  "3-".repeat(20_000),
]

for (const text of none) {
  test(`readRecoveryCode() reads none in ${JSON.stringify(text.slice(0, 30))}`, () => {
    assert.equal(readRecoveryCode(text), null)
  })
}
