// Appends entries to the journal, so that concurrent writers share one write to the disk, and says
// when a snapshot is due. The text of the files is journal_format.ts's.
//
// There are two files, made once and never replaced. One takes the entries, the other holds the
// entries before. When the first has grown large and a snapshot covers the other, the two change
// places, and the new current file starts empty. So the entries of the last snapshot are kept until
// the next snapshot: the permission model forbids fsync on a directory, and a power failure may
// undo the snapshot's rename. The snapshot before and both files then still give every entry. By
// the next change of places megabytes of entries were written through after the rename. On file
// systems that keep changes of names in order (ext4, XFS) the rename reached the disk with them.
//
// A full disk is over when there is room: held_files.ts cuts off the bytes of a write that failed.

import { join } from "node:path"
import { type Disk, replaceFile } from "../../system/disk.ts"
import type { HeldFile, Holding } from "./held_files.ts"
import {
  encodeEntry,
  encodeHeader,
  headerLength,
  type JournalEntry,
  type JournalReading,
  readJournal,
} from "./journal_format.ts"
import type { Change } from "./tables.ts"

/** Names of the two files in the data directory. */
export const journalNames = ["journal.0.jsonl", "journal.1.jsonl"] as const

/** Called once for each append, in order: with null when the entry is on disk, else with the error. */
export type Settle = (failure: unknown) => void

/** Called right after the entry `sequence` was settled and before any later one is. */
export type SnapshotDue = (sequence: number) => void

/** A journal file that was read and is held. */
export interface Segment extends JournalReading {
  readonly held: HeldFile
}

interface Pending {
  readonly changes: readonly Change[]
  readonly settle: Settle
}

/** The writing end of a journal. */
export class Journal {
  readonly #snapshotDue: SnapshotDue
  readonly #holding: Holding
  #current: HeldFile
  #previous: HeldFile
  /** The last sequence number that only the previous file and a snapshot hold. */
  #previousLast: number
  #covered: number
  #sequence: number
  #snapshotAt: number
  #bytesBetweenSnapshots: number
  #pending: Pending[] = []
  #draining: Promise<void> | null = null

  /** Goes on with files that were read and opened; `covered` is the snapshot's sequence number. */
  constructor(
    segments: readonly [previous: Segment, current: Segment],
    options: {
      readonly covered: number
      readonly bytesBetweenSnapshots: number
      readonly snapshotDue: SnapshotDue
      readonly holding: Holding
    },
  ) {
    const [previous, current] = segments
    this.#previous = previous.held
    this.#current = current.held
    this.#previousLast = current.after
    this.#covered = options.covered
    this.#sequence = current.after + current.entries.length
    this.#bytesBetweenSnapshots = options.bytesBetweenSnapshots
    this.#snapshotAt = headerLength + options.bytesBetweenSnapshots
    this.#snapshotDue = options.snapshotDue
    this.#holding = options.holding
  }

  /**
   * Writes an entry of these changes. When a write fails, so do all that wait behind it: what they
   * change may build on what it would have changed.
   */
  append(changes: readonly Change[], settle: Settle): void {
    this.#pending.push({ changes, settle })
    this.#draining ??= this.#drain()
  }

  /** Notes that a snapshot of everything up to `sequence` is in place, and sets the next distance. */
  snapshotTaken(sequence: number, bytesBetweenSnapshots: number): void {
    this.#covered = sequence
    this.#bytesBetweenSnapshots = bytesBetweenSnapshots
    this.#snapshotAt = this.#current.length + bytesBetweenSnapshots
  }

  /** Waits until nothing is being written. */
  async close(): Promise<void> {
    await this.#draining
  }

  async #drain(): Promise<void> {
    // A turn of the microtask queue: callers of the same moment join this write.
    await null
    while (this.#pending.length > 0) {
      const batch = this.#pending
      this.#pending = []
      try {
        await this.#write(batch)
      } catch (failure) {
        const behind = this.#pending
        this.#pending = []
        for (const { settle } of [...batch, ...behind]) settle(failure)
        continue
      }
      this.#sequence += batch.length
      for (const { settle } of batch) settle(null)
      if (this.#current.length >= this.#snapshotAt) await this.#makeRoom()
    }
    this.#draining = null
  }

  async #write(batch: readonly Pending[]): Promise<void> {
    const lines = batch.map(({ changes }, index) =>
      encodeEntry({ sequence: this.#sequence + index + 1, changes }),
    )
    await this.#holding.append(this.#current, Buffer.concat(lines))
  }

  // Without a snapshot that covers the previous file, that file can't be given up: the current one
  // goes on growing, and the snapshot is asked for again after as many bytes.
  async #makeRoom(): Promise<void> {
    this.#snapshotAt = this.#current.length + this.#bytesBetweenSnapshots
    if (this.#covered >= this.#previousLast) await this.#changePlaces().catch(() => {})
    this.#snapshotDue(this.#sequence)
  }

  // When this fails the current file is still whole and goes on. The other file still reads as a
  // journal of the entries that it had.
  async #changePlaces(): Promise<void> {
    const next = this.#previous
    await this.#holding.restart(next, encodeHeader(this.#sequence))
    this.#previous = this.#current
    this.#previousLast = this.#sequence
    this.#current = next
    this.#snapshotAt = headerLength + this.#bytesBetweenSnapshots
  }
}

/** Makes the two files of a new store, each in one step: a start that is cut short can be repeated. */
export async function makeSegments(directory: string, disk: Disk): Promise<void> {
  for (const name of journalNames) {
    await replaceFile(join(directory, name), [encodeHeader(0)], disk)
  }
}

/**
 * Reads a journal file, or gives null where there is none.
 * @throws StoreDamage when it is not as it must be; the file stays untouched
 */
export async function readSegment(path: string, disk: Disk): Promise<JournalReading | null> {
  const bytes = await disk.read(path)
  if (bytes === null) return null
  return readJournal(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
}

/** The entries of both files that a snapshot of `covered` lacks, oldest first. */
export function entriesAfter(
  covered: number,
  readings: readonly [JournalReading, JournalReading],
): readonly JournalEntry[] | null {
  const entries = readings
    .flatMap((reading) => reading.entries)
    .filter((entry) => entry.sequence > covered)
  const gapless = entries.every((entry, index) => entry.sequence === covered + index + 1)
  return gapless ? entries : null
}
