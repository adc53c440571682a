// Opens the JSON store of a data directory: takes the lock, then makes the files at the first
// start, or reads the snapshot and replays the journal. A file that can't be read stops the start
// with its path, the line and what to do, and is not changed. A damaged store is never an empty
// store.
//
//   store.json                        the snapshot (snapshot.ts)
//   journal.0.jsonl journal.1.jsonl   what changed since (journal_format.ts)
//   keys.json                         the keys (keys_file.ts)
//   lock.json lock-<random>.sock      who owns the directory (lock.ts)

import { join } from "node:path"
import { type Disk, removeLeftovers } from "../../system/disk.ts"
import { secureFile } from "../../system/private_files.ts"
import { isDeployed, nothingThere } from "../data_directory.ts"
import { readStoreFile, unreadable } from "./damage.ts"
import {
  directoryFailure,
  type HoldOptions,
  holdDirectory,
  warnOfOpenParent,
} from "./held_directory.ts"
import type { HeldFiles } from "./held_files.ts"
import { journalNames, makeSegments, type Segment } from "./journal.ts"
import { type JournalReading, readJournal } from "./journal_format.ts"
import { JsonStore } from "./json_store.ts"
import { keysFileName } from "./keys_file.ts"
import { takenMeanwhile } from "./lock.ts"
import { readSnapshot, snapshotName, writeSnapshot } from "./snapshot.ts"
import { apply, emptyTables, type Tables } from "./tables.ts"

/** What opening a store needs. */
export interface JsonStoreOptions extends HoldOptions {
  /** Whether a store is made where there is none. Default: true. */
  readonly mayMake?: boolean
  /** Bytes of journal after which a snapshot is taken at the earliest. */
  readonly bytesBetweenSnapshotsMin?: number
}

const bytesBetweenSnapshotsMin = 4 * 1024 * 1024

interface Contents {
  readonly tables: Tables
  readonly covered: number
  readonly snapshotBytes: number
  readonly snapshotWrittenAt: number
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
  const { directory, disk, warn, mayMake = true } = options
  try {
    // Before anything is made or mended.
    if (!mayMake && !(await isDeployed(directory, disk))) throw nothingThere(directory)
    // Renews the lock from now on: reading a large store takes seconds.
    const { lock, holding } = await holdDirectory(options)
    try {
      for (const file of [snapshotName, ...journalNames, keysFileName]) {
        const repaired = await secureFile(join(directory, file), disk)
        if (repaired !== null) warn("store.mode_repaired", repaired)
      }
      await warnOfOpenParent(options)
      await removeLeftovers(directory, disk)
      const contents = (await readContents(directory, disk)) ?? (await makeContents(options))
      // From here on files are written to.
      if (!(await lock.renew())) throw takenMeanwhile(directory)
      return await openContents(contents, holding, options)
    } catch (error) {
      await holding.close()
      throw error
    }
  } catch (error) {
    throw directoryFailure(error, directory)
  }
}

/**
 * Reads a store without opening it, and says how much is in it. Nothing is changed, and no lock is
 * taken: while a process has the store, what is read need not fit together.
 * @throws OperatorError as `openJsonStore`
 */
export async function countRecords(
  directory: string,
  disk: Disk,
): Promise<{ readonly users: number; readonly sessions: number }> {
  const contents = await readContents(directory, disk)
  const { users, sessions } = contents?.tables ?? emptyTables()
  return { users: users.size, sessions: sessions.size }
}

async function openContents(
  { readings, ...contents }: Contents,
  holding: HeldFiles,
  options: JsonStoreOptions,
): Promise<JsonStore> {
  const { directory, warn } = options
  const segments: Segment[] = []
  for (const reading of readings) {
    const { path, length, tornBytes } = reading
    if (tornBytes > 0) {
      const message = `Dropped ${tornBytes} bytes of a write that was cut short and never acknowledged`
      warn("store.torn_write_dropped", `${message}, at the end of '${path}'`)
    }
    segments.push({ ...reading, held: await holding.openToWrite(path, length) })
  }
  for (const file of [snapshotName, keysFileName]) await holding.hold(join(directory, file))
  const parts = { bytesBetweenSnapshotsMin, ...options, ...contents, holding }
  return new JsonStore(contents.tables, segments as [Segment, Segment], parts)
}

async function readContents(directory: string, disk: Disk): Promise<Contents | null> {
  const snapshotPath = join(directory, snapshotName)
  const found = await disk.inspect(snapshotPath)
  const snapshot = await readStoreFile(snapshotPath, disk, readSnapshot)
  const [first, second] = await Promise.all(
    journalNames.map((name) => readSegment(join(directory, name), disk)),
  )
  if (snapshot === null || found === null) {
    // The snapshot is made last, so a first start that was cut short has at most empty journals.
    if (!isUnused(first) || !isUnused(second)) {
      throw unreadable(snapshotPath, "it is missing, but there is a journal of its changes")
    }
    if ((await disk.inspect(join(directory, keysFileName))) === null) return null
    // Unused journals were left by a copy that was interrupted in its last step.
    const advice =
      first && second
        ? " If `postern store copy` was interrupted here, remove the files and copy again."
        : ""
    const why = `it is missing, but there is '${keysFileName}' beside it`
    throw unreadable(snapshotPath, why, { advice })
  }
  if (!first || !second) {
    const missing = journalNames[first ? 1 : 0]
    throw unreadable(join(directory, missing), "it is missing, but there is a snapshot beside it")
  }
  const { tables, sequence: covered, bytes: snapshotBytes } = snapshot
  const readings = inOrder(first, second)
  const entries = readings.flatMap((reading) =>
    reading.entries.filter(({ sequence }) => sequence > covered),
  )
  const isGapless = entries.every(({ sequence }, index) => sequence === covered + index + 1)
  if (!isGapless || lastNumber(readings[1]) !== covered + entries.length) {
    throw unreadable(
      readings[1].path,
      `entries after number ${covered}, the snapshot's, are missing: the files are not of one store`,
    )
  }
  for (const entry of entries) for (const change of entry.changes) apply(tables, change)
  return { tables, covered, snapshotBytes, snapshotWrittenAt: found.modifiedAt, readings }
}

async function makeContents(options: JsonStoreOptions): Promise<Contents> {
  const { directory, disk, mayMake = true } = options
  if (!mayMake) throw nothingThere(directory)
  await makeSegments(directory, disk)
  await writeSnapshot(join(directory, snapshotName), 0, emptyTables(), disk)
  const made = await readContents(directory, disk)
  if (made === null) throw new Error("The store that was just made is not there")
  return made
}

async function readSegment(path: string, disk: Disk): Promise<Found | null> {
  const reading = await readStoreFile(path, disk, readJournal)
  return reading && { ...reading, path }
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
