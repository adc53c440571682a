// Opens the JSON store of a data directory: takes the lock, makes the files at the first start,
// else reads the snapshot and replays the journal. Whatever is not as it must be stops the start,
// with the file, the place and what to do, and stays untouched: a damaged store is never an empty
// store.
//
//   store.json                        the snapshot (snapshot.ts)
//   journal.0.jsonl journal.1.jsonl   what changed since (journal_format.ts)
//   keys.json                         the keys (keys_file.ts)
//   lock.json lock-<random>.sock      who owns the directory (lock.ts)

import { join } from "node:path"
import { exitCodes, OperatorError, systemCode } from "../../errors.ts"
import { type Disk, removeLeftovers } from "../../system/disk.ts"
import { fileExitCode, fileHint } from "../../system/failure.ts"
import { secureDirectory, secureFile } from "../../system/private_files.ts"
import { nothingThere } from "../data_directory.ts"
import { namingFile, unreadable } from "./damage.ts"
import { HeldFiles } from "./held_files.ts"
import { entriesAfter, journalNames, makeSegments, readSegment, type Segment } from "./journal.ts"
import type { JournalReading } from "./journal_format.ts"
import { JsonStore } from "./json_store.ts"
import { keysFileName } from "./keys_file.ts"
import { type Lock, takeLock, takenMeanwhile } from "./lock.ts"
import { lockFileName } from "./lock_file.ts"
import { readSnapshot, snapshotName, writeSnapshot } from "./snapshot.ts"
import { hasStoreFiles, refuseForeign, warnOfOpenParent } from "./store_directory.ts"
import { apply, emptyTables, type Tables } from "./tables.ts"

/** What opening a store needs. */
export interface JsonStoreOptions {
  readonly directory: string
  /** The directory by the name that the next start goes by, where that is a link. */
  readonly name?: string
  readonly disk: Disk
  /** Told of what the operator should know: repaired modes, a torn write, a snapshot that failed. */
  readonly warn: (event: string, message: string) => void
  /** Told when nothing can be written any more; `warn` unless given. */
  readonly alarm?: (event: string, message: string) => void
  /** Whether a store is made where there is none: yes, unless told. */
  readonly mayMake?: boolean
  /** Bytes of journal after which a snapshot is taken at the earliest. */
  readonly bytesBetweenSnapshotsMin?: number
}

/** Files beside the snapshot and the journal: where there is one, there is or was a store. */
const companions: readonly string[] = [keysFileName]

const renewMillis = 1000
const bytesBetweenSnapshotsMin = 4 * 1024 * 1024

interface Contents {
  readonly tables: Tables
  readonly covered: number
  readonly snapshotBytes: number
  readonly readings: readonly [previous: Found, current: Found]
}

interface Found extends JournalReading {
  readonly path: string
}

/**
 * Opens the store, or makes a new one where the directory has none.
 * @throws OperatorError when another process has it, or when a file can't be read as a store's
 */
export async function openJsonStore(options: JsonStoreOptions): Promise<JsonStore> {
  const { directory, disk, mayMake = true } = options
  try {
    // Before anything is made or mended.
    if (!mayMake && !(await hasStoreFiles(directory, { companions, disk })))
      throw nothingThere(directory)
    await refuseForeign(directory, disk)
    const repaired = [
      await secureDirectory(directory, disk),
      await secureFile(join(directory, lockFileName), disk),
    ]
    const lock = await takeLock(directory, options)
    // A large store takes seconds to read.
    const renewing = setInterval(() => void lock.renew().catch(() => {}), renewMillis).unref()
    try {
      for (const name of [snapshotName, ...journalNames, ...companions]) {
        repaired.push(await secureFile(join(directory, name), disk))
      }
      for (const notice of repaired)
        if (notice !== null) options.warn("store.mode_repaired", notice)
      await warnOfOpenParent(options)
      await removeLeftovers(directory, disk)
      const contents = (await readContents(options)) ?? (await makeContents(options))
      // From here on files are written to.
      if (!(await lock.renew())) throw takenMeanwhile(directory)
      return await start(contents, lock, options)
    } catch (error) {
      await lock.release()
      throw error
    } finally {
      clearInterval(renewing)
    }
  } catch (error) {
    throw toOperatorError(error, directory)
  }
}

async function start(
  contents: Contents,
  lock: Lock,
  options: JsonStoreOptions,
): Promise<JsonStore> {
  const { directory, name = directory, disk, warn, alarm = warn } = options
  const holding = new HeldFiles({ directory: name, disk, lock, alarm })
  try {
    const segments: Segment[] = []
    for (const reading of contents.readings) {
      const { path, length, tornBytes } = reading
      if (tornBytes > 0) {
        const message = `Dropped ${tornBytes} bytes of a write that was cut short and never acknowledged`
        warn("store.torn_write_dropped", `${message}, at the end of '${path}'`)
      }
      segments.push({ ...reading, held: await holding.openToWrite(path, length) })
    }
    for (const file of [snapshotName, ...companions]) await holding.hold(join(directory, file))
    return new JsonStore(contents.tables, segments as [Segment, Segment], {
      directory,
      covered: contents.covered,
      snapshotBytes: contents.snapshotBytes,
      bytesBetweenSnapshotsMin: options.bytesBetweenSnapshotsMin ?? bytesBetweenSnapshotsMin,
      ...{ holding, warn },
      async release() {
        await holding.close()
        await lock.release()
      },
    })
  } catch (error) {
    await holding.close()
    throw error
  }
}

async function readContents(options: JsonStoreOptions): Promise<Contents | null> {
  const { directory, disk } = options
  const snapshotPath = join(directory, snapshotName)
  const snapshot = await namingFile(snapshotPath, () => readSnapshot(snapshotPath, disk))
  const [first, second] = await Promise.all(
    journalNames.map((name) => find(join(directory, name), disk)),
  )
  if (snapshot === null) {
    // The snapshot is made last, so a first start that was cut short has at most empty journals.
    if (!isUnused(first) || !isUnused(second)) {
      throw unreadable(snapshotPath, "it is missing, but there is a journal of its changes")
    }
    for (const name of companions) {
      if ((await disk.inspect(join(directory, name))) === null) continue
      throw unreadable(snapshotPath, `it is missing, but there is '${name}' beside it`)
    }
    return null
  }
  if (!first || !second) {
    const missing = journalNames[first ? 1 : 0]
    throw unreadable(join(directory, missing), "it is missing, but there is a snapshot beside it")
  }
  const readings = inOrder(first, second)
  const entries = entriesAfter(snapshot.sequence, readings)
  if (entries === null || lastNumber(readings[1]) !== snapshot.sequence + entries.length) {
    throw unreadable(
      readings[1].path,
      `entries after number ${snapshot.sequence}, the snapshot's, are missing: the files are not of one store`,
    )
  }
  for (const entry of entries) for (const change of entry.changes) apply(snapshot.tables, change)
  const { tables, sequence: covered, bytes: snapshotBytes } = snapshot
  return { tables, covered, snapshotBytes, readings }
}

async function makeContents(options: JsonStoreOptions): Promise<Contents> {
  const { directory, disk, mayMake = true } = options
  if (!mayMake) throw nothingThere(directory)
  await makeSegments(directory, disk)
  await writeSnapshot(join(directory, snapshotName), 0, emptyTables(), disk)
  const made = await readContents(options)
  if (made === null) throw new Error("The store that was just made is not there")
  return made
}

async function find(path: string, disk: Disk): Promise<Found | null> {
  const reading = await namingFile(path, () => readSegment(path, disk))
  return reading === null ? null : { ...reading, path }
}

function isUnused(found: Found | null | undefined): boolean {
  return !found || (lastNumber(found) === 0 && found.tornBytes === 0)
}

function lastNumber({ after, entries }: JournalReading): number {
  return after + entries.length
}

// The current file is the one with the last entry. Right after the files changed places it has none
// yet and follows the other's last; a header that says something else was renewed in part.
function inOrder(first: Found, second: Found): readonly [previous: Found, current: Found] {
  const lastEntry = ({ entries }: Found) => entries.at(-1)?.sequence ?? 0
  const [older, newer] = lastEntry(first) > lastEntry(second) ? [second, first] : [first, second]
  return older.after === lastNumber(newer) ? [newer, older] : [older, newer]
}

function toOperatorError(error: unknown, directory: string): unknown {
  if (systemCode(error) === null) return error
  const { message } = error as Error
  return new OperatorError(`The data directory '${directory}' can't be used: ${message}`, {
    hint: fileHint(error, "POSTERN_DATA_DIR"),
    exitCode: fileExitCode(error, exitCodes.damagedData),
    cause: error,
  })
}
