// Opens databases for the tests of connections.

import type { TestContext } from "node:test"
import { setTimeout as pause } from "node:timers/promises"
import { monotonicMillis } from "../../../src/clock.ts"
import type { Database } from "../../../src/store/postgres/database.ts"
import { type DatabaseOptions, openDatabase } from "../../../src/store/postgres/open_database.ts"
import type { DatabaseLocation } from "../../../src/store/store_location.ts"

/** A database, and the warnings that it gave. */
interface OpenedDatabase {
  readonly database: Database
  readonly warnings: readonly string[]
}

/** Opens a database of the tests' server and closes it with the test. */
export async function openedDatabase(
  t: TestContext,
  location: Partial<DatabaseLocation>,
  options: Partial<DatabaseOptions> = {},
): Promise<OpenedDatabase> {
  const warnings: string[] = []
  const database = await openDatabase({
    location: locationOfTests(location),
    ca: null,
    // Longer than a busy machine may take; tests of waiting set their own.
    waitMillisMax: 5_000,
    warn: (event, message) => void warnings.push(`${event} ${message}`),
    ...options,
  })
  t.after(() => database.close())
  return { database, warnings }
}

/** The location of the tests' server, with changes. */
export function locationOfTests(changes: Partial<DatabaseLocation>): DatabaseLocation {
  return {
    kind: "database",
    host: "127.0.0.1",
    port: 5432,
    user: "postern",
    password: null,
    database: "postgres",
    isTlsAsked: false,
    isPooled: false,
    ...changes,
  }
}

/** Waits until something holds. */
export async function until(holds: () => boolean, secondsMax = 8): Promise<void> {
  const end = monotonicMillis() + secondsMax * 1000
  while (!holds()) {
    if (monotonicMillis() > end) throw new Error("It never held")
    await pause(10)
  }
}

/** How long something takes, in milliseconds. */
export async function millisOf(work: () => Promise<unknown>): Promise<number> {
  const began = monotonicMillis()
  await work()
  return monotonicMillis() - began
}
