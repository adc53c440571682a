// Hashes that other systems made: each is taken over, and then verified.

import assert from "node:assert/strict"
import { test } from "node:test"
import { firebaseText, readFirebaseParameters } from "../../../src/password/legacy/firebase.ts"
import { readForeignHash } from "../../../src/password/legacy/foreign_texts.ts"
import {
  legacyFormats,
  readLegacyHash,
  verifyLegacy,
} from "../../../src/password/legacy/legacy_formats.ts"
import { isPasswordHash } from "../../../src/password/phc.ts"
import {
  djangoScrypt,
  firebase,
  madeHashes,
  type PublishedHash,
  passwords,
  shaCryptHashes,
} from "../../vectors/legacy_hashes.ts"
import { refusedTexts } from "../../vectors/refused_hashes.ts"

/** Takes a text over, and gives the text for the store. */
function taken(text: string): string {
  const reading = readForeignHash(text)
  assert.ok("hash" in reading, text)
  return reading.hash
}

async function isRight(stored: string, password: string): Promise<boolean> {
  const hash = readLegacyHash(stored)
  assert.ok(hash !== null && isPasswordHash(stored), stored)
  return verifyLegacy(hash, password)
}

const made = Object.entries(madeHashes).flatMap(([by, rows]) =>
  rows.map(([name, text]) => [by, passwords[name], text] as const),
)
const published = [djangoScrypt, ...shaCryptHashes].map(
  ([password, text]: PublishedHash) => ["published", password, text] as const,
)

for (const [by, password, text] of [...made, ...published]) {
  test(`${by}: ${text.slice(0, 40)} of ${password.slice(0, 12)}`, async () => {
    const stored = taken(text)
    assert.equal(await isRight(stored, password), true)
    const other = password.slice(0, -1)
    // bcrypt itself takes 72 bytes and no more.
    assert.equal(await isRight(stored, other), /^\$2/.test(stored) && password.length > 73)
    // A text for the store is taken over as it is: that is what `user export` writes.
    assert.equal(taken(stored), stored)
  })
}

test("Firebase: the hash of its README, by the parameters that its console shows", async () => {
  const parameters = readFirebaseParameters(firebase.parameters)
  assert.ok(parameters !== null)
  const stored = taken(firebaseText(firebase, parameters))
  assert.equal(await isRight(stored, firebase.password), true)
  assert.equal(await isRight(stored, `${firebase.password}!`), false)
  // The key of the project is not kept.
  assert.equal(stored.includes(parameters.signerKey.toString("base64").slice(0, 20)), false)
  // Its command line writes base64 for URLs.
  const url = { ...firebase, hash: firebase.hash.replaceAll("/", "_").replaceAll("+", "-") }
  assert.equal(firebaseText(url, parameters), stored)
})

test("readFirebaseParameters() and firebaseText() take nothing that is not whole", () => {
  for (const name of ["base64_signer_key", "base64_salt_separator", "rounds", "mem_cost"]) {
    assert.equal(readFirebaseParameters(firebase.parameters.replace(name, "other")), null, name)
  }
  const short = firebase.parameters.replace(/jxspr[\w+/]*/, "jxspr8Ki")
  assert.equal(readFirebaseParameters(short), null)
  const json = JSON.stringify({
    ...{ base64_signer_key: "a".repeat(86), base64_salt_separator: "Bw==" },
    ...{ rounds: 8, mem_cost: 14 },
  })
  const parameters = readFirebaseParameters(json)
  assert.deepEqual([parameters?.rounds, parameters?.memoryCost], [8, 14])
  assert.ok(parameters !== null)
  assert.equal(firebaseText({ hash: "", salt: firebase.salt }, parameters), "")
})

for (const [by, text, fault] of refusedTexts) {
  test(`${by}: ${text.slice(0, 40)} is refused`, () => {
    const reading = readForeignHash(text)
    assert.ok("fault" in reading)
    assert.match(reading.fault, fault)
    assert.equal(reading.fault.includes(text), false)
  })
}

test("each format reads its sample, and phc.ts knows each prefix", () => {
  for (const { prefix, sample, read } of legacyFormats) {
    assert.ok(sample.startsWith(prefix), prefix)
    assert.ok(read(sample) !== null && isPasswordHash(sample), prefix)
    assert.equal(legacyFormats.filter((other) => sample.startsWith(other.prefix)).length, 1, prefix)
  }
})
