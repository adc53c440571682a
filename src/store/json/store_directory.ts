// Whether a directory is safe for a store, and what to say where it can't be used.

import { resolve } from "node:path"
import { exitCodes, OperatorError, systemCode } from "../../errors.ts"
import type { Disk } from "../../system/disk.ts"
import { fileExitCode, fileHint } from "../../system/failure.ts"
import { findOpenParent, isOpenToOthers } from "../../system/private_files.ts"
import { journalNames } from "./journal.ts"
import { snapshotName } from "./snapshot.ts"

const storeNames: readonly string[] = [snapshotName, ...journalNames]

/**
 * Refuses a directory that other users share and that has other files. Opening a store makes its
 * directory private, and a mistyped path must not close a directory to its users.
 */
export async function requireOwnDirectory(directory: string, disk: Disk): Promise<void> {
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
export async function warnOfOpenParent({
  directory,
  disk,
  warn,
}: {
  readonly directory: string
  readonly disk: Disk
  readonly warn: (event: string, message: string) => void
}): Promise<void> {
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
