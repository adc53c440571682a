// A store as a replica has it: with the connections, the limits and the breaker of a service.

import type { TestContext } from "node:test"
import { openDatabase } from "../../../src/store/postgres/open_database.ts"
import { createPostgresStore } from "../../../src/store/postgres/postgres_store.ts"
import type { Store } from "../../../src/store/store.ts"
import type { DatabaseLocation } from "../../../src/store/store_location.ts"
import { start } from "../sample_session.ts"
import { locationOfTests } from "./opened_database.ts"
import { secret } from "./postgres_engine.ts"

/** A store, and what it had logged. */
interface ConnectedStore {
  readonly store: Store
  /** Events and messages, but for what is said of the server's settings. */
  readonly warnings: readonly string[]
}

/** Connects a store, whose present is that of the sample sessions, and closes it with the test. */
export async function connectStore(
  t: TestContext,
  location: Partial<DatabaseLocation>,
  { stalenessSeconds = 0 }: { readonly stalenessSeconds?: number } = {},
): Promise<ConnectedStore> {
  const warnings: string[] = []
  const warn = (event: string, message: string) => {
    if (event !== "store.settings") warnings.push(`${event} ${message}`)
  }
  const database = await openDatabase({ location: locationOfTests(location), ca: null, warn })
  const store = createPostgresStore({
    ...{ database, warn, stalenessSeconds, clock: { now: () => start } },
    graceClock: "caller",
    ...{ place: "the tests' database", issuer: "https://tests.example", secret },
  })
  t.after(() => store.close())
  return { store, warnings }
}
