// The start of a session in the PostgreSQL store: one statement, or a transaction where a factor of
// the user counts with it, or another session ends.

import { changeUserFactors, type User } from "../../domain/user.ts"
import type { StartedSession, StartOptions } from "../store.ts"
import { type Database, DatabaseRefusal, inTime, type Query } from "./database.ts"
import { lockUser, updateUser } from "./locked_user.ts"
import { numbersOf, type SessionRow, sessionOf, type UserRow, userOf } from "./rows.ts"

/** A session to start, as JSON of its row. */
export interface Start extends StartOptions {
  readonly session: string
}

/** What start_session gives; null when it refuses. */
interface StartedRow {
  readonly started: { readonly user: UserRow; readonly ended: readonly SessionRow[] } | null
}

const start = "postern.start_session($1, $2, $3, $4, $5, $6, $7)"

/** The session that takes the place of another one makes no room for itself. */
const sessionsMaxOfSuccessor = 2 ** 31

/** Starts a user's session, or gives null, as store.ts says. */
export async function startSession(
  database: Database,
  username: string,
  options: Start,
): Promise<StartedSession | null> {
  const { factors, predecessor } = options
  try {
    if (factors !== undefined || predecessor !== undefined) {
      return await database.transaction((query) => startWithChanges(query, username, options))
    }
    const text = `select ${start} as started where ${inTime(8)}`
    const [row] = await database.change<StartedRow>(text, valuesOf(options))
    return startedOf(row)
  } catch (error) {
    // Another user's session of this sid started at the same moment.
    if (error instanceof DatabaseRefusal && error.constraint === "sessions_pkey") return null
    throw error
  }
}

function valuesOf({ session, ifPasswordHash, sessionsMax, window, replaces }: Start) {
  const replaced = replaces && {
    jti: replaces.jti,
    issued_at: replaces.issuedAt,
    expires_at: replaces.expiresAt,
    is_listed: replaces.isListed,
  }
  const json = replaced ? JSON.stringify(replaced) : null
  return [session, ifPasswordHash, sessionsMax, ...numbersOf(window), json]
}

/** Changes a user's factors, ends the predecessor and starts a session; or changes nothing. */
async function startWithChanges(
  query: Query,
  username: string,
  options: Start,
): Promise<StartedSession | null> {
  const { factors, predecessor, window } = options
  const before = await lockUser(query, username)
  if (before === null) return null
  const changed = factors === undefined ? before : changeUserFactors(before, factors)
  if (typeof changed === "string") return null
  if (predecessor === undefined) return startFor(query, changed, options)
  const alive = await query(
    `select 1 from postern.sessions where sid = $1 and username = $2
      and $3::bigint < idle_expires_at and not postern.is_ahead(started_at, $3) for update`,
    [predecessor, username, window.at],
  )
  if (alive.length === 0) return null
  const started = await startFor(query, changed, {
    ...options,
    sessionsMax: sessionsMaxOfSuccessor,
  })
  if (started === null) return null
  const ended = await query<{ session: SessionRow }>(
    "select row_to_json(s) as session from postern.end_sessions(array[$1::text], $2, $3, $4) s",
    [predecessor, ...numbersOf(window)],
  )
  return { ...started, ended: ended.map(({ session }) => sessionOf(session)) }
}

async function startFor(
  query: Query,
  changed: User,
  options: Start,
): Promise<StartedSession | null> {
  const [row] = await query<StartedRow>(`select ${start} as started`, valuesOf(options))
  const started = startedOf(row)
  return started === null ? null : { ...started, user: await updateUser(query, changed) }
}

function startedOf(row: StartedRow | undefined): StartedSession | null {
  if (!row?.started) return null
  const { user, ended } = row.started
  return { user: userOf(user), ended: ended.map(sessionOf) }
}
