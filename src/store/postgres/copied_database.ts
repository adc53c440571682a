// A database to copy from, or to copy to (../copying.ts). Either is one transaction that holds the
// tables: nobody changes what is read, and nobody sees a part of what is written. A new schema is
// made before that; without records it is as good as none.

import { setTimeout as pause } from "node:timers/promises"
import { exitCodes, OperatorError, systemCode, Unavailable } from "../../errors.ts"
import type { Content, CopySource, CopyTarget } from "../copying.ts"
import { commandName, serviceName } from "./connection.ts"
import { contentOfTables, fillTables, heldTables, lockTables } from "./copied_tables.ts"
import { countOf, type Database, DatabaseRefusal, type Query } from "./database.ts"
import { createKeySeal, type KeySeal, type KeySealOptions, readKeyRow } from "./key_seal.ts"
import { migrate, migrationStatus } from "./migrations.ts"
import { type DatabasePlace, openDatabase } from "./open_database.ts"

/** A database for a copy. */
export interface CopiedDatabase extends DatabasePlace, KeySealOptions {}

/** Sorting millions of sessions takes a while. */
const statementMillisMax = 180_000
const lockTimeout = "55P03"
/** A service that was just stopped may be seen a moment longer. */
const looks = { count: 5, pauseMillis: 300 }

/** A database to copy from. Services can read it meanwhile, but none may be there. */
export function copyFromDatabase(options: CopiedDatabase): CopySource {
  const { place } = options
  return {
    place: `the ${place}`,
    read: (use) =>
      withDatabase(options, async (database) => {
        await requireSchema(database, place)
        return database.transaction(async (unnamed) => {
          const query = failingAt(place, unnamed)
          await query("set transaction isolation level repeatable read")
          await hold(query, "share", place)
          const seal = createKeySeal(options)
          return use(contentOfTables(query, await readKeys(query, seal)))
        })
      }),
  }
}

/** A database to copy to. */
export function copyToDatabase(options: CopiedDatabase): CopyTarget {
  const { place } = options
  return {
    place: `the ${place}`,
    requireEmpty: () =>
      withDatabase(options, async (database) => {
        const { applied } = await migrationStatus(database)
        if (applied.length === 0) return
        await requireNoService(database.query, place)
        await requireNoRecords(database.query, place)
      }),
    fill: (content, compare) =>
      withDatabase(options, async (database) => {
        await migrate(database)
        await database.transaction(async (unnamed) => {
          const query = failingAt(place, unnamed)
          await hold(query, "access exclusive", place)
          await requireNoRecords(query, place)
          const seal = createKeySeal(options)
          await fill(query, content, seal)
          const keys = await readKeys(query, seal)
          await compare(contentOfTables(query, keys))
        })
        // Without it the first plans are poor. Another role than the owner may not, which is fine.
        await database.query("analyze postern.users, postern.sessions").catch(() => {})
      }),
  }
}

async function fill(query: Query, content: Content, seal: KeySeal): Promise<void> {
  await fillTables(query, content)
  if (content.keys === null) return
  const version = 1
  await query("insert into postern.key_set (version, sealed) values ($1, $2)", [
    ...[version, seal.seal(content.keys, version)],
  ])
}

async function readKeys(query: Query, seal: KeySeal): Promise<Uint8Array | null> {
  const row = await readKeyRow(query)
  return row === undefined ? null : seal.open(row).bytes
}

/** Locks all tables for this transaction, and makes sure that no service is connected. */
async function hold(
  query: Query,
  mode: "share" | "access exclusive",
  place: string,
): Promise<void> {
  await query("set local idle_in_transaction_session_timeout = 0")
  // Through a pooler the role's own limit would hold, which is that of a service.
  await query(`set local statement_timeout = ${statementMillisMax}`)
  await query("set local lock_timeout = '3s'")
  try {
    await lockTables(query, mode)
  } catch (error) {
    if (error instanceof OperatorError && systemCode(causeOf(error)) === lockTimeout) {
      throw inUse(`Another program holds tables of the ${place}`)
    }
    throw error
  }
  await requireNoService(query, place)
}

async function requireNoService(query: Query, place: string): Promise<void> {
  for (let look = 1; ; look += 1) {
    const count = await countOf(
      query,
      "pg_stat_activity where datname = current_database() and application_name = $1",
      [serviceName],
    )
    if (count === 0) return
    if (look === looks.count) {
      throw inUse(`Services use the ${place}: it has ${count} of their connections`)
    }
    await pause(looks.pauseMillis)
  }
}

async function requireNoRecords(query: Query, place: string): Promise<void> {
  const held = await heldTables(query)
  if (held.length === 0) return
  throw new OperatorError(`The ${place} is in use: it has rows in ${held.join(", ")}`, {
    hint:
      "Nothing was changed. Name a database without Postern's data. To throw away what is in " +
      "this one: drop schema postern cascade.",
    exitCode: exitCodes.inUse,
  })
}

async function requireSchema(database: Database, place: string): Promise<void> {
  const { applied, pending } = await migrationStatus(database)
  if (applied.length > 0 && pending.length === 0) return
  const message =
    applied.length === 0
      ? `Nothing is set up in the ${place}`
      : `The schema of the ${place} is of an older Postern`
  throw new OperatorError(message, {
    hint: "Nothing was changed. `postern store migrate` brings a schema up to date.",
    exitCode: exitCodes.unavailable,
  })
}

function inUse(message: string): OperatorError {
  return new OperatorError(message, {
    hint:
      "Nothing was changed. Stop all services first. A pooler's idle connections end by " +
      "themselves, or by its RECONNECT.",
    exitCode: exitCodes.inUse,
  })
}

/** Opens the database for as long as `use` runs, with patience for large statements. */
async function withDatabase<T>(
  { location, ca, warn, place }: CopiedDatabase,
  use: (database: Database) => Promise<T>,
): Promise<T> {
  const connecting = { location, ca, warn, applicationName: commandName }
  try {
    // First without patience: whether the database answers at all is soon known.
    const first = await openDatabase(connecting)
    await first.query("select 1").finally(() => first.close())
    const patient = { ...connecting, warn: () => {}, waitMillisMax: statementMillisMax }
    const database = await openDatabase(patient)
    try {
      return await use(database)
    } finally {
      await database.close()
    }
  } catch (error) {
    throw failureAt(place, error)
  }
}

function failingAt(place: string, query: Query): Query {
  return async (text, values) => {
    try {
      return await query(text, values)
    } catch (error) {
      throw failureAt(place, error)
    }
  }
}

function failureAt(place: string, error: unknown): unknown {
  if (error instanceof Unavailable) {
    return new OperatorError(`The ${place} does not answer`, {
      hint:
        "A copy is there whole or not at all: `postern store status` tells. Check the network, " +
        "and whether the server runs.",
      exitCode: exitCodes.unavailable,
      cause: error,
    })
  }
  if (!(error instanceof DatabaseRefusal)) return error
  return new OperatorError(`The ${place} refuses a statement: ${error.message}`, {
    hint: "Nothing was copied. Check the rights of the user in the URL: docs/postgres.md has them.",
    exitCode: exitCodes.refused,
    cause: error,
  })
}

function causeOf(error: Error): unknown {
  return error.cause instanceof Error && error.cause.cause !== undefined
    ? error.cause.cause
    : error.cause
}
