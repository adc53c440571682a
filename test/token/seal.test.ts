// Seals: of one kind, one key, one list of fields and one spelling.

import assert from "node:assert/strict"
import { createHmac, hkdfSync } from "node:crypto"
import { test } from "node:test"
import { isSealOf, type SealKind, seal } from "../../src/token/seal.ts"

const key = Buffer.from("A key for tests of seals, of 32 b", "latin1").subarray(0, 32)
const kinds: readonly SealKind[] = [
  "master",
  "gate",
  "ticket",
  "link",
  "factor",
  "trust",
  "challenge",
]
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

test("seal() makes what its file's head describes", () => {
  for (const kind of kinds) {
    const label = `postern ${kind} 1\0`
    const own = Buffer.from(hkdfSync("sha256", key, "", label, 32))
    const fields = Buffer.from("\0\0\0\u0002id\0\0\0\u0004h\u00f6t", "utf8")
    const digest = createHmac("sha256", own).update(label).update(fields).digest()
    assert.equal(seal(kind, ["id", "höt"], key), digest.subarray(0, 24).toString("base64url"))
  }
})

test("isSealOf() is true only for the same kind, fields and key", () => {
  const fields = ["a", "bc", ""]
  const made = seal("gate", fields, key)
  assert.equal(made.length, 32)
  assert.ok(isSealOf(made, "gate", fields, Buffer.from(key)))
  for (const kind of kinds) assert.equal(isSealOf(made, kind, fields, key), kind === "gate", kind)
  for (const others of [["ab", "c", ""], ["a", "bc"], ["a", "bc", "", ""], ["", "abc"], []]) {
    assert.ok(!isSealOf(made, "gate", others, key), others.join("|"))
  }
  assert.ok(!isSealOf(made, "gate", fields, Buffer.alloc(32)))
})

test("isSealOf() refuses every other text", () => {
  const made = seal("master", ["a"], key)
  const texts = ["", " ", made.slice(1), `${made}A`, `${made}=`, ` ${made}`, "é".repeat(16)]
  for (const text of texts) assert.ok(!isSealOf(text, "master", ["a"], key), text)
  for (let at = 0; at < made.length; at += 1) {
    for (const letter of [...alphabet].filter((one) => one !== made[at])) {
      const text = made.slice(0, at) + letter + made.slice(at + 1)
      assert.ok(!isSealOf(text, "master", ["a"], key), text)
    }
  }
})
