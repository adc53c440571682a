import assert from "node:assert/strict"
import { test } from "node:test"
import { findPasswordFault } from "../../src/password/policy.ts"
import { isPossiblePassword } from "../../src/password/text.ts"

type Refusal = readonly [code: "invalid_request" | "password_blocked", message: string]

const short: Refusal = ["invalid_request", "A password needs at least 15 characters"]
const impossible: Refusal = [
  "invalid_request",
  "A password has at most 1024 bytes, no NUL character and valid Unicode",
]
const named: Refusal = [
  "password_blocked",
  "A password can't be made of the username or the service's name",
]
const repeated: Refusal = ["password_blocked", "A password can't be one short text again and again"]
const row: Refusal = [
  "password_blocked",
  "A password can't be a row of the alphabet, the keyboard or digits",
]
const blank: Refusal = ["password_blocked", "A password can't be blanks and a few characters"]
const common: Refusal = [
  "password_blocked",
  "A password can't be one or two common or leaked passwords with digits or signs added",
]

/** Passwords of the user `alice`, and why they are refused. */
const rows: readonly (readonly [name: string, password: string, refusal: Refusal | null])[] = [
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
  ["a common word that is too short", "password", short],
  ["blanks and a letter", "              a", blank],
  ["one letter", "aaaaaaaaaaaaaaa", repeated],
  ["one sign", "!!!!!!!!!!!!!!!", repeated],
  ["one emoji", "🦊".repeat(15), repeated],
  ["three letters", "abcabcabcabcabc", repeated],
  ["a word twice", "passwordpassword", repeated],
  ["a word twice in two cases", "PasswordpassworD", repeated],
  ["a longer word twice", "administratoradministrator", repeated],
  ["a word twice with signs that differ", "wonder-land wonder.land!", repeated],
  ["all digits five times", "1234567890".repeat(5), repeated],
  ["a good password twice", "korrekt-pferd-bkorrekt-pferd-b", null],
  ["15 characters that end as they begin", "korrekt-pferd-k", null],
  ["digits", "123456789012345", row],
  ["digits in fours", "1234-5678-9012-3456", row],
  ["digits from 0", "012345678901234", row],
  ["digits backwards", "987654321098765", row],
  ["the alphabet", "abcdefghijklmno", row],
  ["the alphabet from inside, around its end", "tuvwxyzabcdefghijk", row],
  ["the alphabet in capitals", "ABCDEFGHIJKLMNO", row],
  ["the keyboard", "qwertyuiopasdfg", row],
  ["the German keyboard", "qwertzuiopasdfg", row],
  ["the French keyboard", "azertyuiopqsdfg", row],
  ["the keyboard backwards", "gfdsapoiuytrewq", row],
  ["the keyboard and more", "qwertyuiopasdfg!korrekt", null],
  ["the username thrice", "alicealicealice", named],
  ["the username twice and little more", "Alice2024alice!", named],
  ["the username and digits", "alice1987031266", named],
  ["the username, a year and signs", "Alice.2026!!!!!", named],
  ["the username backwards and a year", "ecilaecila12026", named],
  ["the username and the service's name", "alice@postern-1", named],
  ["the username once", "alice im wunderland", null],
  ["the service's name", "postern-postern", named],
  ["the service's name and a year", "PosternPostern2026", named],
  ["the columns of the keyboard", "1qaz2wsx3edc4rfv", row],
  ["the columns in capitals", "1QAZ2WSX3EDC4RFV", row],
  ["a leaked one with blanks and a year", "Manchester United 2026", common],
  ["the comic's", "CorrectHorseBatteryStaple", common],
  ["a common one, a year and signs", "Password2026!!!", common],
  ["a common one and many digits", "monkey-84312209", common],
  ["a common one between which digits stand", "p1a2s3s4w5o6r7d8", common],
  ["a common one and another", "superman-batman-1", common],
  ["a common one of digits and another", "dragon123456789", common],
  ["a common one twice and a digit", "passwordpassword1", repeated],
  ["what rules of composition make of it", "P@ssw0rd1234567", common],
  ["the username and a common one", "alice-sunshine-7", common],
  ["so many digits that they may be enough", "love-8431-2209-5573-0918", null],
  ["only digits in no order", "84312209557309184", null],
]

for (const [name, password, refusal] of rows) {
  test(`findPasswordFault() of ${name} gives ${refusal?.join(", ") ?? "null"}`, async () => {
    const given = await findPasswordFault({ password: password, username: "alice" })
    assert.deepEqual(given && [given.code, given.message], refusal)
  })
}

/** Of generators, of dice and word lists, of people who were told to take a sentence. */
const decent = [
  "unbent-kilogram-frostlike-tank",
  "cozily plank dupe reseal",
  "GnomeUnsoldFidgetCrib",
  "swimmer.ravioli.77.overlook",
  "drab-zigzag-monkey-password-summer",
  "summer winter autumn spring",
  "another-long-password",
  "the old oak behind the house",
  "My cat eats 3 mice a day!",
  "wer andern eine Grube gräbt",
  "un éléphant ça trompe énormément",
  "в лесу родилась ёлочка",
  "知之為知之不知為不知是知也，論語為政",
  "Xq7!vR2#mK9$pL4&",
  "kj4hT9sLq2WzXv8",
  "qmxzvkwtyphrbdn",
  "c0a8f3d1-7b2e-4c59",
  "N2Y4-7QKM-XW3P-9TDR",
  "07 41 93 28 56 60 17 84",
  "%&/()=?#*+~<>|{}",
]

for (const password of decent) {
  test(`findPasswordFault() lets '${password}' pass`, async () => {
    assert.equal(await findPasswordFault({ password: password, username: "alice" }), null)
  })
}

test("findPasswordFault() knows the username with the characters that a pattern would read", async () => {
  const ofUser = (password: string) =>
    findPasswordFault({ password: password, username: "a+b.c@d" })
  assert.equal((await ofUser("a+b.c@d-a+b.c@d-"))?.message, named[1])
  assert.equal(await ofUser("aXb.c@dKorrektYZq"), null)
})

test("findPasswordFault() knows what an address is made of, but not its single letters", async () => {
  const ofUser = (password: string) =>
    findPasswordFault({ password: password, username: "j.liddell@looking-glass.example" })
  for (const password of ["Liddell-glass-12", "liddell@looking.", "looking.example2026"]) {
    assert.equal((await ofUser(password))?.message, named[1], password)
  }
  assert.equal(await ofUser("j j jabberwocky j j"), null)
})

test("findPasswordFault() ignores a username of one letter", async () => {
  assert.equal(await findPasswordFault({ password: "a banana papaya", username: "a" }), null)
})

test("findPasswordFault() never quotes the password", async () => {
  for (const [name, password] of rows.filter((one) => one[1].length > 8)) {
    const refusal = await findPasswordFault({ password: password, username: "alice" })
    assert.ok(!refusal?.message.includes(password), name)
  }
})

test("findPasswordFault() and isPossiblePassword() never normalize long text", async (t) => {
  const lengths: number[] = []
  const { normalize } = String.prototype
  t.mock.method(String.prototype, "normalize", function (this: string, form: "NFC") {
    lengths.push(this.length)
    return normalize.call(this, form)
  })
  const long = "a\u0300\u0316".repeat(50_000)
  const refusal = await findPasswordFault({ password: long, username: "alice" })
  assert.equal(refusal?.message, impossible[1])
  assert.equal(isPossiblePassword(long), false)
  assert.deepEqual(lengths, [1025])
})
