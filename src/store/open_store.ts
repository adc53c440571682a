// Opens the store: the JSON engine in the data directory, or the PostgreSQL engine. Nothing of
// PostgreSQL is loaded for the JSON engine.

import { exitCodes, OperatorError } from "../errors.ts"
import { secureDirectory } from "../system/private_files.ts"
import { isDeployed } from "./data_directory.ts"
import { type JsonStoreOptions, openJsonStore } from "./json/open_json_store.ts"
import { requireOwnDirectory } from "./json/store_directory.ts"
import type { DatabaseStoreOptions } from "./postgres/open_database_store.ts"
import type { Store } from "./store.ts"

/** How to open a store. */
export interface StoreOptions extends JsonStoreOptions {
  /** The database; null for the JSON engine. */
  readonly database: Omit<DatabaseStoreOptions, "warn" | "mayMake"> | null
}

/**
 * Opens a store, or makes a new one where `mayMake` is not false.
 * @throws OperatorError when the store can't be opened
 * @throws Unavailable when the database can't be reached now
 */
export async function openStore(options: StoreOptions): Promise<{
  readonly store: Store
  readonly isNew: boolean
}> {
  const { directory, disk, warn, database, mayMake = true } = options
  if (database === null) {
    const isNew = !(await isDeployed(directory, disk))
    return { store: await openJsonStore(options), isNew }
  }
  // The control socket is in it.
  await requireOwnDirectory(directory, disk)
  const repaired = await secureDirectory(directory, disk)
  if (repaired !== null) warn("store.mode_repaired", repaired)
  const { openDatabaseStore } = await import("./postgres/open_database_store.ts")
  const opened = await openDatabaseStore({ ...database, warn, mayMake })
  if (opened !== null) return opened
  throw new OperatorError(`Nothing is set up in the ${database.place}`, {
    hint: "`postern serve` or `postern init` sets it up. POSTERN_STORE says where it is.",
    exitCode: exitCodes.unavailable,
  })
}
