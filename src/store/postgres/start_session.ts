// The start of a session in the PostgreSQL store: one statement, or a transaction where a factor of
// the user counts with it.

import type { FactorChange } from "../../domain/factor_change.ts"
import { changeUserFactors } from "../../domain/user.ts"
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

/** Starts a user's session, or gives null, as store.ts says. */
export async function startSession(
  database: Database,
  username: string,
  { factors, ...options }: Start,
): Promise<StartedSession | null> {
  const values = valuesOf(options)
  try {
    if (factors !== undefined) {
      const work = (query: Query) => startByFactor(query, { username, factors, values })
      return await database.transaction(work)
    }
    const text = `select ${start} as started where ${inTime(8)}`
    const [row] = await database.change<StartedRow>(text, values)
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

/** Changes a user's factors and starts a session, or changes nothing. */
async function startByFactor(
  query: Query,
  {
    username,
    factors,
    values,
  }: {
    readonly username: string
    readonly factors: FactorChange
    readonly values: readonly unknown[]
  },
): Promise<StartedSession | null> {
  const user = await lockUser(query, username)
  const changed = user === null ? null : changeUserFactors(user, factors)
  if (changed === null || typeof changed === "string") return null
  const [row] = await query<StartedRow>(`select ${start} as started`, values)
  const started = startedOf(row)
  return started === null ? null : { ...started, user: await updateUser(query, changed) }
}

function startedOf(row: StartedRow | undefined): StartedSession | null {
  if (!row?.started) return null
  const { user, ended } = row.started
  return { user: userOf(user), ended: ended.map(sessionOf) }
}
