// Files and directories that only Postern's own user may use: modes 0600 and 0700. A wider mode is
// repaired with a warning. A path of another owner or type is refused and not changed.

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

/** The same for a file, mode 0600, that may be missing. */
export async function secureFile(path: string, disk: Disk): Promise<string | null> {
  const found = await disk.inspect(path)
  return found === null ? null : secure({ path, found, type: "file", mode: fileMode }, disk)
}

/** Whether other users may do anything with it. */
export function isOpenToOthers({ mode }: Inspection): boolean {
  return (mode & anyoneElse) !== 0
}

/**
 * The nearest directory above `path` in which every user may rename names, or null. There another
 * user could replace our directory.
 */
export async function findOpenParent(path: string, disk: Disk): Promise<string | null> {
  for (let below = path, at = dirname(path); at !== below; below = at, at = dirname(at)) {
    // In the image, Node's permission model hides every directory but the data directory.
    const found = await disk.inspect(at).catch(() => null)
    if (found?.type === "directory" && (found.mode & (othersWrite | sticky)) === othersWrite) {
      return at
    }
  }
  return null
}

/** A path, what is there, and what must be there. */
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

// Never advises to run as root, though that would work.
function ownerHint(owner: number, self: number): string {
  const give = `chown -R ${self} DIRECTORY`
  if (owner !== 0) return `Run postern as user ${owner}, or give it the files: ${give}`
  return `Give it the files: ${give}. A volume of root's needs a group that postern has, and mode 2770.`
}
