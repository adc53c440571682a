import assert from "node:assert/strict"
import { test } from "node:test"
import { refusePassword } from "../../src/password/policy.ts"
import { isPossiblePassword } from "../../src/password/text.ts"

const short = "A password needs at least 15 characters"
const impossible = "A password has at most 1024 bytes, no NUL character and valid Unicode"
const named = "A password can't be made of the username or the service's name"
const repeated = "A password can't be one short text again and again"
const row = "A password can't be a row of the alphabet, the keyboard or digits"

/** Passwords of the user `alice`, and why they are refused. */
const rows: readonly (readonly [name: string, password: string, reason: string | null])[] = [
  ["nothing", "", short],
  ["14 characters", "korrekt-pferd-", short],
  ["15 characters", "korrekt-pferd-b", null],
  ["15 small letters", "korrektpferdbat", null],
  ["15 blanks between letters", "k o r e p f d b", null],
  ["15 emoji", "🦊🐻🐼🐨🐯🦁🐮🐷🐸🐵🐔🐧🐦🐤🦆", null],
  ["8 emoji of 16 UTF-16 units", "🦊🐻🐼🐨🐯🦁🐮🐷", short],
  ["14 letters of which two are decomposed", "korre\u0301kt-pfe\u0301rd", short],
  ["15 characters that compose to 14", "korrekt-pferde\u0301", short],
  ["64 characters", "korrekt-pferd-batterie-heftklammer-und-noch-zwei-worte-dahinter!", null],
  ["1024 bytes", `korrekt-pferd-${"batterie heftklammer; ".repeat(50)}`.slice(0, 1024), null],
  ["1025 bytes", `korrekt-pferd-${"batterie heftklammer; ".repeat(50)}`.slice(0, 1025), impossible],
  ["1026 bytes in 513 characters", `${"ß".repeat(499)}korrekt-pferd-b${"ß".repeat(7)}`, impossible],
  ["a million characters", "x".repeat(1_000_000), impossible],
  ["NUL among 16", "korrekt\0pferd-bat", impossible],
  ["a lone surrogate among 16", "korrekt\ud800pferd-bat", impossible],
  ["NUL among 5", "abc\0d", short],
  ["one letter", "aaaaaaaaaaaaaaa", repeated],
  ["one emoji", "🦊".repeat(15), repeated],
  ["three letters", "abcabcabcabcabc", repeated],
  ["a word twice", "passwordpassword", repeated],
  ["a word twice in two cases", "PasswordpassworD", repeated],
  ["a longer word twice", "administratoradministrator", repeated],
  ["all digits five times", "1234567890".repeat(5), repeated],
  ["a good password twice", "korrekt-pferd-bkorrekt-pferd-b", null],
  ["15 characters that end as they begin", "korrekt-pferd-k", null],
  ["digits", "123456789012345", row],
  ["digits from 0", "012345678901234", row],
  ["digits backwards", "987654321098765", row],
  ["the alphabet", "abcdefghijklmno", row],
  ["the alphabet from inside, around its end", "tuvwxyzabcdefghijk", row],
  ["the alphabet in capitals", "ABCDEFGHIJKLMNO", row],
  ["the keyboard", "qwertyuiopasdfg", row],
  ["the keyboard backwards", "gfdsapoiuytrewq", row],
  ["the keyboard and more", "qwertyuiopasdfg!korrekt", null],
  ["the username thrice", "alicealicealice", named],
  ["the username twice and little more", "Alice2024alice!", named],
  ["the username once", "alice im wunderland", null],
  ["the service's name", "postern-postern", named],
  ["the service's name and a year", "PosternPostern2026", named],
]

for (const [name, password, reason] of rows) {
  test(`refusePassword() of ${name} gives ${reason ?? "null"}`, () => {
    assert.equal(refusePassword({ password: password, username: "alice" }), reason)
  })
}

test("refusePassword() knows the username with the characters that a pattern would read", () => {
  assert.equal(refusePassword({ password: "a+b.c@d-a+b.c@d-", username: "a+b.c@d" }), named)
  assert.equal(refusePassword({ password: "aXb.c@daXb.c@dYZq", username: "a+b.c@d" }), null)
})

test("refusePassword() never tells the password", () => {
  for (const [name, password] of rows.filter((one) => one[1].length > 3)) {
    assert.equal(
      refusePassword({ password: password, username: "alice" })?.includes(password) ?? false,
      false,
      name,
    )
  }
})

test("refusePassword() and isPossiblePassword() never normalize long text", (t) => {
  const lengths: number[] = []
  const { normalize } = String.prototype
  t.mock.method(String.prototype, "normalize", function (this: string, form: "NFC") {
    lengths.push(this.length)
    return normalize.call(this, form)
  })
  assert.equal(
    refusePassword({ password: "a\u0300\u0316".repeat(50_000), username: "alice" }),
    impossible,
  )
  assert.equal(isPossiblePassword("a\u0300\u0316".repeat(50_000)), false)
  assert.deepEqual(lengths, [1025])
})
