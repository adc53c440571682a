// The sessions of the JSON store: which are whose, how they start, go on and end. What a session's
// refresh token may do is session.ts's to say; here it is decided on the latest state.

import { setImmediate as turn } from "node:timers/promises"
import { isAlive, judge, markShared, moveOn, type Session } from "../../domain/session.ts"
import type {
  Ending,
  Revocations,
  RevokedToken,
  Rotation,
  RotationOutcome,
  Store,
} from "../store.ts"
import { RevocationListing } from "./revocation_listing.ts"
import { RotationTimes } from "./rotation_times.ts"
import type { StagedTables } from "./staged_tables.ts"
import type { Change, TableName } from "./tables.ts"

/** Changes that go to the disk as one entry when much is purged. */
const changesPerEntry = 500
/** Records that are looked at before others have their turn. */
const recordsPerTurn = 10_000

/** The part of the store that deals with sessions; store.ts says what each method promises. */
export class JsonSessions {
  readonly #tables: StagedTables
  /** By username, all sessions there may be: some may have ended, none is missing. */
  readonly #sids = new Map<string, Set<string>>()
  readonly #rotations = new RotationTimes()
  readonly #listing = new RevocationListing()

  constructor(tables: StagedTables) {
    this.#tables = tables
    for (const session of tables.stored.sessions.values()) this.#note(session)
  }

  lastUse(): number | null {
    let latest: number | null = null
    for (const { lastUsedAt } of this.#tables.stored.sessions.values()) {
      if (latest === null || lastUsedAt > latest) latest = lastUsedAt
    }
    return latest
  }

  list(username: string): readonly Session[] {
    const { sessions } = this.#tables.stored
    return this.#sidsOf(username)
      .flatMap((sid) => sessions.get(sid) ?? [])
      .sort((a, b) => b.lastUsedAt - a.lastUsedAt || b.startedAt - a.startedAt)
  }

  async start(
    session: Session,
    { ifPasswordHash, sessionsMax, ending, replaces }: Parameters<Store["startSession"]>[1],
  ): Promise<{ readonly ended: readonly Session[] } | null> {
    const { sid, username } = session
    const user = this.#tables.latest("users", username)
    const isOther = user?.passwordHash !== ifPasswordHash
    const isLate = replaces !== undefined && replaces.issuedAt < (user?.tokensNotBefore ?? 0)
    if (user === null || user.disabled || isOther || isLate) {
      return this.#tables.decided("users", username, null)
    }
    if (this.#tables.latest("sessions", sid) !== null) {
      return this.#tables.decided("sessions", sid, null)
    }
    if (replaces !== undefined && this.#tables.latest("revokedTokens", replaces.jti) !== null) {
      return this.#tables.decided("revokedTokens", replaces.jti, null)
    }
    const ended = this.#surplus(username, sessionsMax - 1, ending.at)
    await this.write([
      ...this.changesToEnd(ended, ending),
      this.changeToStart(session),
      ...(replaces === undefined ? [] : [revocation(replaces)]),
    ])
    return { ended }
  }

  async rotate(sid: string, rotation: Rotation): Promise<RotationOutcome> {
    const { steadyAt, life, ending } = rotation
    const session = this.#tables.latest("sessions", sid)
    if (session === null) return this.#tables.decided("sessions", sid, { outcome: "gone" })
    const { at: now, graceSeconds } = ending
    const sinceRotation = this.#rotations.since(session, steadyAt)
    const judged = judge(session, rotation, { now, graceSeconds, sinceRotation })
    switch (judged) {
      case "current":
      case "newer": {
        const moved = moveOn(session, rotation, { now, life })
        this.#rotations.note(moved, steadyAt)
        await this.write([["sessions", sid, moved]])
        return { outcome: judged === "current" ? "rotated" : "set_back", session: moved }
      }
      case "parent":
        return this.#tables.decided("sessions", sid, { outcome: "replayed", session })
      case "shared": {
        const shared = markShared(session)
        await this.write([["sessions", sid, shared]])
        return { outcome: "replayed", session: shared }
      }
      case "expired":
      case "ahead":
        return this.#tables.decided("sessions", sid, { outcome: judged, session })
      case "reused":
        await this.write(this.changesToEnd([session], ending))
        return { outcome: "reused", session }
    }
  }

  async end(
    sid: string,
    { ending, ifUsername }: Parameters<Store["endSession"]>[1],
  ): Promise<Session | null> {
    const session = this.#tables.latest("sessions", sid)
    const isAnothers = ifUsername !== undefined && session?.username !== ifUsername
    if (session === null || isAnothers) return this.#tables.decided("sessions", sid, null)
    await this.write(this.changesToEnd([session], ending))
    return session
  }

  async endAll(
    username: string,
    { ending, except }: Parameters<Store["endSessions"]>[1],
  ): Promise<readonly Session[]> {
    const ended = this.#latestOf(username).filter(({ sid }) => sid !== except)
    if (ended.length > 0) await this.write(this.changesToEnd(ended, ending))
    else await this.#endsOnDisk(username)
    return ended
  }

  /** All sessions of a user, those that are still being written included. */
  changesToEndAll(
    username: string,
    ending: Ending,
  ): { readonly ended: readonly Session[]; readonly changes: readonly Change[] } {
    const ended = this.#latestOf(username)
    return { ended, changes: this.changesToEnd(ended, ending) }
  }

  /**
   * Ends sessions, and has them listed for as long as they may have left access tokens behind, were
   * it in the past: it may be the clock of now that is wrong.
   */
  changesToEnd(sessions: readonly Session[], ending: Ending): Change[] {
    const { at, accessTtlSeconds, graceSeconds } = ending
    return sessions.flatMap(({ sid, lastUsedAt }): Change[] => {
      // The clock may have been set back since the last token was given.
      const lastTokenAt = Math.max(lastUsedAt, Math.min(at, lastUsedAt + graceSeconds))
      const tokensExpireAt = lastTokenAt + accessTtlSeconds
      const gone: Change = ["sessions", sid, null]
      return [gone, ["endedSessions", sid, Object.freeze({ sid, tokensExpireAt })]]
    })
  }

  /** Starts a session. To be called right before the change is written. */
  changeToStart(session: Session): Change {
    this.#note(session)
    return ["sessions", session.sid, Object.freeze({ ...session })]
  }

  async revoke(token: RevokedToken): Promise<boolean> {
    const { jti } = token
    if (this.#tables.latest("revokedTokens", jti) !== null) {
      return this.#tables.decided("revokedTokens", jti, false)
    }
    await this.write([revocation(token)])
    return true
  }

  listRevocations(now: number): Revocations {
    return this.#listing.at(now, this.#tables.stored)
  }

  // Not those that are dated ahead: it may be the clock of now that is wrong.
  async purge(now: number): Promise<number> {
    const { sessions, endedSessions, revokedTokens } = this.#tables.stored
    const expired = await this.#drop(
      "sessions",
      sessions,
      (session) => now >= session.idleExpiresAt,
    )
    await this.#drop("endedSessions", endedSessions, (ended) => now >= ended.tokensExpireAt)
    await this.#drop("revokedTokens", revokedTokens, (token) => now >= token.expiresAt)
    return expired
  }

  /** Makes changes. All that end sessions, or revoke, go through here. */
  async write(changes: readonly Change[]): Promise<void> {
    const gone = changes.flatMap(([table, key, record]) =>
      table === "sessions" && record === null ? (this.#tables.latest("sessions", key) ?? []) : [],
    )
    try {
      await this.#tables.write(changes)
    } catch (error) {
      this.#forgetUnstarted(changes)
      throw error
    }
    for (const session of gone) this.#forget(session)
    for (const [table] of changes) this.#listing.note(table)
  }

  async #drop<T>(
    table: TableName,
    records: ReadonlyMap<string, T>,
    isOver: (record: T) => boolean,
  ): Promise<number> {
    let dropped = 0
    let seen = 0
    let changes: Change[] = []
    for (const [key, record] of records) {
      seen += 1
      // What is being changed right now may go on; the next purge sees.
      if (isOver(record) && this.#tables.latest(table, key) === record) {
        changes.push([table, key, null] as Change)
      }
      if (changes.length < changesPerEntry && seen % recordsPerTurn !== 0) continue
      dropped += changes.length
      if (changes.length > 0) await this.write(changes)
      else await turn()
      changes = []
    }
    if (changes.length > 0) await this.write(changes)
    return dropped + changes.length
  }

  /** Those to end so that only so many are left: expired ones, then those that started first. */
  #surplus(username: string, most: number, now: number): readonly Session[] {
    const sessions = this.#latestOf(username)
    if (sessions.length <= most) return []
    // Those that are dated ahead started before now all the same.
    const startOf = ({ startedAt }: Session) => Math.min(startedAt, now)
    return sessions
      .sort((a, b) => Number(isAlive(a, now)) - Number(isAlive(b, now)) || startOf(a) - startOf(b))
      .slice(0, sessions.length - most)
  }

  #note({ sid, username }: Session): void {
    const sids = this.#sids.get(username)
    if (sids === undefined) this.#sids.set(username, new Set([sid]))
    else sids.add(sid)
  }

  #forget({ sid, username }: Pick<Session, "sid" | "username">): void {
    const sids = this.#sids.get(username)
    sids?.delete(sid)
    if (sids?.size === 0) this.#sids.delete(username)
  }

  /** Those that another caller is ending have ended when that is on disk. */
  async #endsOnDisk(username: string): Promise<void> {
    const sids = this.#sidsOf(username)
    await Promise.all(sids.map((sid) => this.#tables.decided("sessions", sid, null)))
  }

  #sidsOf(username: string): readonly string[] {
    this.#tables.assertOpen()
    return [...(this.#sids.get(username) ?? [])]
  }

  /** Of sessions whose start could not be written. */
  #forgetUnstarted(changes: readonly Change[]): void {
    for (const [table, sid, record] of changes) {
      const isUnstarted = table === "sessions" && this.#tables.latest("sessions", sid) === null
      if (isUnstarted && record !== null) this.#forget(record)
    }
  }

  /** A user's sessions as they will be. */
  #latestOf(username: string): Session[] {
    const latest: Session[] = []
    for (const sid of this.#sidsOf(username)) {
      const session = this.#tables.latest("sessions", sid)
      if (session !== null) latest.push(session)
    }
    return latest
  }
}

function revocation({ jti, expiresAt, isListed }: RevokedToken): Change {
  return ["revokedTokens", jti, Object.freeze({ jti, expiresAt, isListed })]
}
