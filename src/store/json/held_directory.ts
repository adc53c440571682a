// Holds a data directory for this process: makes sure that it is safe for a store, makes it
// private, takes its lock, and renews the lock.

import { join, resolve } from "node:path"
import { exitCodes, OperatorError, systemCode } from "../../errors.ts"
import type { Disk } from "../../system/disk.ts"
import { fileExitCode, fileHint } from "../../system/failure.ts"
import {
  findOpenParent,
  isOpenToOthers,
  secureDirectory,
  secureFile,
} from "../../system/private_files.ts"
import { HeldFiles } from "./held_files.ts"
import { journalNames } from "./journal.ts"
import { type Lock, takeLock } from "./lock.ts"
import { lockFileName } from "./lock_file.ts"
import { snapshotName } from "./snapshot.ts"

/** Which directory to hold. */
export interface HoldOptions {
  readonly directory: string
  /** The directory's path as the settings have it, where that is a link. */
  readonly name?: string
  readonly disk: Disk
  /** Logs what the operator should know, such as repaired modes. */
  readonly warn: (event: string, message: string) => void
  /** Logs that the directory is not this process's any more. Default: `warn`. */
  readonly alarm?: (event: string, message: string) => void
}

const storeNames: readonly string[] = [snapshotName, ...journalNames]

/**
 * Holds a directory until `holding` is closed, and makes one that is missing.
 * @throws OperatorError when another process holds it
 */
export async function holdDirectory(
  options: HoldOptions,
): Promise<{ readonly lock: Lock; readonly holding: HeldFiles }> {
  const { directory, name = directory, disk, warn, alarm = warn } = options
  await makePrivate(options)
  const repaired = await secureFile(join(directory, lockFileName), disk)
  if (repaired !== null) warn("store.mode_repaired", repaired)
  const lock = await takeLock(directory, options)
  return { lock, holding: new HeldFiles({ directory: name, disk, lock, alarm }) }
}

/** Makes a directory private, and one that is missing. */
export async function makePrivate({ directory, disk, warn }: HoldOptions): Promise<void> {
  await requireOwnDirectory(directory, disk)
  const repaired = await secureDirectory(directory, disk)
  if (repaired !== null) warn("store.mode_repaired", repaired)
}

/**
 * Refuses a directory that other users share and that has other files. Opening a store makes its
 * directory private, and a mistyped path must not close a directory to its users.
 */
async function requireOwnDirectory(directory: string, disk: Disk): Promise<void> {
  const found = await disk.inspect(directory)
  if (found?.type !== "directory" || !isOpenToOthers(found)) return
  const names = (await disk.list(directory)).filter((name) => name !== "lost+found")
  if (names.length === 0 || names.some((name) => storeNames.includes(name))) return
  throw new OperatorError(`'${directory}' is open to other users and holds other files`, {
    hint: "Set POSTERN_DATA_DIR to a directory of Postern's own; one that is not there is made.",
    exitCode: exitCodes.damagedData,
  })
}

/** Warns of a directory above that anybody may write. */
export async function warnOfOpenParent({ directory, disk, warn }: HoldOptions): Promise<void> {
  const parent = await findOpenParent(resolve(directory), disk)
  if (parent === null) return
  const advice = `chmod o-w '${parent}', or set POSTERN_DATA_DIR to another directory`
  warn(
    "store.parent_open",
    `Every user may replace what is in '${parent}', the data too: ${advice}`,
  )
}

/** The error of a directory in which the system refused something; any other error as it is. */
export function directoryFailure(error: unknown, directory: string): unknown {
  if (systemCode(error) === null) return error
  const { message } = error as Error
  return new OperatorError(`The data directory '${directory}' can't be used: ${message}`, {
    hint: fileHint(error, "POSTERN_DATA_DIR"),
    exitCode: fileExitCode(error, exitCodes.damagedData),
    cause: error,
  })
}
