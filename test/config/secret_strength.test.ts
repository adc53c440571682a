// Secrets that were generated pass, whatever stands around them; secrets that were typed, that
// stand in documentation, or that are made of such, never do.

import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { test } from "node:test"
import { knownSecrets } from "../../src/config/known_secrets.ts"
import { findSecretFault } from "../../src/config/secret_strength.ts"
import { triesOf } from "../fuzz/property.ts"
import { cpuMillis } from "../support/cpu_millis.ts"

const predictable =
  "too little of it is random; known words, known secrets, repetition and rows don't count"

const nacos = "SecretKey012345678901234567890123456789012345678901234567890123456789"
const springHex = "404E635266556A586E3272357538782F413F4428472B4B6250645367566B5970"

/** Secrets of enough length that are in documentation, in programs' defaults, or in people's heads. */
const typed: readonly string[] = [
  "a".repeat(32),
  "0".repeat(64),
  "\0".repeat(32),
  "abababababababababababababababab",
  "12345678".repeat(4),
  "0123456789abcdef0123456789abcdef",
  "8Kd93kLq0aZ".repeat(3),
  "a8Kd93kLq0a8Kd93kLq0a8Kd93kLq0a8",
  "Xk29fLq81vTz40pRXk29fLq81vTz40pR",
  "Xk29fLq81vTz40pRwXk29fLq81vTz40pR",
  "your-256-bit-secret-your-256-bit-key",
  "a-string-secret-at-least-256-bits-long",
  "a-valid-string-secret-that-is-at-least-384-bits-long",
  "super-secret-jwt-token-with-at-least-32-characters-long",
  "CHANGE_ME_TO_A_COMPLEX_RANDOM_SECRET",
  "changeme-changeme-changeme-4711-x",
  "please change this 32 byte key: 0x1 changeMe",
  "YOUR_OWN_RANDOM_GENERATED_SECRET_KEY",
  "TEST_NON_DEV_SECRET_TEST_NON_DEV_1",
  "django-insecure-4f8q!x)9$z2k#w7v^p0m",
  "qwertyuiopasdfghjklzxcvbnm1029384756",
  "MyCompanyPassword2024!MyCompany2023!",
  "postern-jwt-key-for-production-2026",
  "default_signing_key_do_not_use_4711",
  "this-is-an-example-of-a-key-4711-0815",
  "letmein-letmein-now-1029-3847-5610-x",
  "super_long_and_hard_to_guess_4711_0815",
  nacos,
  Buffer.from(nacos).toString("base64"),
  Buffer.from(nacos).toString("base64url"),
  Buffer.from("my very own Secret!").toString("hex"),
  Buffer.from("correct horse battery staple").toString("base64"),
  "AyM1SysPpbyhDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0",
  "abcdefghijklmnopqrstuvwxyz123456",
  "9f8e7d-zyxwvutsrqponmlkjihgfedcba",
  "x9-01234567-k2-v7-q4-m1-p8-t3-w6-z5",
  "x9-87654321-k2-v7-q4-m1-p8-t3-w6-z5",
  "correct horse battery staple and more",
  "CorrectHorseBatteryStapleAndSomeMore",
  "CORRECT HORSE BATTERY STAPLE AND MORE",
  "correct horse battery staple 2024!!",
  "this_is_my_jwt_signing_key_2026_prod",
  "550e8400-e29b-41d4-a716-446655440000",
  "thequickbrownfoxjumpsoverthelazydog",
  // Of documentation, tutorials and programs
  "your-256-bit-secret".repeat(2),
  "192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf",
  "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
  "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7".toUpperCase(),
  "A0Zr98j/3yX R~XHH!jmN]LWX/,?RT--",
  springHex,
  Buffer.from(springHex, "hex").toString(),
  "413F4428472B4B6250655368566D5970337336763979244226452948404D6351",
  "\\2\\1thisismyscretkey\\1\\2\\e\\y\\y\\h",
  "thisISaSECRET_1234thisISaSECRET_1234",
  "a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long",
  "DO NOT USE THIS VALUE. INSTEAD, CREATE A COMPLEX SECRET AND KEEP IT SAFE OUTSIDE OF THE SOURCE CODE.",
  "======================BezKoder=Spring===========================",
  "PLEASE-CHANGE-ME-I-AM-VERY-INSECURE",
  "32-LONG-SECRET-NOT-SECURE-AT-ALL",
  "MasterkeyNeedsToHave32Characters",
  "keyboard cat keyboard cat keyboard cat",
  "shhhhh-shhhhh-shhhhh-shhhhh-shhhhh-shhhhh",
  "hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg",
  "hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-".padEnd(32, "x"),
  "sk-9f73s3ljTXVcMT3Blb3ljTqtsKiGHXVcMT3BlbkFJLK7U",
  "255d861b-5ea1-5996-9aa3-922530ec40b1",
  // Of words, rows and years
  "my-super-secret-key-for-jwt-hs256-authentication-2024",
  "MyCompanyName-Auth-Service-Production-Key-2024-01-15",
  "S3cr3tK3yF0rJWTT0k3nG3n3r4t10n2024!!",
  "P@ssw0rd!P@ssw0rd!P@ssw0rd!P@ssw0rd!",
  "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
  "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6",
  "deadbeefcafebabe0badf00dfeedface",
  "00112233445566778899aabbccddeeff",
  "31415926535897932384626433832795028841971693993751",
  "asdjkhaskjdhaksjdhaksjdhkajshdkjahsd",
  "monkey123dragon456shadow789master000",
  "/var/run/secrets/kubernetes.io/serviceaccount/token",
  "never-gonna-give-you-up-never-gonna-let-you-down",
  "four score and seven years ago our fathers brought forth",
]

test("findSecretFault() refuses secrets that were typed", () => {
  for (const secret of typed) assert.equal(findSecretFault(secret, 32), predictable, secret)
})

/** What tutorials sign with, most of them too short by themselves. */
const tutorials: readonly string[] = [
  ...["secret", "super-secret", "secretKey", "my-secret-key", "shhhhh", "keyboard cat", "changeme"],
  ...[
    "your-256-bit-secret",
    "your_jwt_secret_key_here",
    "bezKoderSecretKey",
    "TEST_NON_DEV_SECRET",
  ],
  ...knownSecrets,
]

test("findSecretFault() refuses known secrets in each encoding, repeated, joined and in other case", () => {
  const passed: string[] = []
  for (const [index, secret] of tutorials.entries()) {
    const next = tutorials[(index + 7) % tutorials.length] ?? ""
    const hexOnly = /^(?:[\da-f]{2}){16,}$/i.test(secret) ? [Buffer.from(secret, "hex")] : []
    for (const joiner of ["", "-", "."]) {
      const long = [
        Array(8).fill(secret).join(joiner),
        `${secret}${joiner}${next}${joiner}${secret}`,
      ]
      const bytes = [...[secret, ...long].map((text) => Buffer.from(text)), ...hexOnly]
      const encoded = bytes.flatMap((one) =>
        (["hex", "base64", "base64url"] as const).map((encoding) => one.toString(encoding)),
      )
      for (const text of [...long, ...encoded, ...encoded.map((one) => one.repeat(3))]) {
        const spelled = [text, text.toUpperCase(), text.toLowerCase(), `prod-${text}-2026`]
        // The case of base64 is part of what it encodes.
        for (const one of text === text.toLowerCase() ? spelled : [text]) {
          if (one.length >= 32 && findSecretFault(one, 32) !== predictable) passed.push(one)
        }
      }
    }
  }
  assert.deepEqual(passed, [])
})

test("findSecretFault() counts bytes", () => {
  const secret = generated(0).toString("base64")
  assert.equal(findSecretFault(secret.slice(0, 31), 32), "it has 31 bytes and needs at least 32")
  assert.equal(findSecretFault(secret.slice(0, 32), 32), null)
  assert.equal(findSecretFault(secret.slice(0, 47), 48), "it has 47 bytes and needs at least 48")
  assert.equal(findSecretFault("", 32), "it has 0 bytes and needs at least 32")
  assert.equal(findSecretFault("\u20ac".repeat(10), 32), "it has 30 bytes and needs at least 32")
})

const letters = "abcdefghijklmnopqrstuvwxyz"
const signs = "!@#$%^&*(-_=+)"

/** Ways to write 32 random bytes, or as much in another alphabet. */
const forms: Readonly<Record<string, (bytes: Buffer) => string>> = {
  hex: (bytes) => bytes.toString("hex"),
  "hex in capitals": (bytes) => bytes.toString("hex").toUpperCase(),
  "hex in pairs": (bytes) => bytes.toString("hex").replace(/..(?=.)/g, "$&:"),
  "hex in fours": (bytes) => bytes.toString("hex").replace(/.{4}(?=.)/g, "$&-"),
  base64: (bytes) => bytes.toString("base64"),
  base64url: (bytes) => bytes.toString("base64url"),
  "base64url in small letters": (bytes) => bytes.toString("base64url").toLowerCase(),
  "base64url in capitals": (bytes) => bytes.toString("base64url").toUpperCase(),
  "base64 of hex": (bytes) => Buffer.from(bytes.toString("hex")).toString("base64"),
  base32: (bytes) => inAlphabet(`${letters}234567`.toUpperCase(), bytes, 52),
  "small letters": (bytes) => inAlphabet(letters, bytes, 55),
  digits: (bytes) => inAlphabet("0123456789", bytes, 78),
  "what Django makes": (bytes) =>
    `django-insecure-${inAlphabet(`${letters}0123456789${signs}`, bytes, 50)}`,
  "decimal bytes": (bytes) => [...bytes].join(","),
  "a pair of UUIDs": (bytes) => `${uuid(bytes)}${uuid(bytes.subarray(16))}`,
  "a UUID, a dash, a UUID": (bytes) => `${uuid(bytes)}-${uuid(bytes.subarray(16))}`,
}

/** What people put around them. */
const frames: readonly ((secret: string) => string)[] = [
  (secret) => secret,
  (secret) => `my-prod-jwt-secret-${secret}`,
  (secret) => `base64:${secret}`,
  (secret) => `${secret}_2026_changeme`,
  (secret) => `correct-horse-battery-staple-${secret}-qwertyuiop`,
  (secret) => `SuperSecretPasswordOfMyCompany!${secret}!0123456789`,
  (secret) => `${secret}${secret}`,
]

for (const [name, form] of Object.entries(forms)) {
  test(`findSecretFault() accepts 32 random bytes as ${name}, with any text around them`, () => {
    for (let index = 0; index < triesOf({ few: 105, many: 400 }); index += 1) {
      const frame = frames[index % frames.length] ?? String
      const secret = frame(form(generated(index).subarray(0, 32)))
      assert.equal(findSecretFault(secret, 32), null, secret)
    }
  })
}

test("findSecretFault() accepts what shorter generators make", () => {
  for (let index = 0; index < triesOf({ few: 50, many: 200 }); index += 1) {
    const bytes = generated(index)
    for (const encoding of ["hex", "base64", "base64url"] as const) {
      for (const length of [24, 32, 48]) {
        const secret = bytes.subarray(0, length).toString(encoding)
        assert.equal(findSecretFault(secret, 32), null, secret)
      }
    }
    const [hex, id] = [bytes.subarray(0, 16).toString("hex"), uuid(bytes)]
    assert.deepEqual(
      [findSecretFault(hex, 32), findSecretFault(id, 32)],
      [null, null],
      `${hex} ${id}`,
    )
  }
})

test("findSecretFault() judges what is left of a secret with a word in it", () => {
  assert.equal(findSecretFault("JWT_KEY_7c2f9a1e4b8d3f6a5c0e9b7d2f4a", 32), null)
  assert.equal(
    findSecretFault("JWT_KEY_7c2f9a1e4b8d3f6a5c0e_7c2f9a1e4b8d3f6a5c0e", 32),
    predictable,
  )
})

test("findSecretFault() takes no longer for a long text than for a short one", () => {
  for (const [text, reason] of [
    [`${"a".repeat(1_000_000)}b`, predictable],
    [generated(0).toString("base64").repeat(10_000), null],
  ] as const) {
    const millis = cpuMillis(() => assert.equal(findSecretFault(text, 32), reason))
    assert.ok(millis < 1000, `${millis} ms`)
  }
})

test("findSecretFault() accepts a generated secret that happens to have letters only", () => {
  let found = 0
  for (let index = 0; index < 20_000; index += 1) {
    const secret = generated(index).subarray(0, 32).toString("base64url")
    if (!/^[a-zA-Z_-]+$/.test(secret)) continue
    found += 1
    for (const one of [secret, secret.toLowerCase(), secret.toUpperCase()]) {
      assert.equal(findSecretFault(one, 32), null, one)
    }
  }
  assert.ok(found > 5, `${found} found`)
})

/** 64 bytes as good as random, and the same in each run. */
function generated(index: number): Buffer {
  return createHash("sha512").update(`secret ${index}`).digest()
}

/** As many characters of an alphabet, from as many bytes more as that takes. */
function inAlphabet(alphabet: string, bytes: Buffer, length: number): string {
  const more = [0, 1].map((part) => createHash("sha512").update(bytes).update(`${part}`).digest())
  const characters = [...Buffer.concat(more)].map((byte) => alphabet.charAt(byte % alphabet.length))
  return characters.slice(0, length).join("")
}

function uuid(bytes: Buffer): string {
  const hex = bytes.toString("hex")
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `a${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join("-")
}
