// The challenges of passkeys: of one ceremony, one holder, one key and one spelling.

import assert from "node:assert/strict"
import { test } from "node:test"
import { type ChallengeUse, readChallenge, writeChallenge } from "../../src/token/challenge.ts"
import { seal } from "../../src/token/seal.ts"

const key = new Uint8Array(32).fill(7)
const id = Buffer.from("an id that has a length of 32 b.", "latin1")
const expiresAt = 1_795_000_300
const use: ChallengeUse = { ceremony: "register", holder: ["session", "s1", "alice"] }
const made = writeChallenge({ id, expiresAt }, use, key)
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

test("writeChallenge() makes what its file's head describes", () => {
  const expiry = Buffer.of(0x6a, 0xfd, 0x87, 0xec)
  const text = Buffer.concat([id, expiry]).toString("base64url")
  const fields = ["register", text, "session", "s1", "alice"]
  assert.equal(made, `${text}${seal("challenge", fields, key)}`)
  assert.match(made, /^[\w-]{80}$/)
  assert.equal(Buffer.from(made, "base64url").toString("base64url"), made)
})

test("readChallenge() gives the content", () => {
  assert.deepEqual(readChallenge(made, use, Buffer.from(key)), {
    id: id.toString("base64url"),
    expiresAt,
  })
})

test("readChallenge() refuses another ceremony, holder or key", () => {
  const { ceremony, holder } = use
  const uses: readonly ChallengeUse[] = [
    { ceremony: "login", holder },
    { ceremony, holder: [] },
    { ceremony, holder: ["session", "s1"] },
    { ceremony, holder: ["session", "s1", "bob"] },
    { ceremony, holder: ["session", "s1", "alice", ""] },
    { ceremony, holder: ["session", "s", "1alice"] },
    { ceremony, holder: ["ticket", "s1", "alice"] },
  ]
  for (const other of uses) assert.equal(readChallenge(made, other, key), null, other.holder.join())
  assert.equal(readChallenge(made, use, new Uint8Array(32)), null)
})

test("readChallenge() refuses every other text", () => {
  const padded = [`${made}=`, `${made}A`, ` ${made}`, `${made}\n`, made.slice(1), made.slice(0, -1)]
  for (const text of ["", "A".repeat(80), "é".repeat(80), made.repeat(2), ...padded]) {
    assert.equal(readChallenge(text, use, key), null, text)
  }
  for (let at = 0; at < made.length; at += 1) {
    for (const letter of [...alphabet].filter((one) => one !== made[at])) {
      assert.equal(readChallenge(made.slice(0, at) + letter + made.slice(at + 1), use, key), null)
    }
  }
})
