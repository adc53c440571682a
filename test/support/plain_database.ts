// A connection to PostgreSQL without timeouts or new attempts, for the tests of the store.

import { Client, DatabaseError } from "pg"
import { Unavailable } from "../../src/errors.ts"
import { type Database, DatabaseRefusal, type Query } from "../../src/store/postgres/database.ts"

interface Connection {
  readonly client: Client
  /** The latest transaction. What comes later waits for it, so each connection keeps the order. */
  last: Promise<unknown>
  waiting: number
}

/** Connects. With one connection statements are run in the order in which they come. */
export async function openPlainDatabase(host: string, connections = 1): Promise<Database> {
  let available = true
  const all = await Promise.all(
    Array.from({ length: connections }, async (): Promise<Connection> => {
      const client = new Client({ host, user: "postern", database: "postgres", pipeline: true })
      client.on("error", () => {
        available = false
      })
      await client.connect()
      return { client, last: Promise.resolve(), waiting: 0 }
    }),
  )
  let turn = 0
  const next = (): Connection => {
    turn += 1
    return all[turn % all.length] as Connection
  }
  const query: Query = (text, values) => {
    const { client, last, waiting } = next()
    const run = queryOf(client)
    return waiting === 0 ? run(text, values) : last.then(() => run(text, values))
  }
  return {
    query,
    // In time, however late.
    change: (text, values = []) => query(text, [...values, Number.MAX_SAFE_INTEGER]),
    transaction<T>(work: (query: Query) => Promise<T>): Promise<T> {
      const connection = next()
      const done = connection.last.then(() => transact(connection.client, work))
      connection.waiting += 1
      connection.last = done
        .catch(() => {})
        .then(() => {
          connection.waiting -= 1
        })
      return done
    },
    leave: () => {},
    isAvailable: () => available,
    figures: () => ({
      ...{ isAvailable: available, connections: { reading: connections, writing: 0 }, waiting: 0 },
    }),
    close: async () => {
      await Promise.all(all.map(({ client }) => client.end()))
    },
  }
}

async function transact<T>(client: Client, work: (query: Query) => Promise<T>): Promise<T> {
  const query = queryOf(client)
  // Sent together with the first statement.
  const begun = query("begin")
  try {
    const value = await work(query)
    await begun
    await query("commit")
    return value
  } catch (error) {
    await query("rollback").catch(() => {})
    throw error
  }
}

function queryOf(client: Client): Query {
  return async <R>(text: string, values?: readonly unknown[]) => {
    try {
      const { rows } = await client.query(text, values === undefined ? [] : [...values])
      return rows as R[]
    } catch (cause) {
      if (!(cause instanceof DatabaseError)) throw new Unavailable("No answer", { cause })
      const { code = "", constraint = null, message } = cause
      throw new DatabaseRefusal(message, { code, constraint, cause })
    }
  }
}
