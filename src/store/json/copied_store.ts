// A data directory to copy from, or to copy to (../copying.ts).
//
// In a new directory everything is written under temporary names first, which every start removes.
// When it was read back and compared, the journals are made, the keys get their name, and then the
// snapshot. So after a crash there is nothing yet or, from the last instant, what every start
// refuses: keys without a snapshot.

import { join } from "node:path"
import { exitCodes, OperatorError } from "../../errors.ts"
import { isLeftover, removeLeftovers, writeBeside } from "../../system/disk.ts"
import { secureDirectory } from "../../system/private_files.ts"
import type { Content, CopySource, CopyTarget, DirectoryPlace } from "../copying.ts"
import { lastBackupName } from "../last_backup.ts"
import { tableNames } from "../records.ts"
import { directoryFailure, holdDirectory } from "./held_directory.ts"
import type { HeldFiles } from "./held_files.ts"
import { journalNames, makeSegments } from "./journal.ts"
import { keysFileName } from "./keys_file.ts"
import { lockFileName } from "./lock_file.ts"
import { contentNow } from "./moment.ts"
import { openJsonStore } from "./open_json_store.ts"
import { encodeSnapshot, readSnapshot, snapshotName } from "./snapshot.ts"
import type { Tables } from "./tables.ts"

interface CopiedDirectory extends DirectoryPlace {
  readonly warn: (event: string, message: string) => void
}

/** A data directory to copy from. It is locked for as long as it is read. */
export function copyFromDirectory(options: CopiedDirectory): CopySource {
  return {
    place: `'${options.directory}'`,
    async read(use) {
      const store = await openJsonStore({ ...options, mayMake: false })
      try {
        const keys = (await store.keys.read())?.bytes ?? null
        return await use(contentNow(inOrder(store.tables), keys))
      } finally {
        await store.close()
      }
    },
  }
}

/** A data directory to copy to. */
export function copyToDirectory(options: CopiedDirectory): CopyTarget {
  const { directory, disk, warn, mayHold = [] } = options
  const requireEmpty = async () => {
    const found = await disk.inspect(directory)
    if (found === null) return
    const names = found.type === "directory" ? await disk.list(directory) : [directory]
    const held = names.filter((name) => !isOfNoStore(name) && !mayHold.includes(name))
    if (held.length > 0) throw notEmpty(directory, held)
  }
  return {
    place: `'${directory}'`,
    requireEmpty: () => requireEmpty().catch((error) => fail(error, directory)),
    async fill(content, compare) {
      try {
        await requireEmpty()
        // First, because a directory that is open to others and holds other files is not held.
        const repaired = await secureDirectory(directory, disk)
        if (repaired !== null) warn("store.mode_repaired", repaired)
        const { holding } = await holdDirectory({ ...options, alarm: () => {} })
        try {
          // Again, since another process may have been faster.
          await requireEmpty()
          await removeLeftovers(directory, disk)
          await write(content, compare, { directory, holding })
        } finally {
          await holding.close()
        }
      } catch (error) {
        fail(error, directory)
      }
    },
  }
}

async function write(
  content: Content,
  compare: (copied: Content) => Promise<void>,
  { directory, holding }: { readonly directory: string; readonly holding: HeldFiles },
): Promise<void> {
  // Before it gives a file its name it makes sure that the lock is ours.
  const { disk } = holding
  const path = join(directory, snapshotName)
  const keysPath = join(directory, keysFileName)
  const { keys } = content
  const writeSnapshot = (keysBeside: string | null) =>
    writeBeside(path, encodeSnapshot(0, content.read), {
      disk,
      async use(beside) {
        const { tables } = readSnapshot((await disk.read(beside)) ?? Buffer.alloc(0))
        const copiedKeys = keysBeside === null ? null : await disk.read(keysBeside)
        await compare(contentNow(tables, copiedKeys))
        await makeSegments(directory, disk)
        if (keysBeside !== null) await disk.rename(keysBeside, keysPath)
        await disk.rename(beside, path)
      },
    })
  try {
    if (keys === null) await writeSnapshot(null)
    else await writeBeside(keysPath, [keys], { disk, use: writeSnapshot })
  } catch (error) {
    const made = holding.isInPlace ? [keysFileName, ...journalNames] : []
    for (const name of made) await disk.remove(join(directory, name))
    throw error
  }
  await disk.syncDirectory(directory)
}

/** The tables in the order of a copy. They have sessions in the order in which they started. */
function inOrder(tables: Tables): Tables {
  const sorted = tableNames.map((table) => {
    const records: Map<string, unknown> = tables[table]
    if (table === "sessions") return [table, records]
    return [table, new Map([...records].sort(([a], [b]) => (a < b ? -1 : 1)))]
  })
  return Object.fromEntries(sorted)
}

/** Whether a file may be in a directory in which there is no store. */
function isOfNoStore(name: string): boolean {
  const known = ["lost+found", lockFileName, lastBackupName]
  return known.includes(name) || /\.sock$/.test(name) || isLeftover(name)
}

function notEmpty(directory: string, names: readonly string[]): OperatorError {
  const isHalf = names.every((name) => [keysFileName, ...journalNames].includes(name))
  const empty = "Name a directory that is empty, or not there yet."
  return new OperatorError(`'${directory}' is in use: it holds '${names.join("', '")}'`, {
    hint: isHalf
      ? `${empty} If a copy was interrupted here, remove these files.`
      : `${empty} Nothing was changed.`,
    exitCode: exitCodes.inUse,
  })
}

function fail(error: unknown, directory: string): never {
  throw directoryFailure(error, directory)
}
