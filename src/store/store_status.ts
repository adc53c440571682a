// The state of a store, for the operator: `postern store status` and `postern store migrate`.

import type { Disk } from "../system/disk.ts"
import type { DatabaseStatus } from "./postgres/database_status.ts"
import type { DatabaseLocation } from "./store_location.ts"

/** Reads the state of a data directory, which a service may use. */
export { type DirectoryStatus, readDirectoryStatus } from "./json/directory_status.ts"
/** The state of a database. */
export type { DatabaseStatus }

/** A data directory. */
export interface DirectoryPlace {
  readonly directory: string
  readonly disk: Disk
}

/** A database. */
export interface DatabasePlace {
  readonly location: DatabaseLocation
  readonly ca: string | null
  readonly warn: (event: string, message: string) => void
}

/** A migration that was applied just now. */
export interface AppliedMigration {
  readonly number: number
  readonly name: string
}

/**
 * Reads the state of a database.
 * @throws OperatorError when the operator has to mend something first
 * @throws Unavailable when the database can't be reached now
 */
export async function readDatabaseStatus(place: DatabasePlace): Promise<DatabaseStatus> {
  const database = await import("./postgres/database_status.ts")
  return database.readDatabaseStatus(place)
}

/**
 * Reads all files of a data directory that no process has, and says how much is in it.
 * @throws OperatorError when a start could not read them
 */
export async function countDirectory({
  directory,
  disk,
}: DirectoryPlace): Promise<{ readonly users: number; readonly sessions: number }> {
  const { countRecords } = await import("./json/open_json_store.ts")
  return countRecords(directory, disk)
}

/**
 * Brings the schema of a database to the newest, and gives the migrations that were missing.
 * @throws OperatorError when the role may not
 * @throws Unavailable when the database can't be reached now, or another service migrates it
 */
export async function migrateStore(place: DatabasePlace): Promise<readonly AppliedMigration[]> {
  const { migrateDatabase } = await import("./postgres/open_database_store.ts")
  return migrateDatabase(place)
}
