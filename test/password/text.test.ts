import assert from "node:assert/strict"
import { test } from "node:test"
import { isPossiblePassword, normalizePassword, passwordBytesMax } from "../../src/password/text.ts"

test("isPossiblePassword() counts bytes, and wants Unicode without NUL", () => {
  const rows: readonly (readonly [name: string, password: string, possible: boolean])[] = [
    ["one letter", "a", true],
    ["nothing", "", false],
    ["1024 bytes", "x".repeat(passwordBytesMax), true],
    ["1025 bytes", "x".repeat(passwordBytesMax + 1), false],
    ["1024 bytes of ß", "ß".repeat(512), true],
    ["1026 bytes of ß", "ß".repeat(513), false],
    ["1024 bytes of emoji", "🦊".repeat(256), true],
    ["1028 bytes of emoji", "🦊".repeat(257), false],
    ["NUL", "a\0b", false],
    ["a high surrogate alone", "a\ud800", false],
    ["a low surrogate alone", "\udc00a", false],
  ]
  for (const [name, password, possible] of rows)
    assert.equal(isPossiblePassword(password), possible, name)
})

test("normalizePassword() composes, and folds nothing", () => {
  assert.equal(normalizePassword("e\u0301"), "\u00e9")
  assert.equal(normalizePassword("\ufb01 A"), "\ufb01 A")
})
