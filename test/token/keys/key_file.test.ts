// The document of the keys: what is written, what is read back, and what is refused.

import assert from "node:assert/strict"
import { test } from "node:test"
import { OperatorError } from "../../../src/errors.ts"
import {
  type KeyFile,
  newKeyFile,
  readKeyFile,
  writeKeyFile,
} from "../../../src/token/keys/key_file.ts"
import { generateTimedKey } from "../../../src/token/keys/key_ring.ts"
import { startOfTests as now } from "../../support/fake_clock.ts"
import { damagedKeyFiles } from "../../vectors/key_files.ts"

const place = "/data/keys.json"
const hint = "Restore it from a backup. docs/backup.md says what to do without one."
const day = 86_400

const first = await generateTimedKey("ES256", { publishedAt: now - day, signsFrom: now - day })
const second = await generateTimedKey("ES256", { publishedAt: now, signsFrom: now + 305 })
const other = await generateTimedKey("EdDSA", { publishedAt: 0, signsFrom: 0 })
const goodFile: KeyFile = {
  refreshKey: Buffer.from("A key for tests of key files, 32", "latin1"),
  cookieKey: Buffer.from("Another key for tests of keys 32", "latin1"),
  factorKey: Buffer.from("A third key for key file tests32", "latin1"),
  keys: [{ ...first, keptUntil: now + 1205 }, other, second],
}

test("writeKeyFile() writes what readKeyFile() reads back", async () => {
  const files = [goodFile, { ...goodFile, keys: [] }, { ...goodFile, keys: [second] }, newKeyFile()]
  for (const file of files) assert.deepEqual(await readKeyFile(writeKeyFile(file), place), file)
})

test("writeKeyFile() writes the format that the file's head describes", () => {
  const text = String(writeKeyFile(goodFile))
  const { keys, ...file } = JSON.parse(text)
  const refreshKey = "QSBrZXkgZm9yIHRlc3RzIG9mIGtleSBmaWxlcywgMzI"
  const cookieKey = "QW5vdGhlciBrZXkgZm9yIHRlc3RzIG9mIGtleXMgMzI"
  const factorKey = "QSB0aGlyZCBrZXkgZm9yIGtleSBmaWxlIHRlc3RzMzI"
  const secrets = { refreshKey, cookieKey, factorKey }
  assert.deepEqual(file, { format: "postern-private-keys", version: 1, ...secrets })
  assert.deepEqual(Object.keys(keys[0]), ["jwk", "publishedAt", "signsFrom", "keptUntil"])
  const members = ["kty", "x", "y", "crv", "d", "kid", "alg", "use"]
  assert.deepEqual(Object.keys(keys[0].jwk).sort(), members.sort())
  const endings = keys.map(({ keptUntil }: Record<string, unknown>) => keptUntil)
  assert.deepEqual(endings, [now + 1205, null, null])
  assert.ok(text.endsWith("}\n"))
})

test("readKeyFile() refuses a document that is not as written", async () => {
  const good = JSON.parse(String(writeKeyFile({ ...goodFile, keys: [first] })))
  for (const { name, change, why } of damagedKeyFiles) {
    await assert.rejects(readText(change(good)), isOperatorError(damage(why), hint), name)
  }
  assert.deepEqual(await readText(JSON.stringify(good)), { ...goodFile, keys: [first] })
})

test("readKeyFile() names no member of a key when it refuses one", async () => {
  const entry = { ...first, jwk: { ...first.jwk, d: second.jwk.d } }
  const text = JSON.stringify({ ...goodText(), keys: [entry] })
  const refused = isOperatorError(damage("it holds a key that can't be used"), hint)
  await assert.rejects(readText(text), (error: OperatorError) => {
    assert.ok(refused(error))
    const text = `${error.stack} ${error.cause} ${error.hint}`
    for (const member of ["d", "x", "kid"] as const) {
      assert.ok(!text.includes(String(entry.jwk[member])), member)
    }
    return true
  })
})

test("readKeyFile() takes keys over without members that it does not know", async () => {
  const jwk = { ...first.jwk, x5c: ["MIIB"], ext: true, key_ops: ["sign"] }
  const text = JSON.stringify({ ...goodText(), keys: [{ ...first, jwk }] })
  assert.deepEqual((await readText(text)).keys, [first])
})

test("readKeyFile() refuses a document of an unreleased version by name", async () => {
  for (const version of [1, 2]) {
    const text = JSON.stringify({ format: "postern-keys", version, keys: [] })
    const why = `it has version ${version} of the format 'postern-keys', which was never released`
    const message = `The key file '${place}' was written by an unreleased Postern: ${why}`
    const advice =
      "Start the build that wrote the files, or set POSTERN_DATA_DIR to an empty directory and add the users there."
    await assert.rejects(readText(text), isOperatorError(message, advice))
  }
})

test("readKeyFile() calls a document of a later version newer", async () => {
  for (const version of [2, 12, Number.MAX_SAFE_INTEGER]) {
    const text = JSON.stringify({ format: "postern-private-keys", version, vault: {} })
    const why = `its version is ${version}, and this Postern reads version 1`
    const message = `The key file '${place}' was written by a newer Postern: ${why}`
    const newerHint =
      "Start the newer Postern again, or restore the backup from before the upgrade, all files together."
    await assert.rejects(readText(text), isOperatorError(message, newerHint))
  }
})

test("newKeyFile() has three secrets of 32 bytes, other ones each time", () => {
  const secrets = Array.from({ length: 20 }, newKeyFile).flatMap(
    ({ refreshKey, cookieKey, factorKey }) => [refreshKey, cookieKey, factorKey],
  )
  assert.ok(secrets.every(({ byteLength }) => byteLength === 32))
  assert.equal(new Set(secrets.map((secret) => Buffer.from(secret).toString("hex"))).size, 60)
})

function readText(text: string | Uint8Array) {
  return readKeyFile(Buffer.from(text), place)
}

function goodText() {
  return JSON.parse(String(writeKeyFile({ ...goodFile, keys: [] })))
}

function damage(why: string): string {
  return `The key file '${place}' can't be used: ${why}`
}

function isOperatorError(message: string, expectedHint: string): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof OperatorError, String(error))
    assert.equal(error.message, message)
    assert.equal(error.hint, expectedHint)
    assert.equal(error.exitCode, 65)
    return true
  }
}
