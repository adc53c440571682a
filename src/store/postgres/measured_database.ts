// A database that counts its changes and measures how long they take, for monitoring.

import { monotonicMillis } from "../../clock.ts"
import { Unavailable } from "../../errors.ts"
import { Durations } from "../../system/durations.ts"
import type { StoreFigures } from "../figures.ts"
import type { Database } from "./database.ts"

/** Measures the changes of a database, which must be a plain object. */
export function measuringChanges(database: Database): {
  readonly database: Database
  readonly figures: () => Pick<StoreFigures, "writes" | "changes">
} {
  const writes = new Durations()
  const changes = { done: 0, failed: 0 }
  const measure = async <T>(work: () => Promise<T>): Promise<T> => {
    const startedAt = monotonicMillis()
    try {
      const value = await work()
      writes.add((monotonicMillis() - startedAt) / 1000)
      changes.done += 1
      return value
    } catch (error) {
      if (error instanceof Unavailable) changes.failed += 1
      throw error
    }
  }
  return {
    database: {
      ...database,
      change: (text, values) => measure(() => database.change(text, values)),
      transaction: (work) => measure(() => database.transaction(work)),
    },
    figures: () => ({ writes, changes }),
  }
}
