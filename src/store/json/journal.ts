// Appends entries to the journal and takes snapshots. Concurrent writers share one write to the
// disk. The format of the files is journal_format.ts's.
//
// There are two files, made once and never replaced. The current file takes new entries; the
// previous file holds the entries before them. When the current file is large and a snapshot covers
// the previous file, the two change places, and the new current file starts empty.
//
// Why two: the permission model forbids fsync on a directory, so a power failure may undo the
// rename of a snapshot. The older snapshot and both files then still hold every entry. Before the
// files change places again, megabytes of entries are written through. File systems that keep
// renames in order (ext4, XFS) have written the rename by then.

import { join } from "node:path"
import { monotonicMillis, systemClock } from "../../clock.ts"
import { type Disk, replaceFile } from "../../system/disk.ts"
import { Durations } from "../../system/durations.ts"
import type { JournalFigures, StoreFigures } from "../figures.ts"
import type { HeldFile, Holding } from "./held_files.ts"
import { encodeEntry, encodeHeader, headerLength, type JournalReading } from "./journal_format.ts"
import type { Change } from "./tables.ts"

/** Names of the two files in the data directory. */
export const journalNames = ["journal.0.jsonl", "journal.1.jsonl"] as const

/** Called once an append, in order: with null when the entry is on disk, or with the error. */
type Settle = (failure: unknown) => void

/** A journal file that was read and is held. */
export interface Segment extends JournalReading {
  readonly held: HeldFile
}

/** What a journal works with. */
export interface JournalOptions {
  /** The snapshot that is there: the number of the last entry that it covers, and its size. */
  readonly covered: number
  readonly snapshotBytes: number
  /** When it was written, in epoch seconds. */
  readonly snapshotWrittenAt: number
  /** A snapshot is due after so many bytes of entries, or as many as the last snapshot has. */
  readonly bytesBetweenSnapshotsMin: number
  /**
   * Replaces the snapshot with the tables at the entry `sequence`, and gives its size. Called when
   * that entry is settled and no later one is, so it must copy what it needs before it waits.
   */
  readonly writeSnapshot: (sequence: number) => Promise<number>
  readonly holding: Holding
  readonly warn: (event: string, message: string) => void
}

interface Pending {
  readonly changes: readonly Change[]
  readonly settle: Settle
}

/** The writing end of a journal. */
export class Journal {
  readonly #options: JournalOptions
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
  #snapshot: Promise<void> | null = null
  readonly #writes = new Durations()
  readonly #changes = { done: 0, failed: 0 }
  #lastSnapshot: JournalFigures["snapshot"]

  constructor(
    [previous, current]: readonly [previous: Segment, current: Segment],
    options: JournalOptions,
  ) {
    this.#options = options
    this.#previous = previous.held
    this.#current = current.held
    this.#previousLast = current.after
    this.#covered = options.covered
    this.#sequence = current.after + current.entries.length
    this.#bytesBetweenSnapshots = this.#distanceAfter(options.snapshotBytes)
    this.#snapshotAt = headerLength + this.#bytesBetweenSnapshots
    const { snapshotBytes: bytes, snapshotWrittenAt: writtenAt } = options
    this.#lastSnapshot = { bytes, writtenAt, seconds: null, failures: 0 }
  }

  /** Its numbers since it was opened. */
  figures(): StoreFigures {
    return {
      writes: this.#writes,
      changes: this.#changes,
      journal: {
        bytes: this.#current.length + this.#previous.length,
        entriesSinceSnapshot: this.#sequence - this.#covered,
        snapshot: this.#lastSnapshot,
      },
      database: null,
    }
  }

  /**
   * Writes an entry of these changes. When a write fails, all that wait behind it fail too, because
   * their changes may build on the changes that failed.
   */
  append(changes: readonly Change[], settle: Settle): void {
    this.#pending.push({ changes, settle })
    this.#draining ??= this.#drain()
  }

  /** Waits until neither an entry nor a snapshot is being written. */
  async close(): Promise<void> {
    await this.#draining
    await this.#snapshot
  }

  async #drain(): Promise<void> {
    // Callers of the same microtask join this write.
    await null
    while (this.#pending.length > 0) {
      const batch = this.#pending
      this.#pending = []
      try {
        await this.#write(batch)
      } catch (failure) {
        const behind = this.#pending
        this.#pending = []
        this.#changes.failed += batch.length + behind.length
        for (const { settle } of [...batch, ...behind]) settle(failure)
        continue
      }
      this.#sequence += batch.length
      this.#changes.done += batch.length
      for (const { settle } of batch) settle(null)
      if (this.#current.length >= this.#snapshotAt) await this.#makeRoom()
    }
    this.#draining = null
  }

  async #write(batch: readonly Pending[]): Promise<void> {
    const lines = batch.map(({ changes }, index) =>
      encodeEntry({ sequence: this.#sequence + index + 1, changes }),
    )
    const startedAt = monotonicMillis()
    await this.#options.holding.append(this.#current, Buffer.concat(lines))
    this.#writes.add((monotonicMillis() - startedAt) / 1000)
  }

  // Until a snapshot covers the previous file, the current file goes on growing, and the next
  // snapshot is tried after as many bytes.
  async #makeRoom(): Promise<void> {
    this.#snapshotAt = this.#current.length + this.#bytesBetweenSnapshots
    if (this.#covered >= this.#previousLast) await this.#changePlaces().catch(() => {})
    this.#snapshot ??= this.#takeSnapshot(this.#sequence)
  }

  async #takeSnapshot(sequence: number): Promise<void> {
    const { writeSnapshot, warn } = this.#options
    const startedAt = monotonicMillis()
    try {
      const bytes = await writeSnapshot(sequence)
      const seconds = (monotonicMillis() - startedAt) / 1000
      this.#lastSnapshot = { ...this.#lastSnapshot, bytes, writtenAt: systemClock.now(), seconds }
      this.#bytesBetweenSnapshots = this.#distanceAfter(bytes)
      this.#covered = sequence
      this.#snapshotAt = this.#current.length + this.#bytesBetweenSnapshots
    } catch (error) {
      const failures = this.#lastSnapshot.failures + 1
      this.#lastSnapshot = { ...this.#lastSnapshot, failures }
      warn("store.snapshot_failed", String(error))
    } finally {
      this.#snapshot = null
    }
  }

  #distanceAfter(snapshotBytes: number): number {
    return Math.max(this.#options.bytesBetweenSnapshotsMin, snapshotBytes)
  }

  // After a failure the current file goes on. The other file still reads as a journal of the
  // entries that it had.
  async #changePlaces(): Promise<void> {
    const next = this.#previous
    await this.#options.holding.restart(next, encodeHeader(this.#sequence))
    this.#previous = this.#current
    this.#previousLast = this.#sequence
    this.#current = next
    this.#snapshotAt = headerLength + this.#bytesBetweenSnapshots
  }
}

/** Makes the two files of a new store. A start that is cut short can be repeated. */
export async function makeSegments(directory: string, disk: Disk): Promise<void> {
  for (const name of journalNames) {
    await replaceFile(join(directory, name), [encodeHeader(0)], disk)
  }
}
