// The PostgreSQL engine for the suite of store engines: one cluster for a test file, and an empty
// schema for each test.

import assert from "node:assert/strict"
import type { TestContext } from "node:test"
import { migrate } from "../../../src/store/postgres/migrations.ts"
import { createPostgresStore } from "../../../src/store/postgres/postgres_store.ts"
import type { Store } from "../../../src/store/store.ts"
import { openPlainDatabase } from "../../support/plain_database.ts"
import type { PostgresServer } from "../../support/postgres_server.ts"
import type { OpenStore } from "../json/opened_store.ts"

/** What stores of a test differ in. */
interface OpenedOptions {
  readonly connections?: number
  readonly stalenessSeconds?: number
  readonly clock?: { readonly now: () => number }
  readonly graceClock?: "database" | "caller"
}

/** A secret for the keys of tests. */
export const secret = Buffer.alloc(32, "secret of tests")

/** Opens a store of a cluster. */
export async function openOn(
  { host }: PostgresServer,
  { connections = 1, ...options }: OpenedOptions = {},
): Promise<Store> {
  const database = await openPlainDatabase(host, connections)
  const keys = { place: "the tests' database", issuer: "https://tests.example", secret }
  return createPostgresStore({ database, graceClock: "caller", ...options, ...keys })
}

const emptied = ["users", "reserved_names", "sessions", "ended_sessions", "revoked_tokens"]
const emptiedToo = ["failed_logins", "login_histories", "service_tokens", "key_set", "changes"]

/** Makes the schema as it is right after its migrations. */
export async function emptySchema({ host }: PostgresServer): Promise<void> {
  const database = await openPlainDatabase(host)
  await migrate(database)
  const tables = [...emptied, ...emptiedToo].map((name) => `postern.${name}`)
  await database.query(`truncate ${tables.join(", ")} restart identity`)
  await database.query(`update postern.facts set has_had_users = false,
    changes_seen = null, changes_seen_at = null, last_use_at = null`)
  await database.close()
}

/** Opens stores on a cluster, each in an empty schema. */
export function postgresEngine(server: PostgresServer, options: OpenedOptions = {}): OpenStore {
  return async (t) => {
    await emptySchema(server)
    let store = await openOn(server, options)
    t.after(() => store.close())
    return {
      store,
      async reopen() {
        await store.close()
        store = await openOn(server, options)
        return store
      },
    }
  }
}

/** Opens two stores on a cluster, as two replicas do, in an empty schema. */
export async function openTwo(
  t: TestContext,
  server: PostgresServer | null,
  options: OpenedOptions,
): Promise<readonly [Store, Store]> {
  const running = server ?? assert.fail("There is no PostgreSQL")
  await emptySchema(running)
  const shared = { connections: 4, ...options }
  const stores = [await openOn(running, shared), await openOn(running, shared)] as const
  t.after(() => Promise.all(stores.map((store) => store.close())))
  return stores
}
