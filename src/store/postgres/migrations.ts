// The schema `postern`, made by numbered migrations. The first service that starts makes it, and
// the others find it made: until then they try again. An applied migration never changes, and a
// checksum of its text is kept.
//
// During an update replicas of two releases work on one database. So a migration says which
// migration a Postern must know to work on its result: an older Postern stops with a sentence.

import { createHash } from "node:crypto"
import { exitCodes, OperatorError, Unavailable } from "../../errors.ts"
import { type Database, DatabaseRefusal, type Query } from "./database.ts"
import { admins } from "./migrations/admins.ts"
import { changeLog } from "./migrations/change_log.ts"
import { factors } from "./migrations/factors.ts"
import { links } from "./migrations/links.ts"
import { loginHistories } from "./migrations/login_histories.ts"
import { rotation } from "./migrations/rotation.ts"
import { serviceTokens } from "./migrations/service_tokens.ts"
import { sessionFunctions } from "./migrations/session_functions.ts"
import { tables } from "./migrations/tables.ts"
import { userFunctions } from "./migrations/user_functions.ts"

/** One step of the schema. */
export interface Migration {
  readonly number: number
  readonly name: string
  /** A Postern that does not know the migration of this number can't work after this one. */
  readonly needs: number
  readonly statements: readonly string[]
}

/** All migrations, in their order. */
export const migrations: readonly Migration[] = [
  {
    number: 1,
    name: "users, sessions, failed logins, keys, and the log of changes",
    needs: 1,
    statements: [...tables, ...changeLog, ...sessionFunctions, ...rotation, ...userFunctions],
  },
  { number: 2, name: "links of users", needs: 1, statements: links },
  { number: 3, name: "recent logins of users", needs: 1, statements: loginHistories },
  { number: 4, name: "second factors of users", needs: 4, statements: factors },
  { number: 5, name: "service tokens", needs: 5, statements: serviceTokens },
  { number: 6, name: "an index of who administers", needs: 5, statements: admins },
]

interface MigrationStatus {
  /** Their numbers. Those that this Postern does not know are among them. */
  readonly applied: readonly number[]
  readonly pending: readonly Migration[]
}

interface Applied {
  readonly number: number
  readonly checksum: string
  readonly needs: number
}

/** Another service may make the schema at the same moment. */
const roundsMax = 5
/** SQLSTATEs of "exists already", and of two who make one thing at once. A table is a type, too. */
const madeByAnother: readonly string[] = ["23505", "42P06", "42P07", "42710"]
const undefinedTable = "42P01"
const insufficientPrivilege = "42501"
const lockTimeout = "55P03"

/**
 * Tells which migrations a database has.
 * @throws OperatorError when another Postern made the schema, in a form that this one can't use
 */
export function migrationStatus(
  database: Pick<Database, "query">,
  known: readonly Migration[] = migrations,
): Promise<MigrationStatus> {
  return statusOf(database.query, known)
}

/**
 * Brings a database to the newest schema, and gives the migrations that were missing.
 * @throws OperatorError when this role may not
 * @throws Unavailable while another service does the same
 */
export async function migrate(
  database: Database,
  known: readonly Migration[] = migrations,
): Promise<readonly Migration[]> {
  const { pending } = await migrationStatus(database, known)
  if (pending.length === 0) return []
  try {
    await makeLog(database)
    return await database.transaction((query) => applyPending(query, known))
  } catch (error) {
    throw explained(error)
  }
}

async function statusOf(query: Query, known: readonly Migration[]): Promise<MigrationStatus> {
  const applied = await readApplied(query)
  for (const { number, checksum, needs } of applied) {
    const own = known.find((one) => one.number === number)
    if (own !== undefined && checksumOf(own) !== checksum) {
      throw notUsable(`migration ${number} has another text here`)
    }
    if (!known.some((one) => one.number >= needs)) {
      throw notUsable(`a newer Postern made migration ${number}`)
    }
  }
  const numbers = applied.map(({ number }) => number)
  return { applied: numbers, pending: known.filter(({ number }) => !numbers.includes(number)) }
}

async function readApplied(query: Query): Promise<readonly Applied[]> {
  try {
    return await query<Applied>(
      "select number, checksum, needs from postern.migrations where number > 0 order by number",
    )
  } catch (error) {
    if (error instanceof DatabaseRefusal && error.code === undefinedTable) return []
    throw error
  }
}

/** Makes the table of migrations. Its row 0 is the lock. */
async function makeLog({ query }: Database): Promise<void> {
  for (let round = 1; ; round += 1) {
    try {
      await query("create schema if not exists postern")
      await query(`create table if not exists postern.migrations (
        number integer primary key,
        name text not null,
        checksum text not null,
        needs integer not null,
        at timestamptz not null default clock_timestamp()
      )`)
      await query(`insert into postern.migrations (number, name, checksum, needs)
        values (0, 'lock', '', 0) on conflict do nothing`)
      return
    } catch (error) {
      const isRace = error instanceof DatabaseRefusal && madeByAnother.includes(error.code)
      if (!isRace || round === roundsMax) throw error
    }
  }
}

async function applyPending(
  query: Query,
  known: readonly Migration[],
): Promise<readonly Migration[]> {
  await query("set local lock_timeout = '500ms'")
  await query("select 1 from postern.migrations where number = 0 for update")
  const { pending } = await statusOf(query, known)
  for (const migration of pending) {
    for (const statement of migration.statements) await query(statement)
    const { number, name, needs } = migration
    await query(
      "insert into postern.migrations (number, name, checksum, needs) values ($1, $2, $3, $4)",
      [number, name, checksumOf(migration), needs],
    )
  }
  return pending
}

function checksumOf({ statements }: Migration): string {
  return createHash("sha256").update(JSON.stringify(statements)).digest("hex")
}

function notUsable(why: string): OperatorError {
  return new OperatorError(`The schema 'postern' of the database can't be used: ${why}`, {
    hint: "Nothing was changed. Start the Postern that made it, or a newer one.",
    exitCode: exitCodes.damagedData,
  })
}

function explained(error: unknown): unknown {
  if (!(error instanceof DatabaseRefusal)) return error
  const { code, message } = error
  if (code === insufficientPrivilege) {
    return new OperatorError(`The schema 'postern' has to be made or changed: ${message}`, {
      hint:
        "Run `postern store migrate` once as the role that owns the schema or the database: " +
        "with its URL in POSTERN_STORE.",
      exitCode: exitCodes.badSettings,
      cause: error,
    })
  }
  if (code !== lockTimeout) return error
  return new Unavailable("Another service is changing the schema", { cause: error })
}
