// The connection to PostgreSQL as the engine sees it. Another file connects; here is what the
// engine asks of a connection.

import { Unavailable } from "../../errors.ts"
import type { ConnectionFigures } from "../figures.ts"

/** Runs one statement, and gives its rows as objects. */
export type Query = <R>(text: string, values?: readonly unknown[]) => Promise<readonly R[]>

/**
 * A database. Every method throws Unavailable when the database can't answer in time, and
 * DatabaseRefusal when the database refuses a statement. No other error of the client gets out.
 */
export interface Database {
  /** For reading. Shares connections with other reads, so it must never wait for a row's lock. */
  readonly query: Query

  /**
   * Runs one statement that changes something, on a connection that nothing else uses meanwhile.
   * Its text has `inTime(n)`, where n is one more than the number of `values`: the instant until
   * which the database may begin is added to them. So a statement that reaches the database long
   * after it was given up changes nothing.
   */
  readonly change: Query

  /** Runs `work` on one connection, in one transaction at "read committed". */
  transaction<T>(work: (query: Query) => Promise<T>): Promise<T>

  /**
   * Leaves all connections: an answer has shown that another server is the one to ask. A standby
   * would keep them for as long as it runs.
   */
  leave(cause: Unavailable): void

  /** False while the database can't be reached. */
  isAvailable(): boolean

  /** The numbers of its connections now. */
  figures(): ConnectionFigures

  close(): Promise<void>
}

/** The number of rows of what follows `from`. */
export async function countOf(
  query: Query,
  from: string,
  values: readonly unknown[] = [],
): Promise<number> {
  const [row] = await query<{ count: number }>(`select count(*)::float8 from ${from}`, values)
  return row?.count ?? 0
}

/**
 * A condition that fails the statement when the instant of the parameter `number` has passed by the
 * database's clock. Plain SQL fails on purpose only by a division by zero.
 */
export function inTime(number: number): string {
  return `1 / (extract(epoch from clock_timestamp())::float8 < $${number}::float8)::integer = 1`
}

/** SQLSTATE of a statement that came too late. */
export const tooLate = "22012"

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

/** SQLSTATEs of a schema that is not there, or not this role's: it is being restored, perhaps. */
const withoutSchema = /^(?:3F|42)/

/** The error for everybody who needs what the database refuses. */
export function refused(cause: DatabaseRefusal): Unavailable {
  return new Unavailable("The database refuses what Postern needs", { cause })
}

/** A database that finishes what is under way before it closes, and then throws Unavailable. */
export function closingInOrder(database: Database): Database {
  const running = new Set<Promise<unknown>>()
  let closed: Promise<void> | null = null
  const run = <T>(work: () => Promise<T>): Promise<T> => {
    if (closed !== null) return Promise.reject(new Unavailable("The store is closed"))
    const done = work().catch((error) => {
      const isMissing = error instanceof DatabaseRefusal && withoutSchema.test(error.code)
      throw isMissing ? refused(error) : error
    })
    running.add(done)
    const forget = () => void running.delete(done)
    done.then(forget, forget)
    return done
  }
  return {
    query: (text, values) => run(() => database.query(text, values)),
    change: (text, values) => run(() => database.change(text, values)),
    transaction: (work) => run(() => database.transaction(work)),
    leave: (cause) => database.leave(cause),
    isAvailable: () => closed === null && database.isAvailable(),
    figures: () => database.figures(),
    close() {
      closed ??= Promise.allSettled(running).then(() => database.close())
      return closed
    },
  }
}
