// Base32: the vectors of RFC 4648 §10, without padding, and all bytes.

import assert from "node:assert/strict"
import { test } from "node:test"
import { toBase32 } from "../../src/factor/base32.ts"
import { fromBase32 } from "../support/second_factor.ts"

const vectors: Readonly<Record<string, string>> = {
  "": "",
  f: "MY",
  fo: "MZXQ",
  foo: "MZXW6",
  foob: "MZXW6YQ",
  fooba: "MZXW6YTB",
  foobar: "MZXW6YTBOI",
}

for (const [text, base32] of Object.entries(vectors)) {
  test(`toBase32() of '${text}' is '${base32}'`, () => {
    assert.equal(toBase32(Buffer.from(text)), base32)
  })
}

test("toBase32() writes each byte, at each place of a group", () => {
  for (let byte = 0; byte < 256; byte += 1) {
    for (let before = 0; before < 5; before += 1) {
      const bytes = Buffer.alloc(before + 1, 0x5a).fill(byte, before)
      const text = toBase32(bytes)
      assert.match(text, /^[A-Z2-7]+$/)
      assert.equal(text.length, Math.ceil((bytes.byteLength * 8) / 5))
      assert.deepEqual(fromBase32(text), bytes)
    }
  }
})
