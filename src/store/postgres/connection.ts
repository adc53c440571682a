// One connection to PostgreSQL: the only file that calls `pg`. Statements that are sent together
// travel together (pipelining) and run one after the other. An error of `pg` that nobody waits for
// ends the connection and nothing else.
//
// `pg` would read PG… variables of the environment and ~/.pgpass where it gets no value. So every
// value is given, and the two that have no harmless value are taken away again.

import type { Client, ClientConfig } from "pg"
import { monotonicMillis } from "../../clock.ts"
import type { DatabaseLocation } from "../store_location.ts"
import {
  connectFailure,
  effectOf,
  isTooLate,
  notAnswered,
  statementFailure,
} from "./connection_failures.ts"
import { inTime, type Query } from "./database.ts"
import { prepareSession, type ServerLimits } from "./session_settings.ts"
import { tlsFor } from "./tls.ts"

/** How to connect. */
export interface ConnectionOptions {
  readonly location: DatabaseLocation
  /** Certificates of the authorities to trust, as PEM; null for those that Node trusts. */
  readonly ca: string | null
  /** The name that the server shows for the connection; that of a service by default. */
  readonly applicationName?: string
  /** The longest wait for the database, for connecting and for a statement. */
  readonly waitMillisMax: number
  /** Gets warnings about the server's settings. */
  readonly warn: (message: string) => void
}

/** What is called at a connection's end. */
interface ConnectionEvents {
  /** The connection is of no use any more. */
  readonly ended: () => void
  /** The database itself is of no use now: it is silent, or takes no writes. */
  readonly stopped: (cause: unknown) => void
}

/** The name that marks the connections of services. */
export const serviceName = "postern"
/** The name of commands about a store. */
export const commandName = "postern store"
/** The server gives up before Postern does. So what was answered 503 is not done much later. */
const statementShare = 0.7
const lockShare = 0.5
/** More texts than the engine has. */
const namedStatementsMax = 500

/** What `pg` has and its types lack. */
interface Inner {
  readonly connection: { readonly stream: { destroy(): void } }
  readonly connectionParameters: { options?: string; replication?: string }
}

/** A connection that is open. Made by `openConnection`. */
export class Connection {
  readonly #client: Client
  readonly #options: ConnectionOptions
  readonly #events: ConnectionEvents
  #pending = 0
  #isOpen = true
  /** A reading of the database's clock, and of the monotonic one right after. */
  #clock = { databaseSeconds: 0, millis: 0 }

  constructor(client: Client, options: ConnectionOptions, events: ConnectionEvents) {
    this.#client = client
    this.#options = options
    this.#events = events
    client.on("end", () => this.drop())
  }

  /** Statements under way. */
  get pending(): number {
    return this.#pending
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Sets and checks the session, and gives warnings about the server. */
  async prepare(until: number): Promise<readonly string[]> {
    const { location, waitMillisMax } = this.#options
    const query: Query = (text, values) => this.run(text, { values, until })
    const prepared = await prepareSession(query, location, limitsOf(waitMillisMax))
    // Read later than the database's, so an instant on that clock comes out too early, if anything.
    this.#clock = { databaseSeconds: prepared.at, millis: monotonicMillis() }
    return prepared.warnings
  }

  /**
   * Runs a statement.
   * @param until when to give up, on the monotonic clock
   */
  async run<R>(
    text: string,
    { values, until }: { readonly values: readonly unknown[] | undefined; readonly until: number },
  ): Promise<readonly R[]> {
    const { location } = this.#options
    if (!this.#isOpen) throw notAnswered(new Error("The connection has ended"))
    this.#pending += 1
    try {
      const name = values === undefined || location.isPooled ? null : nameOfText(text)
      const { rows } = await this.#client.query<object>({
        text,
        ...(values === undefined ? {} : { values: [...values] }),
        ...(name === null ? {} : { name }),
        // At least 1: 0 would mean none.
        ...{ query_timeout: Math.max(1, until - monotonicMillis()) },
      })
      return rows as R[]
    } catch (error) {
      const { ends, stops } = effectOf(error)
      if (ends) this.drop()
      if (stops) this.#events.stopped(error)
      throw statementFailure(error)
    } finally {
      this.#pending -= 1
    }
  }

  /**
   * Runs one statement that asks whether it is in time (database.ts). Gives up after the longest
   * wait. The server may begin only while that leaves the statement its own time limit.
   */
  change<R>(text: string, values: readonly unknown[]): Promise<readonly R[]> {
    const { waitMillisMax } = this.#options
    const until = monotonicMillis() + waitMillisMax
    const begins = this.#databaseSeconds(until - waitMillisMax * statementShare)
    return this.#inTime(this.run<R>(text, { values: [...values, begins], until }))
  }

  /**
   * Commits a transaction, if the server comes to it in time.
   * @param until when to give up, on the monotonic clock
   */
  async commit(until: number): Promise<void> {
    const values = [this.#databaseSeconds(until)]
    const asked = this.run(`select 1 where ${inTime(1)}`, { values, until })
    // Sent together: after an error the server rolls back.
    await this.#inTime(Promise.all([asked, this.run("commit", { values: undefined, until })]))
  }

  /** Ends the connection at once. What is under way throws Unavailable. */
  drop(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    destroy(this.#client)
    this.#events.ended()
  }

  /** Ends the connection, as the protocol says, within the longest wait. */
  async end(): Promise<void> {
    if (!this.#isOpen) return
    const timer = setTimeout(() => this.drop(), this.#options.waitMillisMax)
    await this.#client.end().catch(() => {})
    clearTimeout(timer)
    this.drop()
  }

  /** Leaves a connection that came too late: its reading of the database's clock may be old. */
  async #inTime<T>(done: Promise<T>): Promise<T> {
    try {
      return await done
    } catch (error) {
      if (!isTooLate(error)) throw error
      this.drop()
      throw notAnswered(error)
    }
  }

  /** An instant of the monotonic clock by the database's, in seconds. */
  #databaseSeconds(millis: number): number {
    return this.#clock.databaseSeconds + (millis - this.#clock.millis) / 1000
  }
}

/**
 * Opens a connection, and sets and checks its session.
 * @throws OperatorError when the operator has to mend something
 * @throws Unavailable when the database can't be reached now, or takes no writes
 */
export async function openConnection(
  options: ConnectionOptions,
  events: ConnectionEvents,
): Promise<Connection> {
  const { location, waitMillisMax, warn } = options
  const until = monotonicMillis() + waitMillisMax
  const { Client } = (await import("pg")).default
  const client = new Client(configOf(options))
  const inner = client as unknown as Inner
  delete inner.connectionParameters.options
  delete inner.connectionParameters.replication
  // Without a listener the error would end the process. What waits for the client gets it.
  client.on("error", () => {})
  try {
    await client.connect()
    const connection = new Connection(client, options, events)
    for (const message of await connection.prepare(until)) warn(message)
    return connection
  } catch (error) {
    destroy(client)
    throw connectFailure(error, location)
  }
}

function limitsOf(waitMillisMax: number): ServerLimits {
  return {
    statementMillis: Math.floor(waitMillisMax * statementShare),
    lockMillis: Math.floor(waitMillisMax * lockShare),
  }
}

function configOf(options: ConnectionOptions): ClientConfig {
  const { location, ca, waitMillisMax, applicationName = serviceName } = options
  const { host, port, user, password, database } = location
  return {
    ...{ host, port, user, database, ssl: tlsFor(location, ca), sslnegotiation: "postgres" },
    // A function, since an empty text counts as none, and `pg` would look for another one.
    password: () => password ?? "",
    ...{ application_name: applicationName, client_encoding: "utf8" },
    ...{ pipeline: true, connectionTimeoutMillis: waitMillisMax, query_timeout: waitMillisMax },
    ...{ keepAlive: true, keepAliveInitialDelayMillis: 30_000 },
  }
}

function destroy(client: Client): void {
  ;(client as unknown as Inner).connection.stream.destroy()
}

const statementNames = new Map<string, string>()

/** The name of a prepared statement, so that the server plans each text once a connection. */
function nameOfText(text: string): string | null {
  const known = statementNames.get(text)
  if (known !== undefined) return known
  if (statementNames.size >= namedStatementsMax) return null
  const name = `postern_${statementNames.size}`
  statementNames.set(text, name)
  return name
}
