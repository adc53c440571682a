// The tables of the database as a copy reads and writes them (../copying.ts), within a transaction
// that its caller has prepared. Reading goes by a cursor, so that a slice needs no sorting of its
// own.

import type { Content, Counts } from "../copying.ts"
import { sliceMax } from "../copying.ts"
import { type EndedSession, type Records, type ReservedName, tableNames } from "../records.ts"
import type { FailedLogins, RevokedToken } from "../store.ts"
import type { Query } from "./database.ts"
import { type HistoryRow, historyOf, rowOfHistory } from "./login_histories.ts"
import {
  frozen,
  rowOfSession,
  rowOfUser,
  type SessionRow,
  sessionOf,
  type UserRow,
  userOf,
} from "./rows.ts"
import { rowOfServiceToken, type ServiceTokenRow, serviceTokenOf } from "./service_token_rows.ts"

/** A table: its rows, in the order of a copy, and what they are as records. */
interface CopiedTable<R> {
  readonly name: string
  readonly order: string
  /** Which rows say something. */
  readonly where: string
  readonly rowOf: (record: R) => object
  readonly recordOf: (row: never) => R
}

interface ReservedRow {
  readonly username: string
  readonly deleted_at: number
  readonly is_released: boolean
}

interface EndedRow {
  readonly sid: string
  readonly tokens_expire_at: number
}

interface RevokedRow {
  readonly jti: string
  readonly expires_at: number
  readonly is_listed: boolean
}

const tables: { readonly [T in keyof Records]: CopiedTable<Records[T]> } = {
  users: {
    ...{ name: "users", order: "username", where: "true" },
    rowOf: rowOfUser,
    recordOf: (row: UserRow) => userOf(row),
  },
  reservedNames: {
    ...{ name: "reserved_names", order: "username", where: "true" },
    rowOf: ({ username, deletedAt, isReleased }: ReservedName): ReservedRow => ({
      ...{ username, deleted_at: deletedAt, is_released: isReleased },
    }),
    recordOf: ({ username, deleted_at, is_released }: ReservedRow) =>
      frozen({ username, deletedAt: deleted_at, isReleased: is_released }),
  },
  sessions: {
    ...{ name: "sessions", order: "number", where: "true" },
    rowOf: rowOfSession,
    recordOf: (row: SessionRow) => sessionOf(row),
  },
  endedSessions: {
    ...{ name: "ended_sessions", order: "sid", where: "true" },
    rowOf: ({ sid, tokensExpireAt }: EndedSession): EndedRow => ({
      ...{ sid, tokens_expire_at: tokensExpireAt },
    }),
    recordOf: ({ sid, tokens_expire_at }: EndedRow) =>
      frozen({ sid, tokensExpireAt: tokens_expire_at }),
  },
  revokedTokens: {
    ...{ name: "revoked_tokens", order: "jti", where: "true" },
    rowOf: ({ jti, expiresAt, isListed }: RevokedToken): RevokedRow => ({
      ...{ jti, expires_at: expiresAt, is_listed: isListed },
    }),
    recordOf: ({ jti, expires_at, is_listed }: RevokedRow) =>
      frozen({ jti, expiresAt: expires_at, isListed: is_listed }),
  },
  failedLogins: {
    ...{ name: "failed_logins", order: "username", where: "strangers + devices > 0" },
    rowOf: ({ username, strangers, devices }: FailedLogins) => ({ username, strangers, devices }),
    recordOf: ({ username, strangers, devices }: FailedLogins) =>
      frozen({ username, strangers, devices }),
  },
  loginHistories: {
    ...{ name: "login_histories", order: "username", where: "true" },
    rowOf: rowOfHistory,
    recordOf: (row: HistoryRow) => historyOf(row),
  },
  serviceTokens: {
    ...{ name: "service_tokens", order: "name", where: "true" },
    rowOf: rowOfServiceToken,
    recordOf: (row: ServiceTokenRow) => serviceTokenOf(row),
  },
}

const allTables = [...tableNames.map((table) => tables[table].name), "key_set", "facts"]

/** Keeps others from changing a table (share), or from using one at all. */
export async function lockTables(query: Query, mode: "share" | "access exclusive"): Promise<void> {
  const names = allTables.map((name) => `postern.${name}`).join(", ")
  await query(`lock table ${names} in ${mode} mode`)
}

/** The names of the tables that have rows, but of `facts`. */
export async function heldTables(query: Query): Promise<readonly string[]> {
  const held: string[] = []
  for (const name of allTables.filter((one) => one !== "facts")) {
    const rows = await query(`select 1 from postern.${name} limit 1`)
    if (rows.length > 0) held.push(name === "key_set" ? "keys" : name.replace("_", " "))
  }
  return held
}

/** What the tables hold. */
export function contentOfTables(query: Query, keys: Uint8Array | null): Content {
  return {
    keys,
    async count() {
      const counts = tableNames.map(async (table) => {
        const { name, where } = tables[table]
        const [row] = await query<{ count: number }>(
          `select count(*)::float8 as count from postern.${name} where ${where}`,
        )
        return [table, row?.count ?? 0] as const
      })
      return Object.fromEntries(await Promise.all(counts)) as Counts
    },
    async *read(table) {
      const { name, order, where, recordOf } = tables[table]
      await query(`declare copied no scroll cursor for select row_to_json(t) as row
        from postern.${name} t where ${where} order by ${order}`)
      for (;;) {
        const rows = await query<{ row: never }>(`fetch ${sliceMax} from copied`)
        if (rows.length > 0) yield rows.map(({ row }) => recordOf(row))
        if (rows.length < sliceMax) break
      }
      await query("close copied")
    },
  }
}

/** Writes all records of a content. The tables must be empty. */
export async function fillTables(query: Query, content: Content): Promise<void> {
  for (const table of tableNames) {
    const { name, rowOf } = tables[table] as CopiedTable<unknown>
    for await (const records of content.read(table)) {
      const rows = records.map(rowOf)
      const columns = Object.keys(rows[0] ?? {}).join(", ")
      await query(
        `insert into postern.${name} (${columns})
        select ${columns} from json_populate_recordset(null::postern.${name}, $1)`,
        [JSON.stringify(rows)],
      )
    }
  }
  await query(`update postern.facts set
    has_had_users = exists (select from postern.users)
      or exists (select from postern.reserved_names),
    last_use_at = (select max(last_used_at) from postern.sessions)`)
}
