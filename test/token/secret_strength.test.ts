import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { test } from "node:test"
import { refuseSecret } from "../../src/token/secret_strength.ts"

const repeatsCharacters = "it repeats a few characters"
const repeatsItself = "it repeats itself"
const exampleWord = "it has a word in it that examples have"
const row = "it has a row of neighbouring characters in it"
const phrase = "it reads like a phrase"

const nacos = "SecretKey012345678901234567890123456789012345678901234567890123456789"

/** Secrets of enough length that are in documentation, in programs' defaults, or in people's heads. */
const typed: readonly (readonly [secret: string, reason: string])[] = [
  ["a".repeat(32), repeatsCharacters],
  ["0".repeat(64), repeatsCharacters],
  ["\0".repeat(32), repeatsCharacters],
  ["abababababababababababababababab", repeatsCharacters],
  ["12345678".repeat(4), repeatsCharacters],
  ["0123456789abcdef0123456789abcdef", repeatsItself],
  ["8Kd93kLq0aZ".repeat(3), repeatsItself],
  ["a8Kd93kLq0a8Kd93kLq0a8Kd93kLq0a8", repeatsItself],
  ["Xk29fLq81vTz40pRXk29fLq81vTz40pR", repeatsItself],
  ["Xk29fLq81vTz40pRwXk29fLq81vTz40pR", repeatsItself],
  ["your-256-bit-secret-your-256-bit-key", exampleWord],
  ["a-string-secret-at-least-256-bits-long", exampleWord],
  ["a-valid-string-secret-that-is-at-least-384-bits-long", exampleWord],
  ["super-secret-jwt-token-with-at-least-32-characters-long", exampleWord],
  ["CHANGE_ME_TO_A_COMPLEX_RANDOM_SECRET", exampleWord],
  ["changeme-changeme-changeme-4711-x", exampleWord],
  ["please change this 32 byte key: 0x1 changeMe", exampleWord],
  ["YOUR_OWN_RANDOM_GENERATED_SECRET_KEY", exampleWord],
  ["TEST_NON_DEV_SECRET_TEST_NON_DEV_1", exampleWord],
  ["django-insecure-4f8q!x)9$z2k#w7v^p0m", exampleWord],
  ["qwertyuiopasdfghjklzxcvbnm1029384756", exampleWord],
  ["MyCompanyPassword2024!MyCompany2023!", exampleWord],
  ["postern-jwt-key-for-production-2026", exampleWord],
  ["default_signing_key_do_not_use_4711", exampleWord],
  ["this-is-an-example-of-a-key-4711-0815", exampleWord],
  ["JWT_KEY_7c2f9a1e4b8d3f6a5c0e9b7d2f4a", exampleWord],
  ["letmein-letmein-now-1029-3847-5610-x", exampleWord],
  ["super_long_and_hard_to_guess_4711_0815", exampleWord],
  [nacos, exampleWord],
  [Buffer.from(nacos).toString("base64"), exampleWord],
  [Buffer.from(nacos).toString("base64url"), exampleWord],
  [Buffer.from("my very own Secret!").toString("hex"), exampleWord],
  [Buffer.from("correct horse battery staple").toString("base64"), phrase],
  ["AyM1SysPpbyhDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0", exampleWord],
  ["abcdefghijklmnopqrstuvwxyz123456", row],
  ["9f8e7d-zyxwvutsrqponmlkjihgfedcba", row],
  ["x9-01234567-k2-v7-q4-m1-p8-t3-w6-z5", row],
  ["x9-87654321-k2-v7-q4-m1-p8-t3-w6-z5", row],
  ["correct horse battery staple and more", phrase],
  ["CorrectHorseBatteryStapleAndSomeMore", phrase],
  ["CORRECT HORSE BATTERY STAPLE AND MORE", phrase],
  ["correct horse battery staple 2024!!", phrase],
  ["this_is_my_jwt_signing_key_2026_prod", exampleWord],
  ["550e8400-e29b-41d4-a716-446655440000", exampleWord],
  ["thequickbrownfoxjumpsoverthelazydog", phrase],
]

test("refuseSecret() refuses secrets that were typed", () => {
  for (const [secret, reason] of typed) assert.equal(refuseSecret(secret, 32), reason, secret)
})

test("refuseSecret() counts bytes", () => {
  const secret = generated(0).toString("base64")
  assert.equal(refuseSecret(secret.slice(0, 31), 32), "it has 31 bytes and needs at least 32")
  assert.equal(refuseSecret(secret.slice(0, 32), 32), null)
  assert.equal(refuseSecret(secret.slice(0, 47), 48), "it has 47 bytes and needs at least 48")
  assert.equal(refuseSecret("", 32), "it has 0 bytes and needs at least 32")
  assert.equal(refuseSecret("\u20ac".repeat(10), 32), "it has 30 bytes and needs at least 32")
})

test("refuseSecret() accepts what generators make", () => {
  for (let index = 0; index < 200; index += 1) {
    const bytes = generated(index)
    for (const encoding of ["hex", "base64", "base64url"] as const) {
      for (const length of [24, 32, 48]) {
        const secret = bytes.subarray(0, length).toString(encoding)
        assert.equal(refuseSecret(secret, 32), null, secret)
      }
    }
    const twice = Buffer.from(bytes.toString("hex")).toString("base64")
    assert.equal(refuseSecret(twice, 32), null, twice)
  }
})

test("refuseSecret() accepts a generated secret that happens to have letters only", () => {
  let found = 0
  for (let index = 0; index < 20_000; index += 1) {
    const secret = generated(index).subarray(0, 32).toString("base64url")
    if (!/^[a-zA-Z_-]+$/.test(secret)) continue
    found += 1
    assert.equal(refuseSecret(secret, 32), null, secret)
  }
  assert.ok(found > 5, `${found} found`)
})

/** 64 bytes as good as random, and the same in each run. */
function generated(index: number): Buffer {
  return createHash("sha512").update(`secret ${index}`).digest()
}
