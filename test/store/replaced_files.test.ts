// Files that are exchanged for those of a backup while the store is open (S-10): it goes on with
// what it has. The next start has the state of the backup, whole, or stops; never a mixture of the
// two.

import assert from "node:assert/strict"
import { readFileSync, renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { machineDisk } from "../../src/disk.ts"
import { openJsonStore } from "../../src/store/open_json_store.ts"
import type { Store } from "../../src/store/store.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"
import { nameOf } from "./opened_store.ts"
import { sampleUser } from "./sample_user.ts"
import { assertRefused, names } from "./used_directory.ts"

type Replace = (path: string, bytes: Buffer) => void

const inPlace: Replace = writeFileSync
const byAnotherFile: Replace = (path, bytes) => {
  writeFileSync(`${path}.restored`, bytes, { mode: 0o600 })
  renameSync(`${path}.restored`, path)
}

test("a store whose files are exchanged goes on, and the next start has the backup's state", async (t) => {
  const { directory, store, backup } = await openWithBackup(t)
  restore(directory, backup, byAnotherFile)
  assert.equal(await store.addUser(sampleUser("carol")), "added")
  assert.deepEqual((await store.listUsers()).map(nameOf), ["alice", "bob", "carol"])
  await store.close()
  assert.deepEqual(await usersOf(directory), ["alice"])
})

test("a store whose files are overwritten has the backup's state at the next start", async (t) => {
  const { directory, store, backup } = await openWithBackup(t)
  restore(directory, backup, inPlace)
  assert.deepEqual((await store.listUsers()).map(nameOf), ["alice", "bob"])
  await store.close()
  assert.deepEqual(await usersOf(directory), ["alice"])
})

test("a store whose files are overwritten, and that goes on, is refused at the next start", async (t) => {
  const { directory, store, backup } = await openWithBackup(t)
  restore(directory, backup, inPlace)
  assert.equal(await store.addUser(sampleUser("carol")), "added")
  await store.close()
  await assertRefused(directory, /journal/, /line \d+: its sum does not fit its text/)
})

test("a store.json of a backup beside newer journals takes nothing away", async (t) => {
  const { directory, store, backup } = await openWithBackup(t)
  restore(directory, backup.slice(0, 1), byAnotherFile)
  await store.close()
  assert.deepEqual(await usersOf(directory), ["alice", "bob"])
})

test("journals of a backup beside a newer store.json are refused", async (t) => {
  const { directory, store, backup } = await openWithBackup(t, 100)
  for (const name of ["carol", "dave", "erin"]) await store.addUser(sampleUser(name))
  await store.close()
  assert.match(readFileSync(join(directory, "store.json"), "utf8"), /"username":"bob"/)
  restore(directory, backup.slice(1), byAnotherFile)
  await assertRefused(directory, /journal/, /the files are not of one store/)
})

/** An open store of alice and bob, and its files from before bob. */
async function openWithBackup(
  t: TestContext,
  bytesBetweenSnapshotsMin = 4 * 1024 * 1024,
): Promise<{
  readonly directory: string
  readonly store: Store
  readonly backup: readonly (readonly [name: string, bytes: Buffer])[]
}> {
  const directory = temporaryDirectory(t)
  const options = { directory, disk: machineDisk, warn: assert.fail, bytesBetweenSnapshotsMin }
  const first = await openJsonStore(options)
  await first.addUser(sampleUser("alice"))
  await first.close()
  const backup = names.map((name) => [name, readFileSync(join(directory, name))] as const)
  const store = await openJsonStore(options)
  t.after(() => store.close())
  await store.addUser(sampleUser("bob"))
  return { directory, store, backup }
}

function restore(
  directory: string,
  backup: readonly (readonly [name: string, bytes: Buffer])[],
  replace: Replace,
): void {
  for (const [name, bytes] of backup) replace(join(directory, name), bytes)
}

async function usersOf(directory: string): Promise<string[]> {
  const store = await openJsonStore({ directory, disk: machineDisk, warn: assert.fail })
  const users = await store.listUsers()
  await store.close()
  return users.map(nameOf)
}
