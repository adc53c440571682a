// Codes of authenticator apps: the vectors of RFC 6238 (appendix B, SHA-1, cut to six digits) and
// of RFC 4226 (appendix D), and which steps count.

import assert from "node:assert/strict"
import { createHmac } from "node:crypto"
import { test } from "node:test"
import { codeOf, findStep, stepAt, totpSecretBytes, totpUri } from "../../src/factor/totp.ts"

const secret = Buffer.from("12345678901234567890")

const atTimes: readonly (readonly [seconds: number, code: string])[] = [
  [59, "287082"],
  [1_111_111_109, "081804"],
  [1_111_111_111, "050471"],
  [1_234_567_890, "005924"],
  [2_000_000_000, "279037"],
  [20_000_000_000, "353130"],
]

const ofCounters = [
  ...["755224", "287082", "359152", "969429", "338314"],
  ...["254676", "287922", "162583", "399871", "520489"],
]

for (const [seconds, code] of atTimes) {
  test(`codeOf() at ${seconds} is ${code} (RFC 6238 appendix B)`, () => {
    assert.equal(codeOf(secret, stepAt(seconds)), code)
    assert.equal(findStep(secret, code, seconds), stepAt(seconds))
  })
}

for (const [counter, code] of ofCounters.entries()) {
  test(`codeOf() of the counter ${counter} is ${code} (RFC 4226 appendix D)`, () => {
    assert.equal(codeOf(secret, counter), code)
  })
}

test("codeOf() reads four bytes at any offset that the last byte can name", () => {
  const offsets = new Set<number>()
  for (let step = 0; step < 400; step += 1) {
    const counter = Buffer.alloc(8)
    counter.writeUInt32BE(step, 4)
    const mac = createHmac("sha1", secret).update(counter).digest()
    const offset = (mac.at(-1) ?? 0) % 16
    offsets.add(offset)
    const number = Number.parseInt(mac.toString("hex", offset, offset + 4), 16) % 2 ** 31
    assert.equal(codeOf(secret, step), String(number).slice(-6).padStart(6, "0"))
  }
  assert.equal(offsets.size, 16)
})

test("totpSecretBytes is the length of SHA-1's output (RFC 4226 §4)", () => {
  assert.equal(totpSecretBytes, createHmac("sha1", secret).digest().byteLength)
})

test("findStep() takes the code of the step before and after, and no other", () => {
  const now = 1_795_447_815
  const present = stepAt(now)
  const found = [-3, -2, -1, 0, 1, 2, 3].map((off) =>
    findStep(secret, codeOf(secret, present + off), now),
  )
  const [before, after] = [present - 1, present + 1]
  assert.deepEqual(found, [null, null, before, present, after, null, null])
})

test("findStep() takes a code from the first second of the step before to the last of the next", () => {
  const step = 59_848_260
  const code = codeOf(secret, step)
  const first = step * 30
  const takes = (now: number) => findStep(secret, code, now) === step
  assert.deepEqual([first - 31, first - 30, first, first + 59, first + 60].map(takes), [
    false,
    true,
    true,
    true,
    false,
  ])
})

test("findStep() gives the latest of several steps with one code: none of them counts again", () => {
  // Found by trying: two steps whose codes are the same, and both count at the one between.
  const step = 153_567
  assert.deepEqual([codeOf(secret, step), codeOf(secret, step + 2)], ["468457", "468457"])
  assert.equal(findStep(secret, "468457", (step + 1) * 30), step + 2)
})

test("findStep() near the year 1970 has no step before the first", () => {
  assert.equal(findStep(secret, "755224", 0), 0)
  assert.equal(findStep(secret, "287082", 0), 1)
  assert.equal(findStep(secret, "000000", 0), null)
})

test("findStep() takes six digits and nothing else", () => {
  const now = 59
  assert.equal(findStep(secret, "287082", now), 1)
  const texts = ["", "28708", "2870822", " 287082", "287082 ", "28708２", "２87082", "\0\0\0\0\0\0"]
  for (const text of [...texts, "ééé", "-28708", "1e5000", "0x4616", "94287082"]) {
    assert.equal(findStep(secret, text, now), null, text)
  }
})

test("totpUri() is what apps read, whatever the names are", () => {
  const names = { issuer: "Home", username: "alice" }
  const base32 = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
  const plain = `otpauth://totp/Home:alice?secret=${base32}&issuer=Home`
  assert.equal(totpUri(secret, names), plain)
  const odd = { issuer: "Tom & Jürgen: login?x=#1", username: "o'hara+x@example.org" }
  const uri = new URL(totpUri(secret, odd))
  assert.equal(decodeURIComponent(uri.pathname), `/${odd.issuer}:${odd.username}`)
  assert.deepEqual(
    [...uri.searchParams],
    [
      ["secret", base32],
      ["issuer", odd.issuer],
    ],
  )
  assert.equal(uri.hash, "")
})
