// The tables of an open store. A pending record is a record as it will be when the writes in
// progress are on disk. Changes are decided on pending records, and reads see committed records. An
// outcome that depends on a pending record ("taken", by a creation in progress) waits for the write
// of that record, and fails if the write fails.

import type { Session } from "../../domain/session.ts"
import type { User } from "../../domain/user.ts"
import { isAdmin } from "../../domain/user_condition.ts"
import { Unavailable } from "../../errors.ts"
import type { Records, TableName } from "../records.ts"
import type { Revocations } from "../store.ts"
import { Admins, Handles, SidsByUser } from "./indexes.ts"
import type { Journal } from "./journal.ts"
import { RevocationListing } from "./revocation_listing.ts"
import type { SortedNames } from "./sorted_names.ts"
import { apply, type Change, readChange, type Tables } from "./tables.ts"

/** A change that is being written. */
interface Staged {
  readonly change: Change
  readonly written: Promise<void>
}

const secondsUntilRetry = 5

/** The tables of an open store. */
export class StagedTables {
  readonly #tables: Tables
  readonly #journal: Journal
  /** By table and key, the latest change that is being written. */
  readonly #staged = new Map<string, Staged>()
  readonly #handles: Handles
  /** Of committed and pending sessions. */
  readonly #sids: SidsByUser
  readonly #listing = new RevocationListing()
  /** Made when somebody asks for the first time. Until then it costs nothing. */
  #admins: Admins | null = null
  /** The names of the committed users, for who makes it (user_pages.ts). */
  names: SortedNames | null = null
  #closed = false

  constructor(tables: Tables, journal: Journal) {
    this.#tables = tables
    this.#journal = journal
    this.#handles = new Handles(tables.users)
    this.#sids = new SidsByUser(tables.sessions)
  }

  /** The records that are on disk. */
  get committed(): Tables {
    this.assertOpen()
    return this.#tables
  }

  /** The name of the committed user who has a handle, or undefined. */
  usernameOf(handle: string): string | undefined {
    this.assertOpen()
    return this.#handles.find(handle)
  }

  /** The sids of a user's committed and pending sessions. */
  sidsOf(username: string): readonly string[] {
    this.assertOpen()
    return this.#sids.of(username)
  }

  /** The committed sessions and tokens to refuse. */
  revocations(now: number): Revocations {
    return this.#listing.at(now, this.committed)
  }

  /** @throws Unavailable when the store is closed */
  assertOpen(): void {
    if (this.#closed) throw new Unavailable("The store is closed")
  }

  /** The pending record, or null when there will be none. */
  pending<T extends TableName>(table: T, key: string): Records[T] | null {
    const committed = this.committed[table] as Map<string, Records[T]>
    const staged = this.#staged.get(stagedKey(table, key))
    if (staged !== undefined) return staged.change[2] as Records[T] | null
    return committed.get(key) ?? null
  }

  /** Gives an outcome when the pending record that it depends on is on disk. */
  async onceCommitted<T>(table: TableName, key: string, outcome: T): Promise<T> {
    await this.#staged.get(stagedKey(table, key))?.written
    return outcome
  }

  /** Finds out who administers, before a change is decided that depends on that. */
  findAdmins(): Promise<void> {
    this.assertOpen()
    this.#admins ??= new Admins(this.#tables.users)
    return this.#admins.ready
  }

  /**
   * Whether somebody else than a user administers: by the records on disk, and still when what is
   * being written is on disk. So no failed write can make it untrue.
   */
  hasAdminBeside(username: string): boolean {
    const { users } = this.committed
    const others = this.#adminNames().filter((name) => name !== username)
    return others.some((name) => isAdmin(users.get(name)) && isAdmin(this.pending("users", name)))
  }

  /** Gives an outcome when all pending records of those who administer are on disk. */
  async onceAdminsCommitted<T>(outcome: T): Promise<T> {
    await Promise.all(this.#adminNames().map((name) => this.onceCommitted("users", name, null)))
    return outcome
  }

  /** The writes in progress. Each may fail. */
  pendingWrites(): readonly Promise<void>[] {
    return [...this.#staged.values()].map(({ written }) => written)
  }

  /** Makes changes, all or none. */
  write(changes: readonly Change[]): Promise<void> {
    // A record that cannot be read back would stop the next start.
    for (const change of changes) readChange(change)
    const sessions = this.#sessionsOf(changes)
    const written = new Promise<void>((resolve, reject) => {
      this.#journal.append(changes, (failure) => {
        for (const change of changes) {
          this.#unstage(change)
          if (failure === null) this.#apply(change)
          this.#noteAdmin(change)
        }
        for (const session of sessions) if (!this.#isKnown(session)) this.#sids.delete(session)
        if (failure === null) resolve()
        else reject(unwritten(failure))
      })
    })
    for (const change of changes) {
      this.#staged.set(stagedKey(change[0], change[1]), { change, written })
      this.#noteAdmin(change)
    }
    for (const session of sessions) this.#sids.add(session)
    return written
  }

  /** Makes every later call throw Unavailable. False when it was closed before. */
  close(): boolean {
    if (this.#closed) return false
    this.#closed = true
    return true
  }

  #apply(change: Change): void {
    const [table, key, record] = change
    if (table === "users") {
      this.#handles.replace(this.#tables.users.get(key), record)
      this.names?.note(key, record !== null)
    }
    this.#listing.note(table)
    apply(this.#tables, change)
  }

  /** The sessions that are changed, started or ended: the change of an end has no record. */
  #sessionsOf(changes: readonly Change[]): readonly Session[] {
    return changes.flatMap(([table, sid, record]) =>
      table === "sessions" ? (record ?? this.pending(table, sid) ?? []) : [],
    )
  }

  #isKnown({ sid }: Session): boolean {
    return this.#tables.sessions.has(sid) || this.#staged.has(stagedKey("sessions", sid))
  }

  #adminNames(): readonly string[] {
    return this.#admins?.names() ?? []
  }

  #noteAdmin([table, key]: Change): void {
    if (table !== "users" || this.#admins === null) return
    const staged = this.#staged.get(stagedKey(table, key))?.change[2] as User | null | undefined
    this.#admins.note(key, [this.#tables.users.get(key), staged])
  }

  #unstage(change: Change): void {
    const key = stagedKey(change[0], change[1])
    if (this.#staged.get(key)?.change === change) this.#staged.delete(key)
  }
}

function unwritten(cause: unknown): Unavailable {
  const message = "The change could not be stored"
  return new Unavailable(message, { cause, retryAfterSeconds: secondsUntilRetry })
}

function stagedKey(table: TableName, key: string): string {
  return `${table}/${key}`
}
