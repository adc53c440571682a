// The default engine: all records in memory, each change appended to the journal before it counts.
//
// A change is decided against what is staged, that is on its way to the disk. Reads don't see that:
// they give only what the disk has. An outcome that rests on a staged change
// ("taken", by an add that is still being written) waits for it, and fails with it.

import type { Disk } from "../disk.ts"
import { Unavailable } from "../errors.ts"
import { Journal, type Segment } from "./journal.ts"
import { writeSnapshot } from "./snapshot.ts"
import type { Store, User, UserChange } from "./store.ts"
import { apply, type Change, type Records, type TableName, type Tables } from "./tables.ts"

/** What `openJsonStore` found and was told. */
export interface JsonStoreParts {
  /** Sequence number and size of the snapshot. */
  readonly covered: number
  readonly snapshotBytes: number
  readonly snapshotPath: string
  readonly bytesBetweenSnapshotsMin: number
  readonly disk: Disk
  readonly warn: (event: string, message: string) => void
  /** Gives the directory's lock back. */
  readonly release: () => Promise<void>
}

/** A change on its way to the disk. */
interface Staged {
  readonly change: Change
  readonly written: Promise<void>
}

const secondsUntilRetry = 5

/** The store over a snapshot and a journal. Made by `openJsonStore`. */
export class JsonStore implements Store {
  readonly #parts: JsonStoreParts
  readonly #tables: Tables
  readonly #journal: Journal
  /** By table and key, the latest change that is not on disk yet. */
  readonly #staged = new Map<string, Staged>()
  #snapshot: Promise<void> | null = null
  #closed = false

  constructor(tables: Tables, segments: readonly [Segment, Segment], parts: JsonStoreParts) {
    this.#parts = parts
    this.#tables = tables
    this.#journal = new Journal(segments, {
      covered: parts.covered,
      bytesBetweenSnapshots: Math.max(parts.bytesBetweenSnapshotsMin, parts.snapshotBytes),
      snapshotDue: (sequence) => this.#takeSnapshot(sequence),
    })
  }

  findUser(username: string): User | null {
    this.#assertOpen()
    return this.#tables.users.get(username) ?? null
  }

  countUsers(): number {
    this.#assertOpen()
    return this.#tables.users.size
  }

  listUsers(): readonly User[] {
    this.#assertOpen()
    return [...this.#tables.users.values()].sort((a, b) => (a.username < b.username ? -1 : 1))
  }

  async addUser(user: User): Promise<"added" | "taken" | "reserved"> {
    const { username } = user
    if (this.#latest("users", username) !== null) {
      return this.#decided("users", username, "taken" as const)
    }
    if (this.#latest("reservedNames", username) !== null) {
      return this.#decided("reservedNames", username, "reserved" as const)
    }
    await this.#write([["users", username, frozen(user)]])
    return "added"
  }

  async seedUsers(users: readonly User[]): Promise<"seeded" | "in_use"> {
    this.#assertOpen()
    const { users: known, reservedNames } = this.#tables
    if (known.size + reservedNames.size > 0) return "in_use"
    // Staged adds may still fail: who comes first is settled when they are written.
    const adds = [...this.#staged.values()].map(({ written }) => written)
    if (adds.length > 0) {
      await Promise.all(adds)
      return "in_use"
    }
    await this.#write(users.map((user) => ["users", user.username, frozen(user)]))
    return "seeded"
  }

  async changeUser(
    username: string,
    change: UserChange,
    condition?: { readonly ifPasswordHash: string },
  ): Promise<User | null> {
    const user = this.#latest("users", username)
    const unmet = condition !== undefined && user?.passwordHash !== condition.ifPasswordHash
    if (user === null || unmet) return this.#decided("users", username, null)
    const changed = frozen({ ...user, ...change })
    await this.#write([["users", username, changed]])
    return changed
  }

  async deleteUser(username: string, deletedAt: number): Promise<"deleted" | "absent"> {
    if (this.#latest("users", username) === null) {
      return this.#decided("users", username, "absent" as const)
    }
    await this.#write([
      ["users", username, null],
      ["reservedNames", username, Object.freeze({ username, deletedAt })],
    ])
    return "deleted"
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    try {
      await this.#journal.close()
    } finally {
      // Not before it has ended: its rename must not meet the next owner's files.
      await this.#snapshot
      await this.#parts.release()
    }
  }

  /** The record as it will be when everything staged is on disk. */
  #latest<T extends TableName>(table: T, key: string): Records[T] | null {
    this.#assertOpen()
    const staged = this.#staged.get(stagedKey(table, key))
    if (staged !== undefined) return staged.change[2] as Records[T] | null
    return (this.#tables[table] as Map<string, Records[T]>).get(key) ?? null
  }

  /** An outcome without a change of its own: true once what it rests on is on disk. */
  async #decided<T>(table: TableName, key: string, outcome: T): Promise<T> {
    await this.#staged.get(stagedKey(table, key))?.written
    return outcome
  }

  #write(changes: readonly Change[]): Promise<void> {
    const written = new Promise<void>((resolve, reject) => {
      this.#journal.append(changes, (failure) => {
        for (const change of changes) {
          this.#unstage(change)
          if (failure === null) apply(this.#tables, change)
        }
        if (failure === null) resolve()
        else reject(this.#unwritten(failure))
      })
    })
    for (const change of changes) {
      this.#staged.set(stagedKey(change[0], change[1]), { change, written })
    }
    return written
  }

  #unstage(change: Change): void {
    const key = stagedKey(change[0], change[1])
    if (this.#staged.get(key)?.change === change) this.#staged.delete(key)
  }

  #unwritten(cause: unknown): Unavailable {
    const message = "The change could not be stored"
    return new Unavailable(message, { cause, retryAfterSeconds: secondsUntilRetry })
  }

  // Called between two writes, so the tables are exactly at `sequence`, and `writeSnapshot` sets
  // them aside before anything else runs. If it fails the journal goes on growing and asks again.
  #takeSnapshot(sequence: number): void {
    if (this.#snapshot !== null) return
    const { snapshotPath, disk, warn, bytesBetweenSnapshotsMin } = this.#parts
    this.#snapshot = writeSnapshot(snapshotPath, sequence, this.#tables, disk)
      .then((bytes) =>
        this.#journal.snapshotTaken(sequence, Math.max(bytesBetweenSnapshotsMin, bytes)),
      )
      .catch((error) => warn("store.snapshot_failed", String(error)))
      .finally(() => {
        this.#snapshot = null
      })
  }

  #assertOpen(): void {
    if (this.#closed) throw new Unavailable("The store is closed")
  }
}

function stagedKey(table: TableName, key: string): string {
  return `${table}/${key}`
}

function frozen(user: User): User {
  return Object.freeze({ ...user, roles: Object.freeze([...user.roles]) })
}
