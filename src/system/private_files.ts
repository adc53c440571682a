// What only the user that Postern runs as may use: directories of mode 0700, files of mode 0600.
// Wider modes are repaired with a warning; what belongs to somebody else, or is of another type, is
// refused and left alone.

import { dirname } from "node:path"
import { exitCodes, OperatorError } from "../errors.ts"
import type { Disk, Inspection } from "./disk.ts"

const directoryMode = 0o700
const fileMode = 0o600
const anyoneElse = 0o077
const othersWrite = 0o002
const sticky = 0o1000

/**
 * Makes a directory of mode 0700 or repairs the mode of one that is there.
 * @returns a warning for the log when a mode was repaired, else null
 * @throws OperatorError when it belongs to somebody else or is no directory
 */
export async function secureDirectory(path: string, disk: Disk): Promise<string | null> {
  let found = await disk.inspect(path)
  if (found === null) {
    await disk.makeDirectory(path, directoryMode)
    found = await disk.inspect(path)
  }
  return secure({ path, found, type: "directory", mode: directoryMode }, disk)
}

/** The same for a file that may be missing: it must be a file of ours, and mode 0600. */
export async function secureFile(path: string, disk: Disk): Promise<string | null> {
  const found = await disk.inspect(path)
  return found === null ? null : secure({ path, found, type: "file", mode: fileMode }, disk)
}

/** Whether other users may do anything with it. */
export function isOpenToOthers({ mode }: Inspection): boolean {
  return (mode & anyoneElse) !== 0
}

/**
 * The nearest directory above in which every user may rename what is there, or null: one could put
 * another directory in the place of ours.
 */
export async function findOpenParent(path: string, disk: Disk): Promise<string | null> {
  for (let below = path, at = dirname(path); at !== below; below = at, at = dirname(at)) {
    // In the image no directory but the data's may be looked at.
    const found = await disk.inspect(at).catch(() => null)
    if (found?.type === "directory" && (found.mode & (othersWrite | sticky)) === othersWrite) {
      return at
    }
  }
  return null
}

/** A name, what it is, and what it must be. */
interface Securing {
  readonly path: string
  readonly found: Inspection | null
  readonly type: "file" | "directory"
  readonly mode: number
}

async function secure({ path, found, type, mode }: Securing, disk: Disk): Promise<string | null> {
  if (found?.type !== type) {
    throw new OperatorError(`'${path}' is not a ${type}, but a ${found?.type ?? "missing name"}`, {
      hint: `Put the ${type} itself there, from a backup if need be, or set POSTERN_DATA_DIR to another directory.`,
      exitCode: exitCodes.damagedData,
    })
  }
  const self = process.geteuid?.() ?? found.owner
  if (found.owner !== self) {
    throw new OperatorError(`'${path}' belongs to user ${found.owner}, not to ${self}`, {
      hint: ownerHint(found.owner, self),
      exitCode: exitCodes.damagedData,
    })
  }
  if (!isOpenToOthers(found)) return null
  await disk.chmod(path, mode)
  return `'${path}' was open to other users (mode ${found.mode.toString(8)}); it is ${mode.toString(8)} now`
}

// Never to become root, for whom it would work, too.
function ownerHint(owner: number, self: number): string {
  const give = `chown -R ${self} DIRECTORY`
  if (owner !== 0) return `Run postern as user ${owner}, or give it the files: ${give}`
  return `Give it the files: ${give}. A volume of root's needs a group that postern has, and mode 2770.`
}
