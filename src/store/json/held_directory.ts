// Holds a data directory for this process: makes it private, takes its lock, and renews the lock.

import { join } from "node:path"
import type { Disk } from "../../system/disk.ts"
import { secureDirectory, secureFile } from "../../system/private_files.ts"
import { HeldFiles } from "./held_files.ts"
import { type Lock, takeLock } from "./lock.ts"
import { lockFileName } from "./lock_file.ts"
import { requireOwnDirectory } from "./store_directory.ts"

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

/** A directory that is held until `holding` is closed. */
export interface HeldDirectory {
  readonly lock: Lock
  readonly holding: HeldFiles
}

/**
 * Holds a directory, and makes one that is missing.
 * @throws OperatorError when another process holds it
 */
export async function holdDirectory(options: HoldOptions): Promise<HeldDirectory> {
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
