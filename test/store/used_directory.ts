// A data directory that was in use for a while, and how a start that must be refused is checked.

import assert from "node:assert/strict"
import { lstatSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import type { TestContext } from "node:test"
import { machineDisk } from "../../src/disk.ts"
import { OperatorError } from "../../src/errors.ts"
import { openJsonStore } from "../../src/store/open_json_store.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"
import { sampleUser } from "./sample_user.ts"

/** The journal's files. */
export const journals = ["journal.0.jsonl", "journal.1.jsonl"] as const

/** All files of a store. */
export const names = ["store.json", ...journals] as const

const restore =
  "Nothing was changed. Restore the data directory from a backup, all of its files together."

/** A directory of a store whose three files all hold something. */
export async function usedDirectory(t: TestContext): Promise<string> {
  const directory = temporaryDirectory(t)
  const options = { directory, disk: machineDisk, warn: assert.fail, bytesBetweenSnapshotsMin: 400 }
  const store = await openJsonStore(options)
  for (const name of ["alice", "bob", "carol", "dave"]) await store.addUser(sampleUser(name))
  await store.deleteUser("bob", 1)
  for (let at = 0; at < 22; at += 1) await store.changeUser("alice", { tokensNotBefore: at })
  await store.close()
  return directory
}

/** Opens the store, closes it, and gives what it warned of. */
export async function openAndClose(directory: string): Promise<string[]> {
  const warnings: string[] = []
  const warn = (event: string, message: string) => void warnings.push(`${event}: ${message}`)
  const store = await openJsonStore({ directory, disk: machineDisk, warn })
  await store.close()
  return warnings
}

/** Asserts that the start stops, says where and what to do, and leaves everything as it is. */
export async function assertRefused(
  directory: string,
  name: string | RegExp,
  place: RegExp,
  hint: RegExp = new RegExp(restore),
): Promise<void> {
  const before = everything(directory)
  await assert.rejects(openAndClose(directory), (error) => {
    assert.ok(error instanceof OperatorError, `${error}`)
    assert.equal(error.exitCode, 65)
    assert.match(error.message, place)
    assert.match(error.message, typeof name === "string" ? new RegExp(`/${name}'`) : name)
    assert.doesNotMatch(error.message, /argon2|AAAAAAAA/)
    assert.match(error.hint, hint)
    return true
  })
  assert.deepEqual(everything(directory), before)
}

function everything(directory: string): readonly (readonly [string, string])[] {
  return readdirSync(directory)
    .sort()
    .map((name) => {
      const path = join(directory, name)
      const type = lstatSync(path)
      return [name, type.isFile() ? readFileSync(path, "hex") : `mode ${type.mode}`] as const
    })
}
