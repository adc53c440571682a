// A database over a few connections. Reads share connections; a change has one to itself. Nobody
// waits for the database longer than the longest wait.
//
// When the database stops answering, a breaker opens: from then on everybody is refused at once,
// while one connection after another is tried, with growing pauses. When one succeeds, the breaker
// closes.

import { monotonicMillis } from "../../clock.ts"
import { OperatorError, Unavailable } from "../../errors.ts"
import { randomBetween } from "../../system/random.ts"
import type { ConnectionFigures } from "../figures.ts"
import { nameOf } from "../store_location.ts"
import { type Connection, type ConnectionOptions, openConnection } from "./connection.ts"
import { notAnswered } from "./connection_failures.ts"
import type { Database, Query } from "./database.ts"
import { WritingConnections } from "./writing_connections.ts"

/** Which database, and what logs warnings for the operator. */
export interface DatabasePlace extends Pick<ConnectionOptions, "location" | "ca"> {
  readonly warn: (event: string, message: string) => void
}

/** How to use a database. */
export interface DatabaseOptions extends DatabasePlace, Pick<ConnectionOptions, "applicationName"> {
  /** The longest wait for the database. */
  readonly waitMillisMax?: number
}

const waitMillisDefault = 1_000
const sharedMax = 4
/** For how long no further connection is tried after one failed, while another one works. */
const growPauseMillis = 5_000
const probePause = { leastMillis: 20, mostMillis: 2_000 }

/**
 * Opens a database. One that can't be reached now is tried again and again; until then every
 * method throws Unavailable.
 * @throws OperatorError when the operator has to mend something
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { waitMillisMax = waitMillisDefault, warn } = options
  const known = new Set<string>()
  const database = new ConnectedDatabase({
    ...{ ...options, waitMillisMax },
    // Each connection finds the same: it is logged once.
    warn(event, message) {
      if (event === "store.settings" && known.has(message)) return
      known.add(message)
      warn(event, message)
    },
  })
  await database.start()
  return database
}

class ConnectedDatabase implements Database {
  readonly #options: DatabaseOptions & { readonly waitMillisMax: number }
  readonly #shared = new Set<Connection>()
  readonly #writing: WritingConnections
  #opening: Promise<Connection> | null = null
  #growsFrom = 0
  /** Why the breaker is open; null while it is closed. */
  #fault: Unavailable | null = null
  /** The last reason in the log. */
  #loggedReason = ""
  #probe: NodeJS.Timeout | null = null
  #isStarted = false
  #isClosed = false

  constructor(options: DatabaseOptions & { readonly waitMillisMax: number }) {
    this.#options = options
    this.#writing = new WritingConnections({
      waitMillisMax: options.waitMillisMax,
      open: (ended) => this.#connect(ended),
    })
  }

  async start(): Promise<void> {
    try {
      await this.#openShared()
    } catch (error) {
      if (error instanceof OperatorError) throw error
      this.#stop(error)
    } finally {
      this.#isStarted = true
    }
  }

  isAvailable(): boolean {
    return this.#fault === null && !this.#isClosed
  }

  readonly query: Query = async <R>(text: string, values?: readonly unknown[]) => {
    this.#assertUsable()
    const until = monotonicMillis() + this.#options.waitMillisMax
    const connection = this.#leastBusy() ?? (await this.#openShared())
    return connection.run<R>(text, { values, until })
  }

  readonly change: Query = async <R>(text: string, values: readonly unknown[] = []) => {
    this.#assertUsable()
    return this.#writing.change<R>(text, values)
  }

  async transaction<T>(work: (query: Query) => Promise<T>): Promise<T> {
    this.#assertUsable()
    return this.#writing.transaction(work)
  }

  leave(cause: Unavailable): void {
    this.#stop(cause)
  }

  figures(): ConnectionFigures {
    const { count, waiting } = this.#writing
    const connections = { reading: this.#shared.size, writing: count }
    return { isAvailable: this.isAvailable(), connections, waiting }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    if (this.#probe !== null) clearTimeout(this.#probe)
    await this.#opening?.catch(() => {})
    const ends = [...this.#shared].map((connection) => connection.end())
    await Promise.all([...ends, this.#writing.close()])
  }

  #assertUsable(): void {
    if (this.#isClosed) throw new Unavailable("The store is closed")
    if (this.#fault !== null) throw this.#fault
  }

  /** Null without an open connection. Opens one more when all are busy; nobody waits for that. */
  #leastBusy(): Connection | null {
    let found: Connection | null = null
    for (const connection of this.#shared) {
      if (connection.pending === 0) return connection
      if (found === null || connection.pending < found.pending) found = connection
    }
    const mayGrow = this.#shared.size < sharedMax && monotonicMillis() >= this.#growsFrom
    if (found !== null && mayGrow && this.#opening === null) this.#openShared().catch(() => {})
    return found
  }

  /** Opens a shared connection. All who ask meanwhile get the same one. */
  async #openShared(): Promise<Connection> {
    this.#opening ??= this.#connect((connection) => this.#lose(connection)).finally(() => {
      this.#opening = null
    })
    const connection = await this.#opening
    if (connection.isOpen) this.#shared.add(connection)
    return connection
  }

  /** Without a connection another is made now, so that `isAvailable` knows. */
  #lose(connection: Connection): void {
    this.#shared.delete(connection)
    if (this.#shared.size === 0 && this.isAvailable()) this.#openShared().catch(() => {})
  }

  async #connect(ended: (connection: Connection) => void): Promise<Connection> {
    const { warn } = this.#options
    let connection: Connection | null = null
    try {
      connection = await openConnection(
        { ...this.#options, warn: (message) => warn("store.settings", message) },
        {
          ended: () => connection !== null && ended(connection),
          stopped: (cause) => this.#stop(cause),
        },
      )
      return connection
    } catch (error) {
      // A server that takes no more connections still serves those that it has.
      if (this.#shared.size === 0 && this.#isStarted) this.#stop(error)
      else this.#growsFrom = monotonicMillis() + growPauseMillis
      // A mistake that an operator makes while the service runs passes, as an outage does.
      throw this.#isStarted && error instanceof OperatorError ? notAnswered(error) : error
    }
  }

  /** Opens the breaker. All connections end: one that is silent stays so. */
  #stop(cause: unknown): void {
    if (this.#isClosed || this.#fault !== null) return
    this.#fault = cause instanceof Unavailable ? cause : notAnswered(cause)
    this.#logReason(reasonOf(cause))
    for (const connection of [...this.#shared]) connection.drop()
    this.#writing.drop(this.#fault)
    this.#probeAfter(probePause.leastMillis)
  }

  #logReason(reason: string): void {
    if (reason === this.#loggedReason) return
    this.#loggedReason = reason
    const { location, warn } = this.#options
    warn("store.unavailable", `The ${nameOf(location)} does not answer: ${reason}`)
  }

  #probeAfter(millis: number): void {
    this.#probe = setTimeout(() => void this.#tryAgain(millis), randomBetween(millis / 2, millis))
    // What needs the database keeps the process, or nothing does.
    this.#probe.unref()
  }

  async #tryAgain(pausedMillis: number): Promise<void> {
    const { location, warn } = this.#options
    try {
      await this.#openShared()
      this.#fault = null
      this.#loggedReason = ""
      warn("store.available", `The ${nameOf(location)} answers again`)
    } catch (error) {
      if (this.#isClosed) return
      const cause = error instanceof Unavailable ? error.cause : null
      if (cause instanceof OperatorError) this.#logReason(`${cause.message}. ${cause.hint}`)
      this.#probeAfter(Math.min(pausedMillis * 2, probePause.mostMillis))
    }
  }
}

/** The innermost reason, for one line. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  if (cause !== undefined) return reasonOf(cause)
  if (error instanceof AggregateError) return reasonOf(error.errors[0])
  return error instanceof Error ? error.message : String(error)
}
