// The wing's entrance: connects to the database, brings its schema to the newest, and opens the
// store.

import { Unavailable } from "../../errors.ts"
import type { Store } from "../store.ts"
import { commandName } from "./connection.ts"
import type { Database } from "./database.ts"
import type { KeySealOptions } from "./key_seal.ts"
import { type Migration, migrate, migrationStatus } from "./migrations.ts"
import { type DatabaseOptions, type DatabasePlace, openDatabase } from "./open_database.ts"
import { createPostgresStore } from "./postgres_store.ts"

/** What opening needs. */
export interface DatabaseStoreOptions extends DatabasePlace, KeySealOptions {
  readonly stalenessSeconds: number
  /** Whether the schema is made where there is none. */
  readonly mayMake: boolean
}

/** A migration may work on a large table, and wait for another service that migrates. */
const migrationMillisMax = 60_000

/**
 * Opens the store, and says whether its schema was made just now; null without a schema, where none
 * may be made.
 * @throws OperatorError when the operator has to mend something
 * @throws Unavailable when the database can't be reached now
 */
export async function openDatabaseStore(
  options: DatabaseStoreOptions,
): Promise<{ readonly store: Store; readonly isNew: boolean } | null> {
  const { location, ca, warn, mayMake, ...rest } = options
  const connecting = { location, ca, warn }
  const database = await openDatabase(connecting)
  try {
    const { applied, pending } = await migrationStatus(database)
    const isNew = applied.length === 0
    if (isNew && !mayMake) {
      await database.close()
      return null
    }
    if (pending.length > 0) await migratePatiently(connecting)
    return { store: createPostgresStore({ ...rest, warn, database }), isNew }
  } catch (error) {
    await database.close()
    throw error
  }
}

/**
 * Brings a database to the newest schema, and gives the migrations that were missing.
 * @throws OperatorError when this role may not
 * @throws Unavailable when the database can't be reached now, or another service does the same
 */
export async function migrateDatabase(options: DatabasePlace): Promise<readonly Migration[]> {
  const connecting = { ...options, applicationName: commandName }
  const database = await openDatabase(connecting)
  const { pending } = await migrationStatus(database).finally(() => database.close())
  return pending.length === 0 ? [] : migratePatiently(connecting)
}

async function migratePatiently(options: DatabaseOptions): Promise<readonly Migration[]> {
  const patient: Database = await openDatabase({ ...options, waitMillisMax: migrationMillisMax })
  try {
    if (!patient.isAvailable()) throw new Unavailable("The database went away before a migration")
    return await migrate(patient)
  } finally {
    await patient.close()
  }
}
