import assert from "node:assert/strict"
import { test } from "node:test"
import { spell } from "../../src/password/spelling.ts"

test("spell() reads digits and signs as the letters that they stand for", () => {
  for (const [text, letters] of [
    ["p4$$w0rd", "password"],
    ["p@ssw0rd", "password"],
    ["l1l!i", "iiiii"],
    ["0123456789", "oizeasgtbg"],
    ["#-ü🦊", "#-ü🦊"],
  ] as const) {
    assert.equal(spell(text), letters)
    assert.equal(spell(text).length, text.length)
  }
})
