// The sessions of the JSON store. Each change is decided on the pending records, by the rules of
// domain/session.ts.

import { setImmediate as turn } from "node:timers/promises"
import {
  isAlive,
  judge,
  markShared,
  moveOn,
  type Session,
  type SessionLife,
  touch,
  type Use,
} from "../../domain/session.ts"
import { changeUserFactors } from "../../domain/user.ts"
import { sliceMax } from "../copying.ts"
import type { Records } from "../records.ts"
import type {
  Revocations,
  RevokedToken,
  Rotation,
  RotationOutcome,
  SessionOfUser,
  SessionStore,
  StartedSession,
  StartOptions,
} from "../store.ts"
import { changesToEnd, changeToStart, pendingSessionsOf, revocation } from "./session_changes.ts"
import type { StagedTables } from "./staged_tables.ts"
import { type Change, frozen } from "./tables.ts"

/** The most changes in one journal entry of a purge. */
const changesPerEntry = 500
/** The most records that a purge or a count looks at before it yields to other work. */
const recordsPerTurn = 10_000

/** The sessions; store.ts says what each method promises. */
export class JsonSessions implements SessionStore {
  readonly #tables: StagedTables

  constructor(tables: StagedTables) {
    this.#tables = tables
  }

  async find(sid: string): Promise<SessionOfUser | null> {
    const { sessions, users } = this.#tables.committed
    const session = sessions.get(sid)
    const user = session && users.get(session.username)
    return user === undefined ? null : { session: session as Session, user }
  }

  async count(now: number): Promise<number> {
    let [alive, seen] = [0, 0]
    for (const session of this.#tables.committed.sessions.values()) {
      alive += Number(isAlive(session, now))
      seen += 1
      if (seen % recordsPerTurn === 0) await turn()
    }
    return alive
  }

  async list(username: string): Promise<readonly Session[]> {
    const { sessions } = this.#tables.committed
    return this.#tables
      .sidsOf(username)
      .flatMap((sid) => sessions.get(sid) ?? [])
      .sort((a, b) => b.lastUsedAt - a.lastUsedAt || b.startedAt - a.startedAt)
  }

  async *slices(): AsyncIterable<readonly Session[]> {
    const sessions = [...this.#tables.committed.sessions.values()]
    for (let at = 0; at < sessions.length; at += sliceMax) yield sessions.slice(at, at + sliceMax)
  }

  async lastUse(): Promise<number | null> {
    let latest: number | null = null
    for (const { lastUsedAt } of this.#tables.committed.sessions.values()) {
      if (latest === null || lastUsedAt > latest) latest = lastUsedAt
    }
    return latest
  }

  async start(session: Session, options: StartOptions): Promise<StartedSession | null> {
    const { ifPasswordHash, sessionsMax, window, replaces, factors, predecessor } = options
    const { sid, username } = session
    const tables = this.#tables
    const user = tables.pending("users", username)
    const isOther = user?.passwordHash !== ifPasswordHash
    const isLate = replaces !== undefined && replaces.issuedAt < (user?.tokensNotBefore ?? 0)
    if (user === null || user.disabled || isOther || isLate) {
      return tables.onceCommitted("users", username, null)
    }
    if (tables.pending("sessions", sid) !== null) return tables.onceCommitted("sessions", sid, null)
    if (replaces !== undefined && tables.pending("revokedTokens", replaces.jti) !== null) {
      return tables.onceCommitted("revokedTokens", replaces.jti, null)
    }
    const changed = factors === undefined ? user : changeUserFactors(user, factors)
    if (typeof changed === "string") return tables.onceCommitted("users", username, null)
    const ended =
      predecessor === undefined
        ? this.#surplus(username, sessionsMax - 1, window.at)
        : pendingSessionsOf(username, tables).filter(
            (one) => one.sid === predecessor && isAlive(one, window.at),
          )
    if (predecessor !== undefined && ended.length === 0) {
      return tables.onceCommitted("sessions", predecessor, null)
    }
    const record = changed === user ? user : frozen(changed)
    await this.#tables.write([
      ...(changed === user ? [] : [["users", username, record] as const]),
      ...changesToEnd(ended, window),
      changeToStart(session),
      ...(replaces === undefined ? [] : [revocation(replaces)]),
    ])
    return { user: record, ended }
  }

  async rotate(sid: string, rotation: Rotation): Promise<RotationOutcome> {
    const { life, window } = rotation
    const session = this.#tables.pending("sessions", sid)
    const user = session === null ? null : this.#tables.pending("users", session.username)
    if (session === null || user === null)
      return this.#tables.onceCommitted("sessions", sid, { outcome: "gone" })
    const judged = judge(session, rotation, window)
    switch (judged) {
      case "current":
      case "newer": {
        const moved = moveOn(session, rotation, { ...window, life })
        await this.#tables.write([["sessions", sid, moved]])
        return { outcome: judged === "current" ? "rotated" : "set_back", session: moved, user }
      }
      case "shared": {
        const shared = markShared(session)
        await this.#tables.write([["sessions", sid, shared]])
        return { outcome: "replayed", session: shared, user }
      }
      case "reused":
        await this.#tables.write(changesToEnd([session], window))
        return { outcome: "reused", session, user }
      default: {
        const outcome = judged === "parent" ? "replayed" : judged
        return this.#tables.onceCommitted("sessions", sid, { outcome, session, user })
      }
    }
  }

  async touch(sid: string, use: Use, life: SessionLife): Promise<Session | null> {
    const session = this.#tables.pending("sessions", sid)
    if (session === null || !isAlive(session, use.at)) {
      return this.#tables.onceCommitted("sessions", sid, null)
    }
    if (use.at <= session.lastUsedAt) return this.#tables.onceCommitted("sessions", sid, session)
    const touched = touch(session, use, life)
    await this.#tables.write([["sessions", sid, touched]])
    return touched
  }

  async end(
    sid: string,
    { window, ifUsername }: Parameters<SessionStore["end"]>[1],
  ): Promise<Session | null> {
    const session = this.#tables.pending("sessions", sid)
    const isAnothers = ifUsername !== undefined && session?.username !== ifUsername
    if (session === null || isAnothers) return this.#tables.onceCommitted("sessions", sid, null)
    await this.#tables.write(changesToEnd([session], window))
    return session
  }

  async endAll(
    username: string,
    { window, except }: Parameters<SessionStore["endAll"]>[1],
  ): Promise<readonly Session[]> {
    const ended = pendingSessionsOf(username, this.#tables).filter(({ sid }) => sid !== except)
    if (ended.length > 0) await this.#tables.write(changesToEnd(ended, window))
    else {
      // Another caller may be ending them: wait until those ends are on disk.
      const sids = this.#tables.sidsOf(username)
      await Promise.all(sids.map((sid) => this.#tables.onceCommitted("sessions", sid, null)))
    }
    return ended
  }

  async revokeToken(token: RevokedToken): Promise<boolean> {
    const { jti } = token
    if (this.#tables.pending("revokedTokens", jti) !== null) {
      return this.#tables.onceCommitted("revokedTokens", jti, false)
    }
    await this.#tables.write([revocation(token)])
    return true
  }

  async isTokenRevoked(jti: string): Promise<boolean> {
    return this.#tables.committed.revokedTokens.has(jti)
  }

  async revocations(now: number): Promise<Revocations> {
    return this.#tables.revocations(now)
  }

  async purge(now: number): Promise<number> {
    const expired = await this.#drop("sessions", (session) => now >= session.idleExpiresAt)
    await this.#drop("endedSessions", (ended) => now >= ended.tokensExpireAt)
    await this.#drop("revokedTokens", (token) => now >= token.expiresAt)
    return expired
  }

  async #drop<T extends "sessions" | "endedSessions" | "revokedTokens">(
    table: T,
    isOver: (record: Records[T]) => boolean,
  ): Promise<number> {
    let dropped = 0
    let seen = 0
    let changes: Change[] = []
    const records = this.#tables.committed[table] as ReadonlyMap<string, Records[T]>
    for (const [key, record] of records) {
      seen += 1
      // A record that is being changed right now is left to the next purge.
      if (isOver(record) && this.#tables.pending(table, key) === record) {
        changes.push([table, key, null] as Change)
      }
      if (changes.length < changesPerEntry && seen % recordsPerTurn !== 0) continue
      dropped += changes.length
      if (changes.length > 0) await this.#tables.write(changes)
      else await turn()
      changes = []
    }
    if (changes.length > 0) await this.#tables.write(changes)
    return dropped + changes.length
  }

  /** The sessions to end so that only so many are left: expired ones first, then the oldest. */
  #surplus(username: string, most: number, now: number): readonly Session[] {
    const sessions = pendingSessionsOf(username, this.#tables)
    if (sessions.length <= most) return []
    const aliveOf = (session: Session) => Number(isAlive(session, now))
    return sessions
      .sort((a, b) => aliveOf(a) - aliveOf(b) || a.startedAt - b.startedAt)
      .slice(0, sessions.length - most)
  }
}
