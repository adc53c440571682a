// keys.json: what is written, what is read back, and what becomes of files that are not so.

import assert from "node:assert/strict"
import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import { readdir } from "node:fs/promises"
import { join } from "node:path"
import { test } from "node:test"
import { OperatorError } from "../../../src/errors.ts"
import { keyFileName } from "../../../src/store/data_directory.ts"
import { machineDisk } from "../../../src/system/disk.ts"
import {
  type KeyFile,
  newRefreshKey,
  readKeyFile,
  writeKeyFile,
} from "../../../src/token/keys/key_file.ts"
import { generateTimedKey, readPrivateJwk } from "../../../src/token/keys/key_ring.ts"
import { startOfTests as now } from "../../support/fake_clock.ts"
import { createFaultyDisk, filesAfter, type Operation } from "../../support/faulty_disk.ts"
import { temporaryDirectory } from "../../support/temporary_directory.ts"
import { damagedKeyFiles } from "../../vectors/key_files.ts"
import { ecKeyPem, edKeyPem, rsaKeyPem } from "../../vectors/signing_keys.ts"

const hint = "Restore it from a backup. docs/backup.md says what to do without one."
const day = 86_400

const first = await generateTimedKey("ES256", { publishedAt: now - day, signsFrom: now - day })
const second = await generateTimedKey("ES256", { publishedAt: now, signsFrom: now + 305 })
const other = await generateTimedKey("EdDSA", { publishedAt: 0, signsFrom: 0 })
const goodFile: KeyFile = {
  refreshKey: Buffer.from("A key for tests of key files, 32", "latin1"),
  keys: [{ ...first, keptUntil: now + 1205 }, other, second],
}

test("writeKeyFile() writes what readKeyFile() reads back", async (t) => {
  const path = join(temporaryDirectory(t), keyFileName)
  const files: KeyFile[] = [goodFile, { ...goodFile, keys: [] }, { ...goodFile, keys: [second] }]
  for (const file of files) {
    await writeKeyFile(path, file, machineDisk)
    assert.deepEqual(await read(path), { file, isCurrent: true, warning: null })
    assert.equal(statSync(path).mode & 0o777, 0o600)
  }
  assert.deepEqual(await readdir(join(path, "..")), [keyFileName], "nothing is left behind")
})

test("writeKeyFile() writes the format that the file's head describes", async () => {
  const disk = createFaultyDisk()
  await writeKeyFile("/data/keys.json", goodFile, disk)
  const text = disk.files.get("keys.json")?.toString() ?? ""
  const { keys, ...file } = JSON.parse(text)
  const refreshKey = "QSBrZXkgZm9yIHRlc3RzIG9mIGtleSBmaWxlcywgMzI"
  assert.deepEqual(file, { format: "postern-keys", version: 2, refreshKey })
  assert.deepEqual(Object.keys(keys[0]), ["jwk", "publishedAt", "signsFrom", "keptUntil"])
  const members = ["kty", "x", "y", "crv", "d", "kid", "alg", "use"]
  assert.deepEqual(Object.keys(keys[0].jwk).sort(), members.sort())
  const endings = keys.map(({ keptUntil }: Record<string, unknown>) => keptUntil)
  assert.deepEqual(endings, [now + 1205, null, null])
  assert.ok(text.endsWith("}\n"))
})

test("readKeyFile() gives null where there is no file", async (t) => {
  const path = join(temporaryDirectory(t), keyFileName)
  assert.deepEqual(await read(path), { file: null, isCurrent: false, warning: null })
  assert.deepEqual(await readdir(join(path, "..")), [])
})

test("readKeyFile() reads a file of version 1, whose last key signs from now on", async () => {
  const [ec, rsa] = [
    await readPrivateJwk(ecKeyPem, "ES256"),
    await readPrivateJwk(rsaKeyPem, "RS256"),
  ]
  const written = { format: "postern-keys", version: 1, keys: [first.jwk, ec, rsa, second.jwk] }
  const { file, isCurrent, warning } = await readText(JSON.stringify(written))
  assert.deepEqual([isCurrent, warning], [false, null])
  const followed = { publishedAt: 0, signsFrom: 0, keptUntil: now + day }
  const last = { publishedAt: 0, signsFrom: now, keptUntil: null }
  assert.deepEqual(file?.keys, [
    { jwk: first.jwk, ...followed },
    { jwk: ec, ...followed },
    { jwk: rsa, ...last },
    { jwk: second.jwk, ...last },
  ])
  const again = await readText(JSON.stringify(written))
  assert.equal(file?.refreshKey.byteLength, 32)
  assert.notDeepEqual(file?.refreshKey, again.file?.refreshKey, "made anew each time")
})

test("readKeyFile() reads what it makes of version 1 again, once that was written", async () => {
  const disk = createFaultyDisk()
  const keys = [first.jwk, await readPrivateJwk(edKeyPem, "EdDSA")]
  const { file } = await readText(JSON.stringify({ format: "postern-keys", version: 1, keys }))
  assert.ok(file)
  await writeKeyFile("/data/keys.json", file, disk)
  const later = await readKeyFile("/data/keys.json", disk, now + day)
  assert.deepEqual({ ...later.file, refreshKey: Buffer.from(later.file?.refreshKey ?? []) }, file)
  assert.equal(later.isCurrent, true)
})

test("readKeyFile() refuses damage in a file of version 1, too", async () => {
  const bad = "it holds a key that can't be used"
  const rows = [
    ["a key twice", [first.jwk, first.jwk], bad],
    ["another name", [{ ...first.jwk, kid: "k1" }], bad],
    ["an entry of version 2", [{ ...second }], bad],
    ["no key", [{}], bad],
    ["text", ["ES256"], "its 'keys' are not a list of keys"],
    ["no list", undefined, "its 'keys' are not a list of keys"],
  ] as const
  for (const [name, keys, why] of rows) {
    const reading = readText(JSON.stringify({ format: "postern-keys", version: 1, keys }))
    await assert.rejects(reading, isOperatorError(damage("/data/keys.json", why), hint), name)
  }
})

test("readKeyFile() refuses a file that is not as written, and leaves it", async (t) => {
  const path = join(temporaryDirectory(t), keyFileName)
  await writeKeyFile(path, { ...goodFile, keys: [first] }, machineDisk)
  const good = JSON.parse(readFileSync(path, "utf8"))
  for (const { name, change, why } of damagedKeyFiles) {
    const bytes = Buffer.from(change(good))
    writeFileSync(path, bytes)
    await assert.rejects(read(path), isOperatorError(damage(path, why), hint), name)
    assert.deepEqual(readFileSync(path), bytes, name)
  }
  writeFileSync(path, JSON.stringify(good))
  assert.deepEqual((await read(path)).file, { ...goodFile, keys: [first] })
})

test("readKeyFile() names no member of a key when it refuses one", async () => {
  const entry = { ...first, jwk: { ...first.jwk, d: second.jwk.d } }
  const text = JSON.stringify({ ...goodText(), keys: [entry] })
  const refused = isOperatorError(
    damage("/data/keys.json", "it holds a key that can't be used"),
    hint,
  )
  await assert.rejects(readText(text), (error: OperatorError) => {
    assert.ok(refused(error))
    const told = `${error.stack} ${error.cause} ${error.hint}`
    for (const member of ["d", "x", "kid"] as const) {
      assert.ok(!told.includes(String(entry.jwk[member])), member)
    }
    return true
  })
})

test("readKeyFile() takes keys over without members that it does not know", async () => {
  const jwk = { ...first.jwk, x5c: ["MIIB"], ext: true, key_ops: ["sign"] }
  const text = JSON.stringify({ ...goodText(), keys: [{ ...first, jwk }] })
  assert.deepEqual((await readText(text)).file?.keys, [first])
})

test("readKeyFile() repairs a mode that is too open, and says so", async (t) => {
  const path = join(temporaryDirectory(t), keyFileName)
  await writeKeyFile(path, goodFile, machineDisk)
  chmodSync(path, 0o644)
  const { warning, file } = await read(path)
  assert.equal(warning, `'${path}' was open to other users (mode 644); it is 600 now`)
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.deepEqual(file, goodFile)
  assert.equal((await read(path)).warning, null)
})

test("readKeyFile() calls a file of a later version newer, and leaves it", async (t) => {
  const path = join(temporaryDirectory(t), keyFileName)
  for (const version of [3, 12, Number.MAX_SAFE_INTEGER]) {
    const bytes = Buffer.from(JSON.stringify({ format: "postern-keys", version, vault: {} }))
    writeFileSync(path, bytes, { mode: 0o600 })
    const message = `The key file '${path}' was written by a newer Postern: its version is ${version}, and this one reads up to 2`
    const newerHint =
      "Start the newer Postern again, or restore the backup from before the upgrade, all files together."
    await assert.rejects(read(path), isOperatorError(message, newerHint))
    assert.deepEqual(readFileSync(path), bytes)
  }
})

test("readKeyFile() refuses a link and a directory in the file's place", async (t) => {
  const directory = temporaryDirectory(t)
  const [path, target] = [join(directory, keyFileName), join(directory, "target.json")]
  const putBack =
    "Put the file itself there, from a backup if need be, or set POSTERN_DATA_DIR to another directory."
  symlinkSync(target, path)
  const link = `'${path}' is not a file, but a link`
  await assert.rejects(read(path), isOperatorError(link, putBack), "dangling")
  await writeKeyFile(target, goodFile, machineDisk)
  const bytes = readFileSync(target)
  await assert.rejects(read(path), isOperatorError(link, putBack), "to a good file")
  assert.deepEqual(readFileSync(target), bytes)
  const folder = join(directory, "folder")
  mkdirSync(folder)
  const message = `'${folder}' is not a file, but a directory`
  await assert.rejects(read(folder), isOperatorError(message, putBack))
})

test("readKeyFile() passes on that the disk can't read", async () => {
  const broken = Object.assign(new Error("EIO: made by a test"), { code: "EIO" })
  const disk = { ...createFaultyDisk(), read: () => Promise.reject(broken) }
  await assert.rejects(readKeyFile("/data/keys.json", disk, now), broken)
})

test("writeKeyFile() passes a failing disk on and leaves the file as it was", async () => {
  const kinds: readonly Operation["kind"][] = ["make", "write", "rename"]
  for (const kind of kinds) {
    const disk = createFaultyDisk()
    await writeKeyFile("/data/keys.json", goodFile, disk)
    const bytes = disk.files.get("keys.json")
    disk.fail((operation) => (operation.kind === kind ? { code: "ENOSPC", taken: 100 } : null))
    await assert.rejects(
      writeKeyFile("/data/keys.json", { ...goodFile, keys: [] }, disk),
      { code: "ENOSPC", message: "ENOSPC: made by a test" },
      kind,
    )
    assert.deepEqual([...disk.files], [["keys.json", bytes]], kind)
  }
})

test("writeKeyFile() writes on after a short write", async () => {
  const disk = createFaultyDisk()
  let writes = 0
  disk.fail(({ kind }) => {
    if (kind === "write") writes += 1
    return kind === "write" && writes < 4 ? { taken: 7 } : null
  })
  await writeKeyFile("/data/keys.json", goodFile, disk)
  assert.deepEqual((await readKeyFile("/data/keys.json", disk, now)).file, goodFile)
  assert.equal(writes, 4)
})

test("writeKeyFile() leaves the old file or the new one, wherever it is interrupted", async () => {
  const disk = createFaultyDisk()
  await writeKeyFile("/data/keys.json", goodFile, disk)
  const before = new Map(disk.files)
  const done = disk.operations.length
  await writeKeyFile("/data/keys.json", { ...goodFile, keys: [second] }, disk)
  const operations = disk.operations.slice(done)
  const found: number[] = []
  for (let count = 0; count <= operations.length; count += 1) {
    const files = filesAfter(operations.slice(0, count), before)
    const { file } = await readKeyFile("/data/keys.json", createFaultyDisk(files), now)
    found.push(file?.keys.length ?? 0)
  }
  // make, write | rename, sync
  assert.deepEqual(found, [3, 3, 3, 1, 1])
})

test("newRefreshKey() gives 32 bytes, other ones each time", () => {
  const keys = Array.from({ length: 20 }, () => Buffer.from(newRefreshKey()).toString("hex"))
  assert.ok(keys.every((key) => key.length === 64))
  assert.equal(new Set(keys).size, 20)
})

function read(path: string) {
  return readKeyFile(path, machineDisk, now)
}

function readText(text: string) {
  const disk = createFaultyDisk(new Map([["keys.json", Buffer.from(text)]]))
  return readKeyFile("/data/keys.json", disk, now)
}

function goodText() {
  const refreshKey = Buffer.from(goodFile.refreshKey).toString("base64url")
  return { format: "postern-keys", version: 2, refreshKey }
}

function damage(path: string, why: string): string {
  return `The key file '${path}' can't be used: ${why}`
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
