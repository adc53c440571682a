// A data directory that was in use for a while, and how a start that must be refused is checked.

import assert from "node:assert/strict"
import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import type { TestContext } from "node:test"
import { setImmediate } from "node:timers/promises"
import { OperatorError } from "../../../src/errors.ts"
import { openJsonStore } from "../../../src/store/json/open_json_store.ts"
import { type Disk, machineDisk } from "../../../src/system/disk.ts"
import { temporaryDirectory } from "../../support/temporary_directory.ts"
import { sampleServiceToken } from "../sample_service_token.ts"
import { sampleSession, startOptions, windowAt } from "../sample_session.ts"
import { numbered, sampleUser } from "../sample_user.ts"

/** The journal's files. */
export const journals = ["journal.0.jsonl", "journal.1.jsonl"] as const

/** All files of a store. */
export const names = ["store.json", ...journals] as const

const restore =
  "Nothing was changed. Move the data directory away, and bring a backup back: `postern restore FILE`."

/** The files of `usedDirectory`, once they are made. */
let usedFiles: Promise<ReadonlyMap<string, Buffer>> | null = null

/** A directory of a store whose three files all hold something, the same at each call. */
export async function usedDirectory(t: TestContext): Promise<string> {
  usedFiles ??= makeUsedFiles()
  const directory = temporaryDirectory(t)
  for (const [name, bytes] of await usedFiles) {
    writeFileSync(join(directory, name), bytes, { mode: 0o600 })
  }
  return directory
}

async function makeUsedFiles(): Promise<ReadonlyMap<string, Buffer>> {
  const directory = mkdtempSync(join(tmpdir(), "postern-test-"))
  try {
    await useStore(directory)
    return new Map(
      readdirSync(directory).map((name) => [name, readFileSync(join(directory, name))]),
    )
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

async function useStore(directory: string): Promise<void> {
  const { disk, snapshotTaken } = watchedDisk()
  const store = await openJsonStore({
    ...{ directory, disk, warn: assert.fail },
    bytesBetweenSnapshotsMin: 400,
  })
  const changes = [
    ...["alice", "bob", "carol", "dave"].map((name) => () => store.users.create(sampleUser(name))),
    () => store.users.delete("bob", windowAt()),
    ...["s1", "s2"].map((sid) => () => store.sessions.start(sampleSession(sid), startOptions())),
    () => store.sessions.end("s2", { window: windowAt() }),
    () => store.serviceTokens.create(sampleServiceToken("ci")),
    () => store.sessions.revokeToken({ jti: "j1", expiresAt: windowAt().at + 60, isListed: true }),
    ...Array.from({ length: 22 }, (_, index) => () => store.users.change("alice", numbered(index))),
  ]
  for (const change of changes) {
    await change()
    await snapshotTaken()
  }
  await store.close()
}

// Which entries a snapshot has is a matter of time, unless each is waited for.
function watchedDisk(): { readonly disk: Disk; readonly snapshotTaken: () => Promise<void> } {
  let underWay = false
  const disk: Disk = {
    ...machineDisk,
    create(path) {
      underWay ||= basename(path).startsWith(".store.json")
      return machineDisk.create(path)
    },
    async syncDirectory(path) {
      await machineDisk.syncDirectory(path)
      underWay = false
    },
  }
  return {
    disk,
    async snapshotTaken() {
      while (underWay) await setImmediate()
    },
  }
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
