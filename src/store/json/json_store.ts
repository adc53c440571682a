// The default engine: all records in memory, each change appended to the journal before it counts.
// How changes are decided is staged_tables.ts's; sessions are sessions.ts's, failed logins
// failed_logins.ts's.

import type { Session } from "../../domain/session.ts"
import type { Disk } from "../../system/disk.ts"
import type {
  Ending,
  FailedLogins,
  LoginSource,
  Revocations,
  RevokedToken,
  Rotation,
  RotationOutcome,
  Store,
  User,
  UserChanging,
  UserReset,
} from "../store.ts"
import { JsonFailedLogins } from "./failed_logins.ts"
import type { Holding } from "./held_files.ts"
import { Journal, type Segment } from "./journal.ts"
import { JsonSessions } from "./sessions.ts"
import { writeSnapshot } from "./snapshot.ts"
import { StagedTables } from "./staged_tables.ts"
import { frozen, type Tables } from "./tables.ts"

/** What `openJsonStore` found and was told. */
export interface JsonStoreParts {
  /** Sequence number and size of the snapshot. */
  readonly covered: number
  readonly snapshotBytes: number
  readonly snapshotPath: string
  readonly bytesBetweenSnapshotsMin: number
  readonly holding: Holding & { readonly disk: Disk }
  readonly warn: (event: string, message: string) => void
  /** Gives the directory's lock back. */
  readonly release: () => Promise<void>
}

/** The store over a snapshot and a journal. Made by `openJsonStore`. */
export class JsonStore implements Store {
  readonly #parts: JsonStoreParts
  /** For snapshots; all else goes through `#staged`. */
  readonly #tables: Tables
  readonly #staged: StagedTables
  readonly #sessions: JsonSessions
  readonly #failedLogins: JsonFailedLogins
  readonly #journal: Journal
  #snapshot: Promise<void> | null = null

  constructor(tables: Tables, segments: readonly [Segment, Segment], parts: JsonStoreParts) {
    this.#parts = parts
    this.#tables = tables
    this.#journal = new Journal(segments, {
      covered: parts.covered,
      bytesBetweenSnapshots: Math.max(parts.bytesBetweenSnapshotsMin, parts.snapshotBytes),
      snapshotDue: (sequence) => this.#takeSnapshot(sequence),
      holding: parts.holding,
    })
    this.#staged = new StagedTables(tables, this.#journal)
    this.#sessions = new JsonSessions(this.#staged)
    this.#failedLogins = new JsonFailedLogins(this.#staged)
  }

  /** For other files of the directory: it replaces none that is not this store's any more. */
  get disk(): Disk {
    return this.#parts.holding.disk
  }

  isInPlace(): boolean {
    return this.#parts.holding.isInPlace
  }

  findUser(username: string): User | null {
    return this.#staged.stored.users.get(username) ?? null
  }

  countUsers(): number {
    return this.#staged.stored.users.size
  }

  listUsers(): readonly User[] {
    const users = [...this.#staged.stored.users.values()]
    return users.sort((a, b) => (a.username < b.username ? -1 : 1))
  }

  findName(username: string): "free" | "taken" | "reserved" {
    const { users, reservedNames } = this.#staged.stored
    if (users.has(username)) return "taken"
    return reservedNames.get(username)?.isReleased === false ? "reserved" : "free"
  }

  async addUser(user: User): Promise<"added" | "taken" | "reserved"> {
    const { username } = user
    if (this.#staged.latest("users", username) !== null) {
      return this.#staged.decided("users", username, "taken" as const)
    }
    const reserved = this.#staged.latest("reservedNames", username)
    if (reserved === null) {
      await this.#staged.write([["users", username, frozen(user)]])
      return "added"
    }
    if (!reserved.isReleased) {
      return this.#staged.decided("reservedNames", username, "reserved" as const)
    }
    const tokensNotBefore = Math.max(user.tokensNotBefore, reserved.deletedAt + 1)
    await this.#staged.write([
      ["users", username, frozen({ ...user, tokensNotBefore })],
      ["reservedNames", username, null],
    ])
    return "added"
  }

  async seedUsers(users: readonly User[]): Promise<"seeded" | "in_use"> {
    const { users: known, reservedNames } = this.#staged.stored
    if (known.size + reservedNames.size > 0) return "in_use"
    // Staged adds may still fail: who comes first is settled when they are written.
    const adds = this.#staged.writing()
    if (adds.length > 0) {
      await Promise.all(adds)
      return "in_use"
    }
    await this.#staged.write(users.map((user) => ["users", user.username, frozen(user)]))
    return "seeded"
  }

  async changeUser(
    username: string,
    change: UserChanging,
    condition: { readonly ifPasswordHash?: string } = {},
  ): Promise<User | null> {
    const changed = this.#changed(username, change, condition)
    if (changed === null) return this.#staged.decided("users", username, null)
    await this.#staged.write([["users", username, changed]])
    return changed
  }

  async resetUser(
    username: string,
    change: UserChanging,
    options: Parameters<Store["resetUser"]>[2],
  ): Promise<UserReset | null> {
    const user = this.#changed(username, change, options)
    if (user === null) return this.#staged.decided("users", username, null)
    const { ending, successor } = options
    const { ended, changes } = this.#sessions.changesToEndAll(username, ending)
    const mayStart = successor !== undefined && !user.disabled
    const start = mayStart ? [this.#sessions.changeToStart(successor)] : []
    await this.#sessions.write([["users", username, user], ...changes, ...start])
    return { user, ended }
  }

  async deleteUser(username: string, ending: Ending): Promise<UserReset | null> {
    const user = this.#staged.latest("users", username)
    if (user === null) return this.#staged.decided("users", username, null)
    const { ended, changes } = this.#sessions.changesToEndAll(username, ending)
    const reservation = { username, deletedAt: ending.at, isReleased: false }
    await this.#sessions.write([
      ["users", username, null],
      ["reservedNames", username, Object.freeze(reservation)],
      ...this.#failedLogins.changesToForget(username),
      ...changes,
    ])
    return { user, ended }
  }

  async releaseName(username: string): Promise<boolean> {
    const reserved = this.#staged.latest("reservedNames", username)
    if (reserved === null) return this.#staged.decided("reservedNames", username, false)
    const released = Object.freeze({ ...reserved, isReleased: true })
    await this.#staged.write([["reservedNames", username, released]])
    return true
  }

  findFailedLogins(username: string): FailedLogins | null {
    return this.#failedLogins.find(username)
  }

  countFailedLogin(
    username: string | null,
    source: LoginSource,
    options: { readonly most: number } = { most: Number.POSITIVE_INFINITY },
  ): Promise<FailedLogins> {
    return this.#failedLogins.count(username, source, options)
  }

  uncountFailedLogin(username: string, source: LoginSource): Promise<void> {
    return this.#failedLogins.uncount(username, source)
  }

  clearFailedLogins(username: string): Promise<FailedLogins | null> {
    return this.#failedLogins.clear(username)
  }

  findSession(sid: string): Session | null {
    return this.#staged.stored.sessions.get(sid) ?? null
  }

  listSessions(username: string): readonly Session[] {
    return this.#sessions.list(username)
  }

  lastUse(): number | null {
    return this.#sessions.lastUse()
  }

  startSession(
    session: Session,
    options: Parameters<Store["startSession"]>[1],
  ): Promise<{ readonly ended: readonly Session[] } | null> {
    return this.#sessions.start(session, options)
  }

  rotateSession(sid: string, rotation: Rotation): Promise<RotationOutcome> {
    return this.#sessions.rotate(sid, rotation)
  }

  endSession(sid: string, options: Parameters<Store["endSession"]>[1]): Promise<Session | null> {
    return this.#sessions.end(sid, options)
  }

  endSessions(
    username: string,
    options: Parameters<Store["endSessions"]>[1],
  ): Promise<readonly Session[]> {
    return this.#sessions.endAll(username, options)
  }

  revokeToken(token: RevokedToken): Promise<boolean> {
    return this.#sessions.revoke(token)
  }

  isTokenRevoked(jti: string): boolean {
    return this.#staged.stored.revokedTokens.has(jti)
  }

  listRevocations(now: number): Revocations {
    return this.#sessions.listRevocations(now)
  }

  purge(now: number): Promise<number> {
    return this.#sessions.purge(now)
  }

  async close(): Promise<void> {
    if (!this.#staged.close()) return
    try {
      await this.#journal.close()
    } finally {
      // Not before it has ended: its rename must not meet the next owner's files.
      await this.#snapshot
      await this.#parts.release()
    }
  }

  /** A user's record after a change, or null when there is none that meets the condition. */
  #changed(
    username: string,
    change: UserChanging,
    { ifPasswordHash }: { readonly ifPasswordHash?: string },
  ): User | null {
    const user = this.#staged.latest("users", username)
    if (user === null) return null
    if (ifPasswordHash !== undefined && user.passwordHash !== ifPasswordHash) return null
    return frozen({ ...user, ...(typeof change === "function" ? change(user) : change) })
  }

  // Called between two writes, so the tables are exactly at `sequence`, and `writeSnapshot` sets
  // them aside before anything else runs. If it fails the journal goes on growing and asks again.
  #takeSnapshot(sequence: number): void {
    if (this.#snapshot !== null) return
    const { snapshotPath, holding, warn, bytesBetweenSnapshotsMin } = this.#parts
    this.#snapshot = writeSnapshot(snapshotPath, sequence, this.#tables, holding.disk)
      .then((bytes) =>
        this.#journal.snapshotTaken(sequence, Math.max(bytesBetweenSnapshotsMin, bytes)),
      )
      .catch((error) => warn("store.snapshot_failed", String(error)))
      .finally(() => {
        this.#snapshot = null
      })
  }
}
