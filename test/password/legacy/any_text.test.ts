// Any text at all in the place of a hash.

import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { readForeignHash } from "../../../src/password/legacy/foreign_texts.ts"
import { readLegacyHash } from "../../../src/password/legacy/legacy_formats.ts"
import { isPasswordHash } from "../../../src/password/phc.ts"
import { djangoScrypt, madeHashes, shaCryptHashes } from "../../vectors/legacy_hashes.ts"

const made = Object.values(madeHashes).flatMap((rows) => rows.map(([, text]) => text))
const texts = [...made, djangoScrypt[1], ...shaCryptHashes.map(([, text]) => text)]

/** A text whose form the store takes and a format reads, or a fault that does not quote it. */
function assertJudged(text: string): void {
  const reading = readForeignHash(text)
  if ("fault" in reading) {
    assert.ok(text.length < 10 || !reading.fault.includes(text))
    return
  }
  assert.ok(isPasswordHash(reading.hash), reading.hash)
  assert.notEqual(readLegacyHash(reading.hash), null)
  assert.deepEqual(readForeignHash(reading.hash), reading)
}

test("readForeignHash() judges any text", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), assertJudged))
})

test("readForeignHash() judges hashes with a change at any place", () => {
  const character = fc.constantFrom(..."$=,:./+-0129aAzZé\0")
  const change = fc.record({
    text: fc.constantFrom(...texts),
    at: fc.nat(200),
    removed: fc.nat(3),
    added: fc.array(character, { maxLength: 3 }),
  })
  fc.assert(
    fc.property(change, ({ text, at, removed, added }) => {
      assertJudged(text.slice(0, at) + added.join("") + text.slice(at + removed))
    }),
    { numRuns: 3000 },
  )
})
