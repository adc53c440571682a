// Connections for changes: each does one thing at a time, a transaction or a single statement. A
// change may wait for a row that another one has locked, and nothing else may have to wait behind
// it. When all connections are taken, the next change waits for one, no longer than the longest
// wait.

import { monotonicMillis } from "../../clock.ts"
import { Unavailable } from "../../errors.ts"
import type { Connection } from "./connection.ts"
import { isTooLate, notAnswered } from "./connection_failures.ts"
import type { Query } from "./database.ts"

interface WritingParts {
  readonly waitMillisMax: number
  /** Opens a connection, and calls `ended` when it ends. */
  readonly open: (ended: (connection: Connection) => void) => Promise<Connection>
}

/** Who waits for a connection, or for leave to open one (null). */
interface Turn {
  readonly take: (connection: Connection | null) => void
  readonly refuse: (reason: Unavailable) => void
}

const connectionsMax = 4

/** The connections for changes of one database. */
export class WritingConnections {
  readonly #parts: WritingParts
  readonly #idle = new Set<Connection>()
  readonly #busy = new Set<Connection>()
  /** Connections that are open or being opened. */
  #count = 0
  readonly #waiting = new Set<Turn>()

  constructor(parts: WritingParts) {
    this.#parts = parts
  }

  /** Connections that are open or being opened. */
  get count(): number {
    return this.#count
  }

  /** How many changes wait for one. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** Runs one statement that asks whether it is in time. */
  async change<R>(text: string, values: readonly unknown[]): Promise<readonly R[]> {
    const until = monotonicMillis() + this.#parts.waitMillisMax
    for (;;) {
      try {
        return await this.#using((connection) => connection.change<R>(text, values))
      } catch (error) {
        // A connection whose reading of the database's clock is old: nothing has happened.
        if (!isTooLate(error) || monotonicMillis() >= until) throw error
      }
    }
  }

  /** Runs `work` in one transaction: all its statements, or none. */
  transaction<T>(work: (query: Query) => Promise<T>): Promise<T> {
    const { waitMillisMax } = this.#parts
    return this.#using((connection) => transact(connection, work, waitMillisMax))
  }

  /** Ends all connections at once, and refuses all who wait. */
  drop(reason: Unavailable): void {
    for (const turn of [...this.#waiting]) turn.refuse(reason)
    for (const connection of [...this.#idle, ...this.#busy]) connection.drop()
  }

  /** Ends all connections, when their changes have ended. */
  async close(): Promise<void> {
    await Promise.all([...this.#idle, ...this.#busy].map((connection) => connection.end()))
  }

  async #using<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = await this.#take()
    try {
      return await work(connection)
    } finally {
      this.#give(connection)
    }
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
      const leave = () => {
        clearTimeout(timer)
        this.#waiting.delete(turn)
      }
      const turn: Turn = {
        take(connection) {
          leave()
          resolve(connection)
        },
        refuse(reason) {
          leave()
          reject(reason)
        },
      }
      const timer = setTimeout(
        () => turn.refuse(new Unavailable("The database has too much to do")),
        this.#parts.waitMillisMax,
      )
      this.#waiting.add(turn)
    })
  }

  #give(connection: Connection): void {
    if (!connection.isOpen) return
    const next = this.#nextTurn()
    if (next === undefined) {
      this.#busy.delete(connection)
      this.#idle.add(connection)
    } else next.take(connection)
  }

  #forget(connection: Connection): void {
    const isKnown = this.#idle.delete(connection) || this.#busy.delete(connection)
    if (isKnown) this.#free()
  }

  /** There is room for another connection: the first who waits opens it. */
  #free(): void {
    const next = this.#nextTurn()
    if (next === undefined) this.#count -= 1
    else next.take(null)
  }

  #nextTurn(): Turn | undefined {
    return this.#waiting.values().next().value
  }
}

async function transact<T>(
  connection: Connection,
  work: (query: Query) => Promise<T>,
  waitMillisMax: number,
): Promise<T> {
  const soon = () => monotonicMillis() + waitMillisMax
  const run: Query = (text, values) => connection.run(text, { values, until: soon() })
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
    await connection.commit(soon())
    return result
  } catch (error) {
    await run("rollback").catch(() => connection.drop())
    throw error
  }
}
