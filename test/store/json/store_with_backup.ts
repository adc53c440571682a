// An open store with a backup from before its last change, and what can be done to its files.

import assert from "node:assert/strict"
import { cpSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { TestContext } from "node:test"
import type { JsonStore } from "../../../src/store/json/json_store.ts"
import { openJsonStore } from "../../../src/store/json/open_json_store.ts"
import { machineDisk } from "../../../src/system/disk.ts"
import { temporaryDirectory } from "../../support/temporary_directory.ts"
import { sampleUser } from "../sample_user.ts"
import { nameOf } from "./opened_store.ts"
import { names } from "./used_directory.ts"

/** The store and its directories. */
export interface Opened {
  readonly parent: string
  readonly directory: string
  readonly store: JsonStore
  /** A copy of its files from before bob. */
  readonly backup: string
  readonly alarms: readonly string[]
}

/** Something that is done to the files behind the store's back. */
export type Disturb = (opened: Opened) => void

/** The file that its journal writes to. */
export const current = "journal.0.jsonl"
/** Writes the backup into the files, as cp does. */
export function inPlace({ directory, backup }: Opened): void {
  for (const name of names) writeFileSync(join(directory, name), readFileSync(join(backup, name)))
}
/** Puts the backup's files into their places, as tar does. */
export function byRename({ directory, backup }: Opened, which: readonly string[] = names): void {
  for (const name of which) {
    cpSync(join(backup, name), join(directory, `${name}.new`))
    renameSync(join(directory, `${name}.new`), join(directory, name))
  }
}

/** An open store of alice and bob with keys beside it, and a copy from before bob. */
export async function openWithBackup(
  t: TestContext,
  bytesBetweenSnapshotsMin = 4 * 1024 * 1024,
): Promise<Opened> {
  const parent = temporaryDirectory(t)
  const directory = join(parent, "data")
  const options = { directory, disk: machineDisk, warn: assert.fail, bytesBetweenSnapshotsMin }
  const first = await openJsonStore(options)
  await first.users.create(sampleUser("alice"))
  await first.close()
  writeFileSync(join(directory, "keys.json"), "keys", { mode: 0o600 })
  const backup = join(parent, "backup")
  cpSync(directory, backup, { recursive: true })
  const alarms: string[] = []
  const alarm = (event: string, message: string) => {
    assert.equal(event, "store.displaced")
    alarms.push(message)
  }
  const warn = () => {}
  const store = await openJsonStore({ ...options, warn, alarm })
  t.after(() => store.close())
  await store.users.create(sampleUser("bob"))
  return { parent, directory, store, backup, alarms }
}

/** All files below a directory but those of the lock, and their bytes. */
export function everything(parent: string): readonly string[] {
  return readdirSync(parent, { recursive: true, encoding: "utf8", withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== "lock.json")
    .map(
      (entry) =>
        `${join(entry.parentPath, entry.name)} ${readFileSync(join(entry.parentPath, entry.name), "hex")}`,
    )
    .sort()
}

/** The users that the next start has. */
export async function usersOf(directory: string): Promise<string[]> {
  const store = await openJsonStore({ directory, disk: machineDisk, warn: () => {} })
  const users = await store.users.list()
  await store.close()
  return users.map(nameOf)
}
