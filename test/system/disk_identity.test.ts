// How the machine's disk identifies files, and how it reads and writes files that other processes
// use.

import assert from "node:assert/strict"
import { mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { machineDisk } from "../../src/system/disk.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

test("machineDisk openToRead() and open() tell which file is open, and its bytes", async (t) => {
  const path = join(temporaryDirectory(t), "opened")
  assert.equal(await machineDisk.openToRead(path), null)
  writeFileSync(path, "ab")
  const identity = (await machineDisk.inspect(path))?.identity
  for (const opened of [await machineDisk.openToRead(path), await machineDisk.open(path)]) {
    assert.ok(opened !== null)
    assert.equal(await opened.identity(), identity)
    assert.equal(String(await opened.readAt(1, 5)), "b")
    assert.equal((await opened.readAt(2, 5)).byteLength, 0)
    await opened.close()
  }
  renameSync(path, `${path}.old`)
  writeFileSync(path, "cd")
  assert.notEqual((await machineDisk.inspect(path))?.identity, identity)
})

test("machineDisk overwrite() writes over the beginning of a file that is there", async (t) => {
  const path = join(temporaryDirectory(t), "written")
  await assert.rejects(machineDisk.overwrite(path, Buffer.from("x")), { code: "ENOENT" })
  writeFileSync(path, "abcd")
  await machineDisk.overwrite(path, Buffer.from("xy"))
  assert.equal(readFileSync(path, "utf8"), "xycd")
})

test("machineDisk realPath() gives the path without links", async (t) => {
  const directory = temporaryDirectory(t)
  mkdirSync(join(directory, "target"))
  symlinkSync("target", join(directory, "link"))
  const [target, link] = ["target", "link"].map((name) => join(directory, name))
  assert.equal(await machineDisk.realPath(String(link)), await machineDisk.realPath(String(target)))
  await assert.rejects(machineDisk.realPath(join(directory, "nowhere")), { code: "ENOENT" })
})
