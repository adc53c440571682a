// Databases with the records of a fixture, made by the schema and the code of the service itself.
// One is filled; the others are copies.

import { randomBytes } from "node:crypto"
import { openDatabaseStore } from "../src/store/postgres/open_database_store.ts"
import { rowOfSession, rowOfUser } from "../src/store/postgres/rows.ts"
import type { DatabaseLocation } from "../src/store/store_location.ts"
import type { StoreRecords } from "./fixture.ts"
import { type PostgresCluster, postgresUser } from "./postgres_cluster.ts"

/** What a service needs to use a database. */
export interface FilledDatabase {
  /** POSTERN_STORE. */
  readonly url: string
  /** POSTERN_STORE_SECRET. */
  readonly secret: string
}

const rowsAtOnce = 2000

/**
 * Fills a database, and gives a function that makes copies. Keys are sealed for a service with this
 * issuer, by default one that names none.
 */
export async function createDatabases(
  cluster: PostgresCluster,
  records: StoreRecords,
  issuer = "",
): Promise<(name: string) => Promise<FilledDatabase>> {
  const secret = randomBytes(48).toString("base64")
  const filledName = issuer === "" ? "filled" : "filled_with_issuer"
  const filled: Filled = { cluster, filledName }
  await cluster.run("postgres", `create database ${filledName}`)
  await makeSchema(filled, { secret, issuer, keyFile: records.keyFile("shared") })
  await insert(filled, "users", records.users.map(rowOfUser))
  await insert(filled, "sessions", records.sessions.map(rowOfSession))
  await cluster.run(filledName, "vacuum analyze")
  return async (name) => {
    await cluster.run("postgres", `create database ${name} template ${filledName}`)
    const host = encodeURIComponent(cluster.host)
    return { url: `postgres://${postgresUser}@${host}/${name}`, secret }
  }
}

/** The database that is filled. */
interface Filled {
  readonly cluster: PostgresCluster
  readonly filledName: string
}

async function makeSchema(
  { cluster: { host }, filledName }: Filled,
  {
    secret,
    issuer,
    keyFile,
  }: { readonly secret: string; readonly issuer: string; readonly keyFile: Uint8Array },
): Promise<void> {
  const location: DatabaseLocation = {
    ...{ kind: "database", host, port: 5432, user: postgresUser, password: null },
    ...{ database: filledName, isTlsAsked: false, isPooled: false },
  }
  const opened = await openDatabaseStore({
    ...{ location, ca: null, stalenessSeconds: 0, warn: () => {}, mayMake: true },
    ...{ place: filledName, issuer, secret: Buffer.from(secret) },
  })
  await opened?.store.keys.replace(keyFile, { ifVersion: null })
  await opened?.store.close()
}

async function insert(
  { cluster, filledName }: Filled,
  table: string,
  rows: readonly object[],
): Promise<void> {
  const names = Object.keys(rows[0] ?? {}).join(", ")
  for (let from = 0; from < rows.length; from += rowsAtOnce) {
    await cluster.run(
      filledName,
      `insert into postern.${table} (${names})
      select ${names} from json_populate_recordset(null::postern.${table}, $1)`,
      [JSON.stringify(rows.slice(from, from + rowsAtOnce))],
    )
  }
}
