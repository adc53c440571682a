// The state of a store, for the operator: `postern store status` and `postern store migrate`.

import { join } from "node:path"
import type { DirectoryPlace } from "./copying.ts"
import { keysFileName } from "./json/keys_file.ts"
import type { DatabaseStatus } from "./postgres/database_status.ts"
import type { KeySealOptions } from "./postgres/key_seal.ts"
import type { Migration } from "./postgres/migrations.ts"
import type { DatabasePlace } from "./postgres/open_database.ts"

/** Reads the state of a data directory, which a service may use. */
export { type DirectoryStatus, readDirectoryStatus } from "./json/directory_status.ts"
/** The state of a database. */
export type { DatabaseStatus }

/**
 * Reads the state of a database; with `keys` also whether these open its keys.
 * @throws OperatorError when the operator has to mend something first
 * @throws Unavailable when the database can't be reached now
 */
export async function readDatabaseStatus(
  place: DatabasePlace,
  keys: KeySealOptions | null = null,
): Promise<DatabaseStatus> {
  const database = await import("./postgres/database_status.ts")
  return database.readDatabaseStatus(place, keys)
}

/** The document of the keys in a data directory, and where it is. Null bytes when it is missing. */
export async function readDirectoryKeys({
  directory,
  disk,
}: DirectoryPlace): Promise<{ readonly path: string; readonly bytes: Uint8Array | null }> {
  const path = join(directory, keysFileName)
  return { path, bytes: await disk.read(path) }
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
export async function migrateStore(place: DatabasePlace): Promise<readonly Migration[]> {
  const { migrateDatabase } = await import("./postgres/open_database_store.ts")
  return migrateDatabase(place)
}
