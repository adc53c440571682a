// Opens the store: the JSON engine in the data directory, or the PostgreSQL engine. Nothing of
// PostgreSQL is loaded for the JSON engine.
//
// A data directory has one owner with either engine. Over a database that is the service, whose
// control socket is in there; commands that work on the database themselves don't hold it.

import { exitCodes, OperatorError } from "../errors.ts"
import { isDeployed } from "./data_directory.ts"
import { directoryFailure, holdDirectory, makePrivate } from "./json/held_directory.ts"
import type { Holding } from "./json/held_files.ts"
import { type JsonStoreOptions, openJsonStore } from "./json/open_json_store.ts"
import type { DatabaseStoreOptions } from "./postgres/open_database_store.ts"
import type { Store } from "./store.ts"

interface StoreOptions extends JsonStoreOptions {
  /** The database; null for the JSON engine. */
  readonly database: Database | null
  /** Whether the directory is held over a database, too. The JSON engine always holds it. */
  readonly isService: boolean
}

type Database = Omit<DatabaseStoreOptions, "warn" | "mayMake">

interface OpenedStore {
  readonly store: Store
  /** True when it was made just now. */
  readonly isNew: boolean
}

/**
 * Opens a store, or makes a new one where `mayMake` is not false.
 * @throws OperatorError when the store can't be opened
 * @throws Unavailable when the database can't be reached now
 */
export async function openStore(options: StoreOptions): Promise<OpenedStore> {
  const { directory, disk, database, isService } = options
  if (database === null) {
    const isNew = !(await isDeployed(directory, disk))
    return { store: await openJsonStore(options), isNew }
  }
  if (!isService) {
    await makePrivate(options)
    return openDatabase(database, options)
  }
  const holding = await hold(options)
  try {
    const { store, isNew } = await openDatabase(database, options)
    return { store: holdingStore(store, holding), isNew }
  } catch (error) {
    await holding.close()
    throw error
  }
}

async function openDatabase(database: Database, options: StoreOptions): Promise<OpenedStore> {
  const { warn, mayMake = true } = options
  const { openDatabaseStore } = await import("./postgres/open_database_store.ts")
  const opened = await openDatabaseStore({ ...database, warn, mayMake })
  if (opened !== null) return opened
  throw new OperatorError(`Nothing is set up in the ${database.place}`, {
    hint: "`postern serve` or `postern init` sets it up. POSTERN_STORE says where it is.",
    exitCode: exitCodes.unavailable,
  })
}

/** A store that gives the directory back when it closes. */
function holdingStore(store: Store, holding: Holding): Store {
  return {
    ...store,
    isInPlace: () => holding.isInPlace,
    async close() {
      await store.close()
      await holding.close()
    },
  }
}

async function hold(options: StoreOptions): Promise<Holding> {
  const { directory, warn, alarm = warn } = options
  const why = `The data directory '${directory}' was replaced, or two services use it`
  const advice = "Commands don't reach this service until it is stopped and started again"
  try {
    const held = await holdDirectory({
      ...options,
      alarm: (event) => alarm(event, `${why}. ${advice}`),
    })
    return held.holding
  } catch (error) {
    if (!(error instanceof OperatorError) || error.exitCode !== exitCodes.inUse) {
      throw directoryFailure(error, directory)
    }
    throw new OperatorError(error.message, {
      hint: "Stop it first, or set POSTERN_DATA_DIR: each replica needs a directory of its own.",
      ...{ exitCode: error.exitCode, cause: error },
    })
  }
}
