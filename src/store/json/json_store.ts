// The default engine: all records in memory, each change appended to the journal before it counts.
// Made by `openJsonStore`.

import { join } from "node:path"
import type { Disk } from "../../system/disk.ts"
import type { FailureStore, KeyStore, SessionStore, Store, UserStore } from "../store.ts"
import { JsonFailures } from "./failed_logins.ts"
import type { Holding } from "./held_files.ts"
import { Journal, type Segment } from "./journal.ts"
import { JsonKeys, keysFileName } from "./keys_file.ts"
import { JsonSessions } from "./sessions.ts"
import { snapshotName, writeSnapshot } from "./snapshot.ts"
import { StagedTables } from "./staged_tables.ts"
import type { Tables } from "./tables.ts"
import { JsonUsers } from "./users.ts"

/** What `openJsonStore` found and was told. */
export interface JsonStoreParts {
  readonly directory: string
  /** Sequence number and size of the snapshot. */
  readonly covered: number
  readonly snapshotBytes: number
  readonly bytesBetweenSnapshotsMin: number
  readonly holding: Holding & { readonly disk: Disk }
  readonly warn: (event: string, message: string) => void
  /** Gives the directory's lock back. */
  readonly release: () => Promise<void>
}

/** The store over a snapshot and a journal. */
export class JsonStore implements Store {
  readonly users: UserStore
  readonly sessions: SessionStore
  readonly failures: FailureStore
  readonly keys: KeyStore
  readonly #parts: JsonStoreParts
  /** For snapshots. Everything else goes through `#staged`. */
  readonly #tables: Tables
  readonly #staged: StagedTables
  readonly #journal: Journal
  #snapshot: Promise<void> | null = null

  constructor(tables: Tables, segments: readonly [Segment, Segment], parts: JsonStoreParts) {
    const { directory, covered, snapshotBytes, bytesBetweenSnapshotsMin, holding } = parts
    this.#parts = parts
    this.#tables = tables
    this.#journal = new Journal(segments, {
      covered,
      bytesBetweenSnapshots: Math.max(bytesBetweenSnapshotsMin, snapshotBytes),
      snapshotDue: (sequence) => this.#takeSnapshot(sequence),
      holding,
    })
    const staged = new StagedTables(tables, this.#journal)
    const sessions = new JsonSessions(staged)
    const failures = new JsonFailures(staged)
    this.#staged = staged
    this.users = new JsonUsers(staged, sessions, failures)
    this.sessions = sessions
    this.failures = failures
    this.keys = new JsonKeys({
      path: join(directory, keysFileName),
      disk: holding.disk,
      assertOpen: () => staged.assertOpen(),
    })
  }

  isInPlace(): boolean {
    return this.#parts.holding.isInPlace
  }

  async close(): Promise<void> {
    if (!this.#staged.close()) return
    try {
      await this.#journal.close()
    } finally {
      // A snapshot's rename must not meet the files of the directory's next owner.
      await this.#snapshot
      await this.#parts.release()
    }
  }

  // Called between two writes, so the tables are exactly at `sequence`, and `writeSnapshot` sets
  // them aside before anything else runs. After a failure the journal grows on and asks again.
  #takeSnapshot(sequence: number): void {
    if (this.#snapshot !== null) return
    const { directory, holding, warn, bytesBetweenSnapshotsMin } = this.#parts
    const path = join(directory, snapshotName)
    this.#snapshot = writeSnapshot(path, sequence, this.#tables, holding.disk)
      .then((bytes) =>
        this.#journal.snapshotTaken(sequence, Math.max(bytesBetweenSnapshotsMin, bytes)),
      )
      .catch((error) => warn("store.snapshot_failed", String(error)))
      .finally(() => {
        this.#snapshot = null
      })
  }
}
