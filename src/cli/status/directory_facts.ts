// What `postern status` sees of a data directory. A service may use it meanwhile.

import { join } from "node:path"
import { exitCodes, OperatorError } from "../../errors.ts"
import { checkKeyFile } from "../../service/open_keys.ts"
import { isDeployed } from "../../store/data_directory.ts"
import { type LastBackup, lastBackupName, readLastBackup } from "../../store/last_backup.ts"
import {
  countDirectory,
  type DirectoryStatus,
  readDirectoryKeys,
  readDirectoryStatus,
} from "../../store/store_status.ts"
import { machineDisk as disk, type Inspection } from "../../system/disk.ts"
import { isOpenToOthers } from "../../system/private_files.ts"
import { orProblem, type Problem } from "./problem.ts"

/** A data directory that has the store. */
export interface DirectoryFacts {
  readonly place: string
  readonly isSetUp: boolean
  readonly bytes: number
  readonly lock: DirectoryStatus["lock"]
  readonly roomBytes: number
  /** Paths that others may read or write. */
  readonly open: readonly string[]
  /** Paths that belong to somebody else than who runs the service. */
  readonly foreign: readonly string[]
  /** How much is in it, where no service says that. */
  readonly found: { readonly users: number; readonly sessions: number } | null
  /** Why a start can't read it. */
  readonly problem: Problem | null
  /** Why a start can't go on with the keys. */
  readonly keysProblem: Problem | null
  readonly backup: LastBackup | null
}

/** Looks at a directory. `isServed`: a service answers for it. */
export async function readDirectory(place: string, isServed: boolean): Promise<DirectoryFacts> {
  const read = await orProblem(() => readDirectoryStatus(place, disk))
  const { files, lock } = read.value ?? { files: [], lock: "unclear" }
  const isSetUp = await isDeployed(place, disk)
  const isFree = isSetUp && !isServed && lock !== "held"
  const counted = await orProblem(async () =>
    isFree && read.problem === null ? countDirectory({ directory: place, disk }) : null,
  )
  const names = files.map(({ name }) => name)
  const problem = read.problem ?? counted.problem
  return {
    ...{ place, isSetUp, lock, problem, found: counted.value },
    ...(await readRights(place, names)),
    keysProblem: isSetUp && problem === null ? await readKeys(place) : null,
    bytes: files.reduce((sum, file) => sum + file.bytes, 0),
    roomBytes: isSetUp ? await disk.room(place) : 0,
    backup: await readLastBackup(place, disk).catch(() => null),
  }
}

async function readKeys(place: string): Promise<Problem | null> {
  const { problem } = await orProblem(async () => {
    const { path, bytes } = await readDirectoryKeys({ directory: place, disk })
    if (bytes !== null) return checkKeyFile(bytes, path)
    throw new OperatorError(`'${path}' is missing`, {
      hint: "Bring it back from a backup: docs/backup.md. A start without it makes new keys.",
      exitCode: exitCodes.damagedData,
    })
  })
  return problem
}

/** Whose the files are, and who else may use them. */
async function readRights(
  place: string,
  names: readonly string[],
): Promise<Pick<DirectoryFacts, "open" | "foreign">> {
  const found: (readonly [path: string, is: Inspection])[] = []
  for (const name of ["", ...names, lastBackupName]) {
    const is = await disk.inspect(join(place, name)).catch(() => null)
    if (is !== null) found.push([join(place, name), is])
  }
  // Root looks for the user of the service: the one that the store belongs to.
  const self = process.geteuid?.()
  const owner = self === 0 ? found[1]?.[1].owner : self
  // The directory may be a volume of root's.
  const foreign = found.filter(([path, is]) => is.owner !== owner && (self !== 0 || path !== place))
  return {
    open: found.filter(([, is]) => isOpenToOthers(is)).map(([path]) => path),
    foreign: owner === undefined ? [] : foreign.map(([path]) => path),
  }
}
