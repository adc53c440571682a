// Finds the data directory: the one that POSTERN_DATA_DIR names, the target of a link there, or a
// directory below a volume that root made for our group (Kubernetes's fsGroup: root:10001, mode
// 2775). The service and the commands find it in the same way.

import { join, resolve } from "node:path"
import { exitCodes, OperatorError, systemCode } from "../errors.ts"
import type { Disk, Inspection } from "../system/disk.ts"
import { journalNames } from "./json/journal.ts"
import { keysFileName } from "./json/keys_file.ts"
import { lockFileName } from "./json/lock_file.ts"
import { snapshotName } from "./json/snapshot.ts"
import { lastBackupName } from "./last_backup.ts"

/** A data directory. It need not exist yet. */
export interface DataDirectory {
  /** Its path without a link. */
  readonly path: string
  /** Its path as the settings have it, which the next start resolves again. */
  readonly name: string
}

/** The names of the store's files. No other file may have one of them. */
export const storeFileNames: readonly string[] = [
  ...[snapshotName, ...journalNames],
  ...[keysFileName, lockFileName, lastBackupName],
]

const belowVolume = "postern"
const groupWrites = 0o020

/**
 * Finds the data directory of a setting.
 * @throws OperatorError when it is a link that leads nowhere
 */
export async function findDataDirectory(setting: string, disk: Disk): Promise<DataDirectory> {
  const name = resolve(setting)
  const path = await target(name, disk)
  const found = await disk.inspect(path).catch(() => null)
  if (found?.type !== "directory") return { path, name }
  const below = { path: join(path, belowVolume), name: join(name, belowVolume) }
  const isBelow = isVolumeOfOurs(found) || (await isDeployed(below.path, disk))
  return isBelow && !(await isDeployed(path, disk)) ? below : { path, name }
}

/**
 * Whether a directory has a deployment or a part of one. True when that can't be found out: opening
 * the store then says why.
 */
export async function isDeployed(path: string, disk: Disk): Promise<boolean> {
  for (const name of [snapshotName, ...journalNames, keysFileName]) {
    const found = await disk.inspect(join(path, name)).catch(() => "unknown")
    if (found !== null) return true
  }
  return false
}

/** The error of a command that needs a store, where there is none. */
export function nothingThere(directory: string): OperatorError {
  return new OperatorError(`Nothing is set up in '${directory}'`, {
    hint: "`postern serve` or `postern init` sets it up. POSTERN_DATA_DIR says where it is.",
    exitCode: exitCodes.unavailable,
  })
}

async function target(name: string, disk: Disk): Promise<string> {
  const found = await disk.inspect(name).catch(() => null)
  if (found?.type !== "link") return name
  try {
    return await disk.realPath(name)
  } catch (cause) {
    throw new OperatorError(`'${name}' is a link that leads nowhere (${systemCode(cause)})`, {
      hint: "Make the directory that it links to, or set POSTERN_DATA_DIR to another one.",
      exitCode: exitCodes.damagedData,
      cause,
    })
  }
}

// Only root's: another owner of the directory could replace our store.
function isVolumeOfOurs({ owner, group, mode }: Inspection): boolean {
  const isOurGroup = process.getegid?.() === group || process.getgroups?.().includes(group) === true
  const isOurs = owner === process.geteuid?.()
  return !isOurs && owner === 0 && isOurGroup && (mode & groupWrites) !== 0
}
