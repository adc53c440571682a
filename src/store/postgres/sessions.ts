// The sessions of the PostgreSQL store. Each change is one statement, decided in the database on
// the locked rows (migrations/session_functions.ts and rotation.ts).

import { networkOf } from "../../domain/ip_address.ts"
import type { Presented, Session, SessionLife, Use } from "../../domain/session.ts"
import { sliceMax } from "../copying.ts"
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
import { countOf, type Database, inTime } from "./database.ts"
import { retentionSeconds } from "./delta.ts"
import {
  type GraceClock,
  numbersOf,
  rowOfNewSession,
  type SessionRow,
  sessionOf,
  type UserRow,
  userOf,
} from "./rows.ts"
import { startSession } from "./start_session.ts"
import type { View } from "./view.ts"

/** What the database says of a rotation. */
type Judged =
  | { readonly judged: "gone" }
  | { readonly judged: Presented; readonly session: SessionRow; readonly user: UserRow }

const outcomes: Readonly<Record<Presented, Exclude<RotationOutcome["outcome"], "gone">>> = {
  ...({ current: "rotated", newer: "set_back", parent: "replayed", shared: "replayed" } as const),
  ...({ reused: "reused", expired: "expired", ahead: "ahead" } as const),
}

/** A session, and its place among all that ever started. */
interface NumberedSession {
  readonly number: number
  readonly session: SessionRow
}

/** Records that one statement of a purge removes: the wait for a statement is short. */
const purgedAtOnceMax = 2000

/** domain/session.ts's isAlive() at the instant of a parameter. */
const isAliveAt = (parameter: "$1" | "$2") =>
  `${parameter}::bigint < s.idle_expires_at and not postern.is_ahead(s.started_at, ${parameter})`
const isAlive = isAliveAt("$2")

/** domain/session.ts's touch(). */
const touchSession = `with ends as (
    select sid, least(least(started_at, $2) + $4, expires_at) as last,
      least(idle_expires_at - last_used_at, $3) as idle,
      used_before_at is null
        or $2 - $2 % 600 > last_used_at - last_used_at % 600 as is_of_later_step
    from postern.sessions where sid = $1 and ${inTime(8)} for update
  )
  update postern.sessions s set last_used_at = $2, expires_at = ends.last,
    idle_expires_at = least($2 + ends.idle, ends.last),
    address = $5, network = $6, user_agent = $7,
    used_before_at = case when is_of_later_step then last_used_at else used_before_at end,
    used_before_address = case when is_of_later_step then address else used_before_address end,
    used_before_agent = case when is_of_later_step then user_agent else used_before_agent end
  from ends where s.sid = ends.sid and $2 > s.last_used_at and ${isAlive}
  returning row_to_json(s) as session, postern.note_use($2)`

/** The sessions; store.ts says what each method promises. */
export class PostgresSessions implements SessionStore {
  readonly #database: Database
  readonly #view: View
  readonly #graceClock: GraceClock
  #listed: Revocations = Object.freeze({
    sids: Object.freeze([]),
    jtis: Object.freeze([]),
    version: 0,
  })

  constructor(database: Database, view: View, graceClock: GraceClock) {
    this.#database = database
    this.#view = view
    this.#graceClock = graceClock
  }

  find(sid: string): Promise<SessionOfUser | null> {
    return this.#view.findSession(sid)
  }

  count(now: number): Promise<number> {
    return countOf(this.#database.query, `postern.sessions s where ${isAliveAt("$1")}`, [now])
  }

  async list(username: string): Promise<readonly Session[]> {
    const rows = await this.#database.query<{ session: SessionRow }>(
      `select row_to_json(s) as session from postern.sessions s where username = $1
      order by last_used_at desc, started_at desc, number`,
      [username],
    )
    return rows.map(({ session }) => sessionOf(session))
  }

  // In pages, since the wait for a statement is short.
  async *slices(): AsyncIterable<readonly Session[]> {
    for (let last = 0; ; ) {
      const rows = await this.#database.query<NumberedSession>(
        `select number::float8 as number, row_to_json(s) as session from postern.sessions s
        where number > $1 order by number limit $2`,
        [last, sliceMax],
      )
      yield rows.map(({ session }) => sessionOf(session))
      if (rows.length < sliceMax) return
      last = rows.at(-1)?.number ?? last
    }
  }

  async lastUse(): Promise<number | null> {
    const [row] = await this.#database.query<{ latest: number | null }>(
      "select last_use_at::float8 as latest from postern.facts",
    )
    return row?.latest ?? null
  }

  start(session: Session, options: StartOptions): Promise<StartedSession | null> {
    const started = { session: rowOfNewSession(session, this.#graceClock), ...options }
    return this.#view.changing(() => startSession(this.#database, session.username, started))
  }

  async rotate(sid: string, rotation: Rotation): Promise<RotationOutcome> {
    const { presented, life, window, address, userAgent } = rotation
    const { at, accessTtlSeconds, graceSeconds } = window
    const steadyAt = this.#graceClock === "caller" ? window.steadyAt : null
    const values = [
      ...[sid, presented, at, steadyAt, accessTtlSeconds, graceSeconds],
      ...[life.idleSeconds, life.maxAgeSeconds, address, networkOf(address), userAgent],
    ]
    const rows = await this.#view.changing(
      () =>
        this.#database.change<{ rotated: Judged }>(
          `select postern.rotate_session($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) as rotated
          where ${inTime(12)}`,
          values,
        ),
      { sid },
    )
    const rotated = rows[0]?.rotated
    if (rotated === undefined || rotated.judged === "gone") return { outcome: "gone" }
    const { judged, session, user } = rotated
    return { outcome: outcomes[judged], session: sessionOf(session), user: userOf(user) }
  }

  async touch(sid: string, use: Use, life: SessionLife): Promise<Session | null> {
    const { at, address, userAgent } = use
    const client = [address, networkOf(address), userAgent]
    const values = [sid, at, life.idleSeconds, life.maxAgeSeconds, ...client]
    const rows = await this.#view.changing(
      () => this.#database.change<{ session: SessionRow }>(touchSession, values),
      { sid },
    )
    const [row] = rows.length > 0 ? rows : await this.#readAlive(sid, at)
    return row === undefined ? null : sessionOf(row.session)
  }

  async end(
    sid: string,
    { window, ifUsername }: Parameters<SessionStore["end"]>[1],
  ): Promise<Session | null> {
    const [row] = await this.#view.changing(() =>
      this.#database.change<{ session: SessionRow }>(
        `select row_to_json(s) as session from postern.end_sessions(array(
          select sid from postern.sessions
          where sid = $1 and ($2::text is null or username = $2) and ${inTime(6)}
        ), $3, $4, $5) s`,
        [sid, ifUsername ?? null, ...numbersOf(window)],
      ),
    )
    return row === undefined ? null : sessionOf(row.session)
  }

  async endAll(
    username: string,
    { window, except }: Parameters<SessionStore["endAll"]>[1],
  ): Promise<readonly Session[]> {
    const rows = await this.#view.changing(() =>
      this.#database.change<{ session: SessionRow }>(
        `select row_to_json(s) as session
        from postern.end_all_sessions($1, $2, $3, $4, $5) s where ${inTime(6)}`,
        [username, except ?? null, ...numbersOf(window)],
      ),
    )
    return rows.map(({ session }) => sessionOf(session))
  }

  revokeToken({ jti, expiresAt, isListed }: RevokedToken): Promise<boolean> {
    return this.#view.changing(async () => {
      const rows = await this.#database.change(
        `insert into postern.revoked_tokens (jti, expires_at, is_listed)
        select $1, $2, $3 where ${inTime(4)}
        on conflict do nothing returning jti`,
        [jti, expiresAt, isListed],
      )
      return rows.length > 0
    })
  }

  isTokenRevoked(jti: string): Promise<boolean> {
    return this.#view.isTokenRevoked(jti)
  }

  async revocations(now: number): Promise<Revocations> {
    type Lists = Pick<Revocations, "sids" | "jtis">
    const [row] = await this.#database.query<Lists>(
      `select array(
        select sid from postern.ended_sessions where tokens_expire_at > $1 order by sid
      ) as sids, array(
        select jti from postern.revoked_tokens where expires_at > $1 and is_listed order by jti
      ) as jtis`,
      [now],
    )
    const { sids, jtis } = row ?? { sids: [], jtis: [] }
    const { version, ...listed } = this.#listed
    if (JSON.stringify(listed) !== JSON.stringify({ sids, jtis })) {
      const lists = { sids: Object.freeze(sids), jtis: Object.freeze(jtis) }
      this.#listed = Object.freeze({ ...lists, version: version + 1 })
    }
    return this.#listed
  }

  async purge(now: number): Promise<number> {
    const purged = await this.#inParts(
      `select postern.purge_sessions($1, $2)::float8 as gone where ${inTime(3)}`,
      now,
    )
    await this.#inParts(
      `select postern.purge_revocations($1, $2)::float8 as gone where ${inTime(3)}`,
      now,
    )
    await this.#inParts(
      `select postern.purge_changes(make_interval(secs => $1), $2)::float8 as gone where ${inTime(3)}`,
      retentionSeconds,
    )
    return purged
  }

  #readAlive(sid: string, at: number): Promise<readonly { readonly session: SessionRow }[]> {
    return this.#database.query(
      `select row_to_json(s) as session from postern.sessions s where sid = $1 and ${isAlive}`,
      [sid, at],
    )
  }

  /** Removes records until fewer are gone than one statement may remove, and gives their number. */
  async #inParts(text: string, bound: number): Promise<number> {
    let sum = 0
    for (;;) {
      const [row] = await this.#database.change<{ gone: number }>(text, [bound, purgedAtOnceMax])
      const gone = row?.gone ?? 0
      sum += gone
      if (gone < purgedAtOnceMax) return sum
    }
  }
}
