// What holds for each connection. A new connection sets these settings and checks them. Through a
// pooler in transaction mode a connection keeps no settings, so they are only checked there, and
// the role must have them (ALTER ROLE … SET …).

import { exitCodes, OperatorError, Unavailable } from "../../errors.ts"
import { type DatabaseLocation, nameOf } from "../store_location.ts"
import type { Query } from "./database.ts"

/** How long the server works on a statement, and waits for a lock, in milliseconds. */
export interface ServerLimits {
  readonly statementMillis: number
  readonly lockMillis: number
}

/** A setting of each connection: when it was opened, by the database's clock, in seconds. */
export const connectedAtName = "postern.connected_at"

/** Before 13 there is no pg_current_snapshot(). */
const versionMin = 13
const idleInTransactionMillis = 5_000

/** A row of `check`. */
interface Found {
  readonly version: string
  readonly encoding: string
  readonly read_only: boolean
  readonly isolation: string
  readonly synchronous_commit: string
  readonly search_path: string
  readonly statement_millis: string
  readonly lock_millis: string
  readonly fsync: string
  readonly prepared_max: string
  readonly owner: string | null
  readonly is_foreign: boolean
  readonly at: number
}

/** What a new connection found. */
interface PreparedSession {
  /** About the server. */
  readonly warnings: readonly string[]
  /** The database's clock, in seconds. */
  readonly at: number
}

const check = `select current_setting('server_version_num') as version,
  current_setting('server_encoding') as encoding,
  pg_is_in_recovery() or current_setting('transaction_read_only')::boolean as read_only,
  current_setting('transaction_isolation') as isolation,
  current_setting('synchronous_commit') as synchronous_commit,
  current_setting('search_path') as search_path,
  (select setting from pg_settings where name = 'statement_timeout') as statement_millis,
  (select setting from pg_settings where name = 'lock_timeout') as lock_millis,
  current_setting('fsync') as fsync,
  current_setting('max_prepared_transactions') as prepared_max,
  n.owner, coalesce(not n.is_trusted, false) as is_foreign,
  extract(epoch from clock_timestamp())::float8 as at
from (values (1)) as one left join (
  select r.rolname as owner,
    r.rolsuper or r.rolname = current_user or d.datdba = r.oid as is_trusted
  from pg_namespace s join pg_roles r on r.oid = s.nspowner
    join pg_database d on d.datname = current_database()
  where s.nspname = 'postern'
) n on true`

/**
 * Sets and checks a new connection.
 * @throws OperatorError when the server, its schema or a setting can't be used
 * @throws Unavailable when the server takes no writes now
 */
export async function prepareSession(
  query: Query,
  location: DatabaseLocation,
  limits: ServerLimits,
): Promise<PreparedSession> {
  const wanted = settingsFor(limits)
  if (!location.isPooled) {
    await query(
      `select set_config(name, value, false) from unnest($1::text[], $2::text[]) s(name, value)
      union all
      select set_config('${connectedAtName}', extract(epoch from clock_timestamp())::text, false)`,
      [wanted.map(([name]) => name), wanted.map(([, value]) => value)],
    )
    // A role or a database may turn it off; any role may turn it on.
    await query(`select set_config('synchronous_commit', 'on', false)
      where current_setting('synchronous_commit') = 'off'`)
  }
  const [found] = await query<Found>(check)
  if (found === undefined) throw new Unavailable("The database answers nothing")
  assertUsable(found, location)
  if (found.read_only) {
    throw new Unavailable("The database takes no writes: it is a standby or read-only")
  }
  assertSet(found, { location, wanted, limits })
  return { warnings: warningsOf(found), at: found.at }
}

function settingsFor({ statementMillis, lockMillis }: ServerLimits) {
  return [
    ["default_transaction_isolation", "read committed"],
    // Of the schemas that others may write to, none is searched.
    ["search_path", "pg_catalog, pg_temp"],
    ["statement_timeout", String(statementMillis)],
    ["lock_timeout", String(lockMillis)],
    ["idle_in_transaction_session_timeout", String(idleInTransactionMillis)],
  ] as const
}

function assertUsable(found: Found, location: DatabaseLocation): void {
  const { version, encoding, owner, is_foreign: isForeign } = found
  const major = Math.floor(Number(version) / 10_000)
  const mistake = (message: string, hint: string) =>
    new OperatorError(message, { hint, exitCode: exitCodes.badSettings })
  if (major < versionMin) {
    const hint = `Use PostgreSQL ${versionMin} or newer.`
    throw mistake(`The ${nameOf(location)} runs on PostgreSQL ${major}`, hint)
  }
  if (encoding !== "UTF8") {
    const hint = "Make one: create database NAME template template0 encoding 'UTF8'."
    throw mistake(`The ${nameOf(location)} has the encoding ${encoding}, not UTF8`, hint)
  }
  if (isForeign) {
    const message = `The schema 'postern' of the ${nameOf(location)} belongs to '${owner}'`
    const hint =
      "Its owner can change Postern's data. Make it the database's owner, or give the schema to that: alter schema postern owner to ROLE."
    throw mistake(message, hint)
  }
}

function assertSet(
  found: Found,
  {
    location,
    wanted,
    limits,
  }: {
    readonly location: DatabaseLocation
    readonly wanted: readonly (readonly [name: string, value: string])[]
    readonly limits: ServerLimits
  },
): void {
  const isWithin = (millis: string, most: number) => Number(millis) > 0 && Number(millis) <= most
  const isSet =
    found.isolation === "read committed" &&
    found.synchronous_commit !== "off" &&
    found.search_path.replace(/[\s"]/g, "") === "pg_catalog,pg_temp" &&
    isWithin(found.statement_millis, limits.statementMillis) &&
    isWithin(found.lock_millis, limits.lockMillis)
  if (isSet) return
  const role = `"${location.user.replaceAll('"', '""')}"`
  const changes = [...wanted, ["synchronous_commit", "on"] as const].map(
    ([name, value]) =>
      `  alter role ${role} set ${name} = ${name === "search_path" ? value : `'${value}'`};`,
  )
  throw new OperatorError(`Settings of the ${nameOf(location)} are not what Postern needs`, {
    details: changes,
    hint: "Run these statements, and end the pooler's open connections.",
    exitCode: exitCodes.badSettings,
  })
}

function warningsOf({ fsync, prepared_max: preparedMax }: Found): readonly string[] {
  return [
    ...(fsync === "off" ? ["fsync is off: a crash of its machine can lose or damage data"] : []),
    ...(preparedMax === "0"
      ? []
      : ["max_prepared_transactions is not 0: one that is left open slows down every request"]),
  ]
}
