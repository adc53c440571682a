// The PostgreSQL engine for the suite of store engines: one cluster for a test file, and an empty
// schema for each test.

import { openPostgresStore } from "../../../src/store/postgres/open_postgres_store.ts"
import type { Store } from "../../../src/store/store.ts"
import { openPlainDatabase } from "../../support/plain_database.ts"
import type { PostgresServer } from "../../support/postgres_server.ts"
import type { OpenStore } from "../json/opened_store.ts"

/** What stores of a test differ in. */
export interface OpenedOptions {
  readonly connections?: number
  readonly stalenessSeconds?: number
}

/** A secret for the keys of tests. */
export const secret = Buffer.alloc(32, "secret of tests")

/** Opens a store of a cluster. */
export async function openOn(
  { host }: PostgresServer,
  { connections = 1, stalenessSeconds = 0 }: OpenedOptions = {},
): Promise<Store> {
  const database = await openPlainDatabase(host, connections)
  const keys = { place: "the tests' database", issuer: "https://tests.example", secret }
  return openPostgresStore({ database, stalenessSeconds, ...keys })
}

/** Removes everything that tests before have made. */
export async function dropSchema({ host }: PostgresServer): Promise<void> {
  const database = await openPlainDatabase(host)
  await database.query("set client_min_messages = error")
  await database.query("drop schema if exists postern cascade")
  await database.close()
}

/** Opens stores on a cluster, each in an empty schema. */
export function postgresEngine(server: () => PostgresServer, options: OpenedOptions): OpenStore {
  return async (t) => {
    await dropSchema(server())
    let store = await openOn(server(), options)
    t.after(() => store.close())
    return {
      store,
      async reopen() {
        await store.close()
        store = await openOn(server(), options)
        return store
      },
    }
  }
}
