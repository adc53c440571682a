import assert from "node:assert/strict"
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs"
import { join, relative } from "node:path"
import { test } from "node:test"
import { findDataDirectory, isDeployed } from "../../src/store/data_directory.ts"
import { type Disk, machineDisk } from "../../src/system/disk.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

const someoneElse = (process.geteuid?.() ?? 0) + 1
const ourGroup = process.getegid?.() ?? 0

/** A disk on which one directory has this owner, group and mode. */
function owned(path: string, found: { owner: number; group: number; mode: number }): Disk {
  return {
    ...machineDisk,
    async inspect(inspected) {
      const real = await machineDisk.inspect(inspected)
      return inspected === path && real !== null ? { ...real, ...found } : real
    },
  }
}

test("findDataDirectory() gives what is named, there or not, with its whole path", async (t) => {
  const parent = temporaryDirectory(t)
  const path = join(parent, "data")
  for (const setting of [path, relative(process.cwd(), path)]) {
    assert.deepEqual(await findDataDirectory(setting, machineDisk), { path, name: path })
  }
  mkdirSync(path)
  assert.deepEqual(await findDataDirectory(path, machineDisk), { path, name: path })
  writeFileSync(join(parent, "file"), "")
  const file = join(parent, "file")
  assert.deepEqual(await findDataDirectory(file, machineDisk), { path: file, name: file })
  const below = join(file, "below")
  assert.deepEqual(await findDataDirectory(below, machineDisk), { path: below, name: below })
})

test("findDataDirectory() follows a link, once", async (t) => {
  const parent = await machineDisk.realPath(temporaryDirectory(t))
  mkdirSync(join(parent, "private", "postern"), { recursive: true })
  symlinkSync(join("private", "postern"), join(parent, "postern"))
  symlinkSync("postern", join(parent, "link"))
  const path = join(parent, "private", "postern")
  for (const link of ["postern", "link"]) {
    const name = join(parent, link)
    assert.deepEqual(await findDataDirectory(name, machineDisk), { path, name })
  }
  symlinkSync("nowhere", join(parent, "broken"))
  symlinkSync("loop", join(parent, "loop"))
  for (const [name, code] of [
    ["broken", "ENOENT"],
    ["loop", "ELOOP"],
  ]) {
    await assert.rejects(findDataDirectory(join(parent, name ?? ""), machineDisk), {
      name: "OperatorError",
      message: `'${join(parent, name ?? "")}' is a link that leads nowhere (${code})`,
      hint: "Make the directory that it links to, or set POSTERN_DATA_DIR to another one.",
      exitCode: 65,
    })
  }
})

test("findDataDirectory() goes below a volume of root's that our group may write", async (t) => {
  if (someoneElse === 1) return t.skip("root needs no such directory")
  await assertBelow(temporaryDirectory(t), 0)
})

test("findDataDirectory() leaves every other directory to be judged itself", async (t) => {
  const path = temporaryDirectory(t)
  const rows: readonly Parameters<typeof owned>[1][] = [
    { owner: someoneElse, group: ourGroup, mode: 0o775 },
    { owner: 0, group: ourGroup + 7_777, mode: 0o775 },
    { owner: 0, group: ourGroup, mode: 0o755 },
    { owner: process.geteuid?.() ?? 0, group: ourGroup, mode: 0o775 },
  ]
  for (const row of rows) {
    const found = await findDataDirectory(path, owned(path, row))
    assert.deepEqual(found, { path, name: path }, JSON.stringify(row))
  }
})

test("findDataDirectory() finds the directory that it made below, also when the volume has another owner", async (t) => {
  const path = temporaryDirectory(t)
  const below = join(path, "postern")
  mkdirSync(below)
  assert.deepEqual(await findDataDirectory(path, machineDisk), { path, name: path })
  writeFileSync(join(below, "store.json"), "")
  assert.deepEqual(await findDataDirectory(path, machineDisk), { path: below, name: below })
  // But a store in the directory itself is what is meant, if there is one.
  writeFileSync(join(path, "journal.0.jsonl"), "")
  assert.deepEqual(await findDataDirectory(path, machineDisk), { path, name: path })
})

test("isDeployed() sees each part of a deployment, and assumes one where it can't look", async (t) => {
  for (const name of ["store.json", "journal.0.jsonl", "journal.1.jsonl", "keys.json"]) {
    const path = temporaryDirectory(t)
    for (const other of ["control.sock", "lock.json", "audit.jsonl", "lost+found"]) {
      writeFileSync(join(path, other), "")
    }
    assert.equal(await isDeployed(path, machineDisk), false)
    writeFileSync(join(path, name), "")
    assert.equal(await isDeployed(path, machineDisk), true, name)
  }
  const path = temporaryDirectory(t)
  assert.equal(await isDeployed(join(path, "missing"), machineDisk), false)
  const refuse = () =>
    Promise.reject(Object.assign(new Error("made by a test"), { code: "EACCES" }))
  assert.equal(await isDeployed(path, { ...machineDisk, inspect: refuse }), true)
  chmodSync(path, 0o700)
})

async function assertBelow(path: string, owner: number): Promise<void> {
  const below = join(path, "postern")
  for (const mode of [0o775, 0o770, 0o777]) {
    const disk = owned(path, { owner, group: ourGroup, mode })
    assert.deepEqual(await findDataDirectory(path, disk), { path: below, name: below })
  }
}
