// What has changed since a snapshot, in one query. Rows of `changes` are compared by their
// transaction, not by a number or a time: a transaction with a lower number may commit later. A
// snapshot `xmin:xmax:list` has seen each transaction below xmax but those on its list, so both
// parts of the query are read from the index, however long a transaction stays open.

import { Unavailable } from "../../errors.ts"
import type { Database } from "./database.ts"
import { connectedAtName } from "./session_settings.ts"

/** The state of the database that a query saw. */
export interface Seen {
  readonly snapshot: string
  /**
   * The start of the server and the identity of a trigger that writes the log: others after a
   * restart, and when a dump was restored. The trigger is what a restoration makes last.
   */
  readonly server: string
  /** By the database's clock, in seconds. */
  readonly at: number
  /** When the connection was opened; null through a pooler. */
  readonly connectedAt: number | null
}

/** What changed: the kind (change_log.ts) and the key. */
export type LoggedChange = readonly [what: string, key: string]

/** What changed since. */
export interface Delta {
  readonly seen: Seen
  readonly keysVersion: number | null
  /** Null when the log may lack changes: everything may have changed. */
  readonly changes: readonly LoggedChange[] | null
}

/** For how long the log keeps a change at least. */
export const retentionSeconds = 600

const changesMax = 10_000

/** Seen only while the log has certainly kept every change since. */
const seenSecondsMax = retentionSeconds / 2

interface Row extends Omit<Seen, "server">, ServerState {
  readonly server: string | null
  readonly changes: readonly LoggedChange[] | null
}

/** The state of the database that every answer has. */
export interface ServerState {
  readonly keysVersion: number | null
  readonly isStandby: boolean
}

/** The columns of `ServerState`, for any query. */
export const stateColumns = `(select version::float8 from postern.key_set) as "keysVersion",
  pg_is_in_recovery() as "isStandby"`

const deltaQuery = `select ${stateColumns}, pg_current_snapshot()::text as snapshot,
  extract(epoch from pg_postmaster_start_time()) || ' ' || (select oid from pg_trigger
    where tgrelid = 'postern.sessions'::regclass and tgname = 'shortened') as server,
  extract(epoch from clock_timestamp())::float8 as at,
  current_setting('${connectedAtName}', true)::float8 as "connectedAt",
  (select json_agg(json_build_array(what, key)) from (
    (select what, key from postern.changes where xid >= pg_snapshot_xmax($1::pg_snapshot)
      order by xid desc limit ${changesMax + 1})
    union all
    (select what, key from postern.changes
      where xid = any (array(select pg_snapshot_xip($1::pg_snapshot))) limit ${changesMax + 1})
  ) c) as changes`

/**
 * Reads what changed since `since`, which is null at first.
 * @throws Unavailable also when the database is a standby, whose state may be old
 */
export async function readDelta(database: Database, since: Seen | null): Promise<Delta> {
  const [row] = await database.query<Row>(deltaQuery, [since?.snapshot ?? null])
  if (row === undefined) throw new Unavailable("The database answers nothing")
  refuseStandby(database, row)
  const { snapshot, server, at, connectedAt, changes, keysVersion } = row
  if (server === null) throw new Unavailable("The database is being restored")
  const seen = { snapshot, server, at, connectedAt }
  return { seen, keysVersion, changes: hasAllChanges(since, seen) ? whole(changes ?? []) : null }
}

/** @throws Unavailable when a standby answered, whose state may be old */
export function refuseStandby(database: Database, { isStandby }: ServerState): void {
  if (!isStandby) return
  const failure = new Unavailable("The database is a standby")
  database.leave(failure)
  throw failure
}

/** Whether the log has every change between two states. */
function hasAllChanges(since: Seen | null, seen: Seen): boolean {
  if (since === null || since.server !== seen.server) return false
  // After a crash the server may give the numbers of lost transactions again, which `since` has
  // seen. Every connection is a new one then.
  if (seen.connectedAt !== null && seen.connectedAt > since.at) return false
  // A restored database has fewer transactions behind it.
  if (endOf(seen) < endOf(since)) return false
  const passed = seen.at - since.at
  return passed >= 0 && passed <= seenSecondsMax
}

function whole(changes: readonly LoggedChange[]): readonly LoggedChange[] | null {
  return changes.length > changesMax ? null : changes
}

/** The first transaction that had not begun: a snapshot is `xmin:xmax:…`. */
function endOf({ snapshot }: Seen): number {
  return Number(snapshot.split(":")[1])
}
