// What an operator asks of a database: whether it has the schema, who uses it, and what slows it
// down. Reads only, and needs no more rights than a service.

import { OperatorError } from "../../errors.ts"
import { commandName, serviceName } from "./connection.ts"
import { countOf, type Database, type Query } from "./database.ts"
import { createKeySeal, type KeySealOptions, readKeyRow } from "./key_seal.ts"
import { migrationStatus } from "./migrations.ts"
import { type DatabasePlace, openDatabase } from "./open_database.ts"

/** The state of a database. */
export interface DatabaseStatus {
  /** Of the server, such as `15.18`. */
  readonly serverVersion: string
  readonly role: string
  readonly schema: {
    /** The numbers of the migrations. */
    readonly applied: readonly number[]
    readonly pending: readonly { readonly number: number; readonly name: string }[]
  }
  /** Null without a schema. */
  readonly content: DatabaseContent | null
  /** Connections of services, and how many addresses they come from. */
  readonly services: { readonly connections: number; readonly addresses: number }
  /** Null when nothing holds it back. */
  readonly horizon: Horizon | null
  /** Whether the secret opens the keys; null when that was not asked. */
  readonly keys: "good" | "missing" | "unopened" | null
  readonly settings: {
    /** Of this role, where Postern does not set it itself. */
    readonly synchronousCommit: string
    readonly fsync: string
    readonly maxPreparedTransactions: number
  }
}

/** What is in the tables. */
interface DatabaseContent {
  readonly users: Amount
  readonly sessions: Amount
  /** All tables and indexes. */
  readonly bytes: number
  /** Rows of the change log, counted up to a limit. */
  readonly changes: Amount
}

/** A number of rows, counted or estimated. */
export interface Amount {
  readonly rows: number
  readonly isExact: boolean
}

/**
 * What keeps PostgreSQL from removing dead rows: the oldest transaction. One that writes counts in
 * every database of the cluster.
 */
interface Horizon {
  readonly kind: "connection" | "prepared transaction" | "replication slot"
  /** The process id, or the name of the prepared transaction or slot. */
  readonly name: string
  readonly database: string | null
  readonly role: string | null
  readonly program: string | null
  /** Transactions that began since. */
  readonly transactions: number
  /** For how long; null when this role may not see it. */
  readonly seconds: number | null
}

/** Larger tables are not counted, but estimated. */
const countedBytesMax = 64 * 1024 * 1024
const countedChangesMax = 100_000

const basics = `select current_setting('server_version') as "serverVersion",
  current_user::text as role,
  (select reset_val from pg_settings where name = 'synchronous_commit') as "synchronousCommit",
  current_setting('fsync') as fsync,
  current_setting('max_prepared_transactions')::integer as "maxPreparedTransactions"`

const connections = `select count(*)::float8 as connections,
  count(distinct coalesce(host(client_addr), ''))::float8 as addresses
  from pg_stat_activity where datname = current_database() and application_name = $1`

/** What keeps PostgreSQL from removing dead rows, the oldest first. */
const horizon = `select kind, name, database, role, program, transactions, seconds from (
  select 'connection' as kind, pid::text as name, datname as database, usename as role,
    application_name as program, extract(epoch from clock_timestamp() - xact_start) as seconds,
    greatest(age(backend_xid), case datname when current_database() then age(backend_xmin) end)
      as transactions
  from pg_stat_activity where pid <> pg_backend_pid()
  union all
  select 'prepared transaction', gid, database, owner, null,
    extract(epoch from clock_timestamp() - prepared), age(transaction)
  from pg_prepared_xacts
  union all
  select 'replication slot', slot_name, database, null, plugin, null, age(xmin)
  from pg_replication_slots
  ) h where transactions > 0 order by transactions desc limit 1`

/**
 * Reads the state of a database.
 * @throws OperatorError when the operator has to mend something first
 * @throws Unavailable when the database can't be reached now
 */
export async function readDatabaseStatus(
  place: DatabasePlace,
  keys: KeySealOptions | null = null,
): Promise<DatabaseStatus> {
  const database = await openDatabase({ ...place, applicationName: commandName })
  try {
    return await read(database, keys)
  } finally {
    await database.close()
  }
}

async function read(database: Database, keys: KeySealOptions | null): Promise<DatabaseStatus> {
  type Basics = Pick<DatabaseStatus, "serverVersion" | "role"> & DatabaseStatus["settings"]
  const { query } = database
  const { serverVersion, role, ...settings } = await one<Basics>(query, basics)
  const { applied, pending } = await migrationStatus(database)
  const services = await one<DatabaseStatus["services"]>(query, connections, [serviceName])
  return {
    ...{ serverVersion, role, services, settings },
    schema: { applied, pending: pending.map(({ number, name }) => ({ number, name })) },
    content: applied.length === 0 ? null : await readContent(query),
    horizon: await readHorizon(query),
    keys: keys === null || pending.length > 0 ? null : await readKeys(query, keys),
  }
}

async function readKeys(query: Query, options: KeySealOptions): Promise<DatabaseStatus["keys"]> {
  const row = await readKeyRow(query)
  if (row === undefined) return "missing"
  try {
    createKeySeal(options).open(row)
    return "good"
  } catch (error) {
    if (error instanceof OperatorError) return "unopened"
    throw error
  }
}

async function readContent(query: Query): Promise<DatabaseContent> {
  const { bytes } = await one<{ bytes: number }>(
    query,
    `select coalesce(sum(pg_total_relation_size(c.oid)), 0)::float8 as bytes from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'postern' and c.relkind in ('r', 'm')`,
  )
  const [users, sessions] = [await amountOf(query, "users"), await amountOf(query, "sessions")]
  const rows = await countOf(
    query,
    `(select from postern.changes limit ${countedChangesMax + 1}) c`,
  )
  const isExact = rows <= countedChangesMax
  return { users, sessions, bytes, changes: { rows: Math.min(rows, countedChangesMax), isExact } }
}

async function amountOf(query: Query, table: "users" | "sessions"): Promise<Amount> {
  const { bytes, rows } = await one<{ bytes: number; rows: number }>(
    query,
    `select pg_relation_size(oid)::float8 as bytes, reltuples::float8 as rows
    from pg_class where oid = 'postern.${table}'::regclass`,
  )
  if (bytes > countedBytesMax && rows >= 0) return { rows, isExact: false }
  return { rows: await countOf(query, `postern.${table}`), isExact: true }
}

async function readHorizon(query: Query): Promise<Horizon | null> {
  const [row] = await query<Horizon>(horizon)
  return row === undefined ? null : { ...row, seconds: numberOf(row.seconds) }
}

/** PostgreSQL's `numeric` comes as text. */
function numberOf(value: number | string | null): number | null {
  return value === null ? null : Number(value)
}

async function one<R>(query: Query, text: string, values?: readonly unknown[]): Promise<R> {
  const [row] = await query<R>(text, values)
  if (row === undefined) throw new Error("The database answers nothing")
  return row
}
