// What an operator asks of a data directory, while a service uses it or not. Nothing is changed,
// and no lock is needed.

import { join } from "node:path"
import type { Disk } from "../../system/disk.ts"
import { readFormat } from "../../system/file_version.ts"
import { isListenedOn } from "../../system/unix_socket.ts"
import { journalNames } from "./journal.ts"
import { keysFileName } from "./keys_file.ts"
import { lockFileName, readLock } from "./lock_file.ts"
import { isLockSocket } from "./lock_socket.ts"
import { snapshotName } from "./snapshot.ts"

/** The state of a data directory. */
export interface DirectoryStatus {
  /** The files of the store that are there, with their sizes. */
  readonly files: readonly { readonly name: string; readonly bytes: number }[]
  /** The version of the snapshot's format; null where it can't be read. */
  readonly version: number | null
  /**
   * "free": no process has it. "held": one has, on this machine. "unclear": lock.json is there, and
   * its owner may be dead, or on another machine.
   */
  readonly lock: "free" | "held" | "unclear"
}

const firstLineMax = 100

/** Reads the state of a directory. */
export async function readDirectoryStatus(directory: string, disk: Disk): Promise<DirectoryStatus> {
  const files: { readonly name: string; readonly bytes: number }[] = []
  for (const name of [snapshotName, ...journalNames, keysFileName]) {
    const found = await disk.inspect(join(directory, name))
    if (found !== null) files.push({ name, bytes: found.size })
  }
  const { version } = readFormat(await firstLineOf(join(directory, snapshotName), disk))
  const known = typeof version === "number" && Number.isSafeInteger(version) ? version : null
  return { files, version: known, lock: await lockOf(directory, disk) }
}

async function lockOf(directory: string, disk: Disk): Promise<DirectoryStatus["lock"]> {
  const bytes = await disk.read(join(directory, lockFileName))
  if (bytes === null) return "free"
  const name = readLock(bytes)?.socket?.name ?? ""
  const isHeld = isLockSocket(name) === "named" && (await isListenedOn(join(directory, name)))
  return isHeld ? "held" : "unclear"
}

/** The beginning of a file that may be large. */
async function firstLineOf(path: string, disk: Disk): Promise<string> {
  const file = await disk.openToRead(path)
  if (file === null) return ""
  try {
    const [line = ""] = (await file.readAt(0, firstLineMax)).toString("latin1").split("\n", 1)
    return line
  } finally {
    await file.close()
  }
}
