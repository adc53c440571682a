// Texts that are no hashes, or that can't be compared as they are.

import assert from "node:assert/strict"
import { test } from "node:test"
import { readForeignHash } from "../../../src/password/legacy/foreign_texts.ts"
import {
  legacyFormats,
  readLegacyHash,
  verifyLegacy,
} from "../../../src/password/legacy/legacy_formats.ts"
import { encodePasswordHash, isPasswordHash, noPasswordHash } from "../../../src/password/phc.ts"

const a22 = "A".repeat(22)
const a43 = "A".repeat(43)
const hex128 = "0".repeat(128)
const bcrypt = `$2b$12$${".".repeat(53)}`
const damaged = "the hash is damaged, or has parameters that can't be"
const noHash = "this is no hash that is known here; a password in plain text is not taken"

/** Texts that look like a format, and are of none. */
const spoiled: readonly string[] = [
  `$argon2id$v=19$m=64,t=1,p=1$${a22}`,
  `$argon2id$v=19$m=64,t=1,p=1$${a22}$${a43}$`,
  `$argon2id$v=18$m=64,t=1,p=1$${a22}$${a43}`,
  `$argon2id$v=19$t=1,m=64,p=1$${a22}$${a43}`,
  `$argon2id$v=19$m=64,t=1$${a22}$${a43}`,
  `$argon2id$v=19$m=64,t=0,p=1$${a22}$${a43}`,
  `$argon2id$v=19$m=64,t=1,p=0$${a22}$${a43}`,
  `$argon2id$v=19$m=15,t=1,p=2$${a22}$${a43}`,
  `$argon2id$v=19$m=064,t=1,p=2$${a22}$${a43}`,
  `$argon2id$v=19$m=64,t=1,p=2=2$${a22}$${a43}`,
  `$argon2id$v=19$m=64,t=1,p=1$${"A".repeat(10)}$${a43}`,
  `$argon2id$v=19$m=64,t=1,p=1$${a22}$${"A".repeat(20)}`,
  `$argon2id$v=19$m=64,t=1,p=1$${a22}==$${a43}`,
  `$argon2id$v=19$m=64,t=1,p=1$${a22}$${"A".repeat(42)}B`,
  `$argon2id$v=19$m=64,t=1,p=1,keyid=AA$${a22}$${a43}`,
  `$argon2id$m=64$${a22}$${a43}`,
  `$argon2$v=19$m=64,t=1,p=1$${a22}$${a43}`,
  `$scrypt$ln=0,r=8,p=1$${a22}$${a43}`,
  `$scrypt$ln=31,r=8,p=1$${a22}$${a43}`,
  `$scrypt$ln=14,r=0,p=1$${a22}$${a43}`,
  `$scrypt$ln=14,r=8,p=0$${a22}$${a43}`,
  `$scrypt$ln=14,r=8,p=1$$${a43}`,
  `$scrypt$ln=14,r=8,p=1$${"A".repeat(88)}$${a43}`,
  `$scrypt$ln=14,r=8,p=1$${a22}$${"A".repeat(88)}`,
  `scrypt:32767:8:1$salt$${hex128}`,
  `scrypt:32768:8:1$salt$${hex128.slice(2)}`,
  `scrypt:32768:8$salt$${hex128}`,
  `scrypt:32768:8:1$$${hex128}`,
  `scrypt:32768:8:1$salt$${hex128}0`,
  `$pbkdf2-sha256$i=0$${a22}$${a43}`,
  `$pbkdf2-sha256$i=2147483648$${a22}$${a43}`,
  `$pbkdf2-sha256$i=1000,l=31$${a22}$${a43}`,
  `$pbkdf2-sha256$i=1000,l=32$${a22}$${a43}=`,
  `$pbkdf2-md5$i=1000$${a22}$${a43}`,
  `pbkdf2:sha3:1000$salt$${hex128}`,
  `pbkdf2:md5:1000$salt$${hex128}`,
  `pbkdf2_sha256$1000$salt$${a22}`,
  `$2b$03$${".".repeat(53)}`,
  `$2b$32$${".".repeat(53)}`,
  `$2b$4$${".".repeat(53)}`,
  `$2b$12$${".".repeat(52)}`,
  `$2b$12$${".".repeat(52)}+`,
  `bcrypt_sha256$$2b$32$${".".repeat(53)}`,
  `$bcrypt-sha256$v=2,t=2b,r=32$${".".repeat(22)}$${".".repeat(31)}`,
  `$bcrypt-sha256$v=3,t=2b,r=12$${".".repeat(22)}$${".".repeat(31)}`,
  `$5$${".".repeat(17)}$${".".repeat(43)}`,
  `$5$salt$${".".repeat(42)}`,
  `$6$salt$${".".repeat(43)}`,
  `$6$rounds=999$salt$${".".repeat(86)}`,
  `$6$rounds=1000000000$salt$${".".repeat(86)}`,
  `$6$rounds=01000$salt$${".".repeat(86)}`,
]

for (const text of spoiled) {
  test(`${text.slice(0, 60)} (${text.length}) is no hash`, () => {
    assert.deepEqual(readForeignHash(text), { fault: damaged })
  })
}

for (const text of ["", "hunter2", "$", "$$$", "a".repeat(100_000), "$9$abc", "\0", "ä:b"]) {
  test(`${JSON.stringify(text.slice(0, 20))} is no hash, and perhaps a password`, () => {
    assert.deepEqual(readForeignHash(text), { fault: noHash })
    assert.deepEqual([isPasswordHash(text), readLegacyHash(text)], [false, null])
  })
}

test("readForeignHash() takes this service's own hashes as they are", () => {
  const own = encodePasswordHash(
    { memoryKib: 19_456, passes: 2 },
    { salt: Buffer.alloc(16), hash: Buffer.alloc(32) },
  )
  for (const hash of [own, noPasswordHash]) assert.deepEqual(readForeignHash(hash), { hash })
})

/** The same hash in two spellings. */
const spellings: readonly (readonly [given: string, stored: string])[] = [
  [`$pbkdf2-sha256$i=1000,l=32$${a22}$${a43}`, `$pbkdf2-sha256$i=1000$${a22}$${a43}`],
  [`$argon2d$m=64,t=1,p=1$${a22}$${a43}`, `$argon2d$v=16$m=64,t=1,p=1$${a22}$${a43}`],
  [`scrypt:32768:8:1$ab$${hex128}`, `$scrypt$ln=15,r=8,p=1$YWI$${"A".repeat(86)}`],
  [`bcrypt$${bcrypt}`, bcrypt],
]

for (const [given, stored] of spellings) {
  test(`${given.slice(0, 40)} is kept as ${stored.slice(0, 40)}`, () => {
    assert.deepEqual(readForeignHash(given), { hash: stored })
  })
}

test("each format says what a comparison takes", () => {
  const rows: readonly (readonly [text: string, bytes: number, work: number])[] = [
    [`$argon2i$v=19$m=4096,t=3,p=4$${a22}$${a43}`, 4_194_304, 12_288],
    [`$scrypt$ln=15,r=8,p=1$${a22}$${a43}`, 33_556_480, 262_144],
    [`$firebase-scrypt$ln=14,r=8,p=1$${a22}$${a43}`, 16_779_264, 131_072],
    [`$pbkdf2-sha256$i=1000$${a22}$${a43}`, 65_536, 1000],
    // Each 20 bytes of SHA-1 take all iterations.
    [`$pbkdf2-sha1$i=1000$${a22}$${a43}`, 65_536, 2000],
    [`$2b$12$${".".repeat(53)}`, 65_536, 4096],
    [`$bcrypt-sha256-hex$2b$10$${".".repeat(53)}`, 65_536, 1024],
    [`$5$salt$${".".repeat(43)}`, 65_536, 5000],
    [`$6$rounds=656000$salt$${".".repeat(86)}`, 65_536, 656_000],
  ]
  for (const [text, bytes, work] of rows) {
    const hash = readLegacyHash(text)
    assert.deepEqual([hash?.memoryBytes, hash?.work], [bytes, work], text)
  }
})

test("SHA-crypt takes no password of more than 256 bytes", async () => {
  const hash = readLegacyHash(`$5$rounds=1000$salt$${".".repeat(43)}`)
  const start = process.cpuUsage()
  assert.equal(await hash?.verify("x".repeat(257)), false)
  assert.ok(process.cpuUsage(start).user < 1_000_000)
})

test("SHA-crypt does not block the event loop", async () => {
  const hash = readLegacyHash(`$6$rounds=20000$salt$${".".repeat(86)}`)
  let turns = 0
  const count = setInterval(() => {
    turns += 1
  }, 0)
  assert.equal(await hash?.verify("wonderland"), false)
  clearInterval(count)
  assert.ok(turns > 5, String(turns))
})

test("verifyLegacy() compares what was typed, and the same text in NFC", async () => {
  const typed = "cafe\u0301"
  const compared: string[] = []
  const hashOf = (right: string) => ({
    memoryBytes: 0,
    work: 1,
    async verify(password: string) {
      compared.push(password)
      return password === right
    },
  })
  assert.equal(await verifyLegacy(hashOf(typed), typed), true)
  assert.equal(await verifyLegacy(hashOf("caf\u00e9"), typed), true)
  assert.equal(await verifyLegacy(hashOf(typed), "caf\u00e9"), false)
  assert.deepEqual(compared, [typed, typed, "caf\u00e9", "caf\u00e9"])
})

test("no format reads what another one does", () => {
  for (const { read } of legacyFormats) {
    const taken = legacyFormats.filter(({ sample }) => read(sample) !== null)
    assert.equal(taken.length >= 1, true)
  }
})
