// Sealed secrets: they open for their user, their factor and their key, and for nothing else.

import assert from "node:assert/strict"
import { test } from "node:test"
import { openSecret, sealSecret } from "../../src/factor/secret_seal.ts"

const key = Buffer.alloc(32, 5)
const secret = Buffer.from("12345678901234567890")
const owner = { username: "alice", id: "i".repeat(22) }

test("openSecret() opens what sealSecret() sealed", () => {
  const sealed = sealSecret(secret, owner, key)
  assert.match(sealed, /^[\w-]{64}$/)
  assert.deepEqual(openSecret(sealed, { ...owner }, Buffer.from(key)), secret)
})

test("sealSecret() never seals twice alike, and shows nothing of the secret", () => {
  const sealed = Array.from({ length: 1000 }, () => sealSecret(secret, owner, key))
  const bytes = sealed.map((one) => Buffer.from(one, "base64url"))
  assert.equal(new Set(bytes.map((one) => one.toString("hex", 0, 12))).size, 1000)
  for (const one of bytes) assert.equal(one.includes(secret.subarray(0, 6)), false)
})

test("openSecret() opens nothing for another user, factor or key", () => {
  const sealed = sealSecret(secret, owner, key)
  const owners = [
    ...[
      { ...owner, username: "bob" },
      { ...owner, username: "" },
      { ...owner, id: "" },
    ],
    ...[
      { ...owner, id: "j".repeat(22) },
      { username: owner.id, id: owner.username },
    ],
    // The two texts one after the other are the same.
    { username: `alice${owner.id}`, id: "" },
  ]
  for (const other of owners) assert.equal(openSecret(sealed, other, key), null)
  assert.equal(openSecret(sealed, owner, Buffer.alloc(32)), null)
})

test("openSecret() opens nothing when any bit was changed", () => {
  const sealed = Buffer.from(sealSecret(secret, owner, key), "base64url")
  for (let bit = 0; bit < sealed.byteLength * 8; bit += 1) {
    const changed = Buffer.from(sealed)
    changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
    assert.equal(openSecret(changed.toString("base64url"), owner, key), null)
  }
})

test("openSecret() opens nothing that is shorter or longer, and throws for no text", () => {
  const sealed = Buffer.from(sealSecret(secret, owner, key), "base64url")
  for (let length = 0; length < sealed.byteLength; length += 1) {
    assert.equal(openSecret(sealed.toString("base64url", 0, length), owner, key), null)
  }
  const longer = Buffer.concat([sealed, Buffer.alloc(1)]).toString("base64url")
  for (const text of [
    longer,
    "",
    " ",
    "é",
    "\0",
    "A".repeat(37),
    "A".repeat(38),
    "-".repeat(9999),
  ]) {
    assert.equal(openSecret(text, owner, key), null, text.slice(0, 50))
  }
})
