import assert from "node:assert/strict"
import { readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { lastBackupName, noteBackup, readLastBackup } from "../../src/store/last_backup.ts"
import { machineDisk } from "../../src/system/disk.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

const note = { madeAt: 1_795_447_800, file: "/backups/monday.json", bytes: 12_345, users: 7 }

test("readLastBackup() gives the last one that noteBackup() noted", async (t) => {
  const directory = temporaryDirectory(t)
  const path = join(directory, lastBackupName)
  assert.equal(await readLastBackup(directory, machineDisk), null)
  for (const one of [note, { ...note, file: null, madeAt: 7 }]) {
    await noteBackup(directory, one, machineDisk)
    const { format, version, ...rest } = JSON.parse(readFileSync(path, "utf8"))
    assert.deepEqual([format, version, rest], ["postern-last-backup", 1, one])
    assert.deepEqual(await readLastBackup(directory, machineDisk), { format, version, ...one })
    assert.equal(statSync(path).mode & 0o777, 0o600)
  }
})

const others: readonly string[] = [
  ...["", "null", "[]", "text", '{"format":"postern-last-backup"}'],
  JSON.stringify({ format: "other", version: 1, ...note }),
  JSON.stringify({ format: "postern-last-backup", version: 1, ...note, madeAt: "7" }),
  JSON.stringify({ format: "postern-last-backup", version: 1, ...note, file: 7 }),
]

for (const text of others) {
  test(`readLastBackup() of ${text || "an empty file"} knows of none`, async (t) => {
    const directory = temporaryDirectory(t)
    writeFileSync(join(directory, lastBackupName), text)
    assert.equal(await readLastBackup(directory, machineDisk), null)
  })
}
