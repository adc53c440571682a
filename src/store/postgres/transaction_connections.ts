// Connections for transactions: each runs one transaction at a time. When all are taken, the next
// transaction waits for one, no longer than the longest wait.

import { monotonicMillis } from "../../clock.ts"
import { Unavailable } from "../../errors.ts"
import type { Connection } from "./connection.ts"
import { notAnswered } from "./connection_failures.ts"
import type { Query } from "./database.ts"

/** What they work with. */
export interface TransactionParts {
  readonly waitMillisMax: number
  /** Opens a connection. `ended` hears of its end. */
  readonly open: (ended: (connection: Connection) => void) => Promise<Connection>
}

const connectionsMax = 4

/** The connections for transactions of one database. */
export class TransactionConnections {
  readonly #parts: TransactionParts
  readonly #idle = new Set<Connection>()
  readonly #busy = new Set<Connection>()
  /** Connections that are open or being opened. */
  #count = 0
  /** Those who wait for a connection, or for leave to open one (null). */
  readonly #waiting: ((connection: Connection | null) => void)[] = []

  constructor(parts: TransactionParts) {
    this.#parts = parts
  }

  /** Runs `work` in one transaction: all its statements, or none. */
  async run<T>(work: (query: Query) => Promise<T>): Promise<T> {
    const connection = await this.#take()
    try {
      return await transact(connection, work, this.#parts.waitMillisMax)
    } finally {
      this.#give(connection)
    }
  }

  /** Ends all connections at once. */
  drop(): void {
    for (const connection of [...this.#idle, ...this.#busy]) connection.drop()
  }

  /** Ends all connections, when their transactions have ended. */
  async close(): Promise<void> {
    await Promise.all([...this.#idle, ...this.#busy].map((connection) => connection.end()))
  }

  async #take(): Promise<Connection> {
    const idle = this.#idle.values().next().value ?? (await this.#waitForTurn())
    if (idle !== null) {
      this.#idle.delete(idle)
      if (idle.isOpen) this.#busy.add(idle)
      return idle
    }
    try {
      const opened = await this.#parts.open((connection) => this.#forget(connection))
      if (!opened.isOpen) throw notAnswered(new Error("The connection has ended"))
      this.#busy.add(opened)
      return opened
    } catch (error) {
      this.#free()
      throw error
    }
  }

  /** Gives a connection, or null for leave to open one. */
  async #waitForTurn(): Promise<Connection | null> {
    if (this.#count < connectionsMax) {
      this.#count += 1
      return null
    }
    return new Promise((resolve, reject) => {
      const turn = (connection: Connection | null) => {
        clearTimeout(timer)
        resolve(connection)
      }
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(turn), 1)
        reject(new Unavailable("The database has too much to do"))
      }, this.#parts.waitMillisMax)
      this.#waiting.push(turn)
    })
  }

  #give(connection: Connection): void {
    if (!connection.isOpen) return
    const next = this.#waiting.shift()
    if (next === undefined) {
      this.#busy.delete(connection)
      this.#idle.add(connection)
    } else next(connection)
  }

  #forget(connection: Connection): void {
    const isKnown = this.#idle.delete(connection) || this.#busy.delete(connection)
    if (isKnown) this.#free()
  }

  /** There is room for another connection: the first who waits opens it. */
  #free(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#count -= 1
    else next(null)
  }
}

async function transact<T>(
  connection: Connection,
  work: (query: Query) => Promise<T>,
  waitMillisMax: number,
): Promise<T> {
  const run: Query = (text, values) =>
    connection.run(text, { values, until: monotonicMillis() + waitMillisMax })
  /** After an error COMMIT would roll back without a word. */
  let failure: { readonly error: unknown } | null = null
  const query: Query = async (text, values) => {
    try {
      return await run(text, values)
    } catch (error) {
      failure ??= { error }
      throw error
    }
  }
  try {
    await query("begin isolation level read committed")
    const result = await work(query)
    if (failure !== null) throw (failure as { readonly error: unknown }).error
    await query("commit")
    return result
  } catch (error) {
    await run("rollback").catch(() => connection.drop())
    throw error
  }
}
