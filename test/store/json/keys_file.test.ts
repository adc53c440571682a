// keys.json as a file. What the key store promises is in ../contract_of_keys.ts.

import assert from "node:assert/strict"
import { chmodSync, mkdirSync, readdirSync, rmSync, statSync, symlinkSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { JsonKeys } from "../../../src/store/json/keys_file.ts"
import { openJsonStore } from "../../../src/store/json/open_json_store.ts"
import { type Disk, machineDisk } from "../../../src/system/disk.ts"
import { createFaultyDisk, filesAfter, type Operation } from "../../support/faulty_disk.ts"
import { unavailableAs } from "../../support/refusal.ts"
import { temporaryDirectory } from "../../support/temporary_directory.ts"

const place = "/data/keys.json"
const good = Buffer.from("good keys")
const other = Buffer.from("others")

function keysOf(disk: Disk): JsonKeys {
  return new JsonKeys({ path: place, disk, assertOpen: () => {} })
}

test("replace() makes keys.json with mode 0600, and leaves nothing beside it", async (t) => {
  const directory = temporaryDirectory(t)
  const path = join(directory, "keys.json")
  const keys = new JsonKeys({ path, disk: machineDisk, assertOpen: () => {} })
  assert.equal(keys.place, path)
  await keys.replace(good, { ifVersion: await keys.replace(other, { ifVersion: null }) })
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.deepEqual(readdirSync(directory), ["keys.json"])
})

test("openJsonStore() repairs the mode of keys.json, and refuses a link or directory there", async (t) => {
  const directory = join(temporaryDirectory(t), "data")
  const path = join(directory, "keys.json")
  const warnings: string[] = []
  const warn = (_event: string, message: string) => void warnings.push(message)
  const open = () => openJsonStore({ directory, disk: machineDisk, warn })
  const first = await open()
  await first.keys.replace(good, { ifVersion: null })
  await first.close()
  chmodSync(path, 0o644)
  await (await open()).close()
  assert.deepEqual(warnings, [`'${path}' was open to other users (mode 644); it is 600 now`])
  assert.equal(statSync(path).mode & 0o777, 0o600)
  rmSync(path)
  symlinkSync("target.json", path)
  await assert.rejects(open(), { message: `'${path}' is not a file, but a link`, exitCode: 65 })
  rmSync(path)
  mkdirSync(path)
  await assert.rejects(open(), { message: `'${path}' is not a file, but a directory` })
})

test("read() and replace() on a disk that fails are Unavailable and leave the file", async () => {
  const broken = Object.assign(new Error("EIO: made by a test"), { code: "EIO" })
  const unread = keysOf({ ...createFaultyDisk(), read: () => Promise.reject(broken) })
  await assert.rejects(unread.read(), unavailableAs("The keys could not be read"))
  const kinds: readonly Operation["kind"][] = ["make", "write", "rename"]
  for (const kind of kinds) {
    const disk = createFaultyDisk()
    const keys = keysOf(disk)
    const ifVersion = await keys.replace(good, { ifVersion: null })
    disk.fail((operation) => (operation.kind === kind ? { code: "ENOSPC", taken: 3 } : null))
    await assert.rejects(
      keys.replace(other, { ifVersion }),
      unavailableAs("The keys could not be stored"),
    )
    assert.deepEqual([...disk.files], [["keys.json", good]], kind)
    disk.fail()
    assert.notEqual(await keys.replace(other, { ifVersion }), null, "the version is as before")
  }
})

test("replace() writes on after a short write", async () => {
  const disk = createFaultyDisk()
  let writes = 0
  disk.fail(({ kind }) => {
    if (kind === "write") writes += 1
    return kind === "write" && writes < 4 ? { taken: 2 } : null
  })
  await keysOf(disk).replace(good, { ifVersion: null })
  assert.deepEqual([disk.files.get("keys.json"), writes], [good, 4])
})

test("replace() leaves the old file or the new one, wherever it is interrupted", async () => {
  const disk = createFaultyDisk()
  const keys = keysOf(disk)
  const ifVersion = await keys.replace(good, { ifVersion: null })
  const before = new Map(disk.files)
  const done = disk.operations.length
  await keys.replace(other, { ifVersion })
  const operations = disk.operations.slice(done)
  const found: string[] = []
  for (let count = 0; count <= operations.length; count += 1) {
    const files = filesAfter(operations.slice(0, count), before)
    found.push(String((await keysOf(createFaultyDisk(files)).read())?.bytes))
  }
  // make, write | rename, sync
  assert.deepEqual(found, [...Array(3).fill("good keys"), ...Array(2).fill("others")])
})
