// The connection to PostgreSQL as the engine sees it. Another file connects; here is what the
// engine asks of a connection.

import { Unavailable } from "../../errors.ts"

/** Runs one statement, and gives its rows as objects. */
export type Query = <R>(text: string, values?: readonly unknown[]) => Promise<readonly R[]>

/**
 * A database. Every method throws Unavailable when the database can't answer in time, and
 * DatabaseRefusal when the database refuses a statement. No other error of the client gets out.
 */
export interface Database {
  readonly query: Query

  /** Runs `work` on one connection, in one transaction at "read committed". */
  transaction<T>(work: (query: Query) => Promise<T>): Promise<T>

  /** False while the database can't be reached. */
  isAvailable(): boolean

  close(): Promise<void>
}

/** The database refused a statement, and the statement changed nothing. */
export class DatabaseRefusal extends Error {
  override readonly name = "DatabaseRefusal"
  /** The SQLSTATE, such as `23505`. */
  readonly code: string
  /** The constraint that the statement would have broken, or null. */
  readonly constraint: string | null

  constructor(
    message: string,
    { code, constraint, cause }: { code: string; constraint: string | null; cause?: unknown },
  ) {
    super(message, { cause })
    this.code = code
    this.constraint = constraint
  }
}

/** A database that finishes what is under way before it closes, and then throws Unavailable. */
export function closingInOrder(database: Database): Database {
  const running = new Set<Promise<unknown>>()
  let closed: Promise<void> | null = null
  const run = <T>(work: () => Promise<T>): Promise<T> => {
    if (closed !== null) return Promise.reject(new Unavailable("The store is closed"))
    const done = work()
    running.add(done)
    const forget = () => void running.delete(done)
    done.then(forget, forget)
    return done
  }
  return {
    query: (text, values) => run(() => database.query(text, values)),
    transaction: (work) => run(() => database.transaction(work)),
    isAvailable: () => closed === null && database.isAvailable(),
    close() {
      closed ??= Promise.allSettled(running).then(() => database.close())
      return closed
    },
  }
}
