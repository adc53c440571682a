// The text of a password hash.

import assert from "node:assert/strict"
import { test } from "node:test"
import { encodePasswordHash, isPasswordHash, readHashParameters } from "../../src/password/phc.ts"

test("encodePasswordHash() writes base64 without padding, which can be read back", () => {
  const parameters = { memoryKib: 19_456, passes: 2 }
  const parts = { salt: Buffer.alloc(16, 0xff), hash: Buffer.alloc(32, 0xfb) }
  const text = encodePasswordHash(parameters, parts)
  assert.equal(text, `$argon2id$v=19$m=19456,t=2,p=1$${"/".repeat(21)}w$${"+/v7".repeat(10)}+/s`)
  assert.equal(isPasswordHash(text), true)
  assert.deepEqual(readHashParameters(text), parameters)
})
