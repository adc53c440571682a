// The tables of the database as a copy reads and writes them (../copying.ts), within a transaction
// that its caller has prepared. Reading goes by a cursor, so that a slice needs no sorting of its
// own.

import { type Content, type Counts, sliceMax } from "../copying.ts"
import { type Records, tableNames } from "../records.ts"
import { countOf, type Query } from "./database.ts"
import { type HistoryRow, historyOf, rowOfHistory } from "./login_histories.ts"
import { type PlainRow, plainRecord, plainRow } from "./plain_rows.ts"
import {
  rowOfSession,
  rowOfUser,
  type SessionRow,
  sessionOf,
  type UserRow,
  userOf,
} from "./rows.ts"

/** A table: its rows, in the order of a copy, and what they are as records. */
interface CopiedTable<R> {
  readonly name: string
  readonly order: string
  /** Which rows say something. */
  readonly where: string
  readonly rowOf: (record: R) => object
  readonly recordOf: (row: never) => R
}

/** A table whose rows are its records by other names. */
function plainTable<T extends Parameters<typeof plainRow>[0]>(
  table: T,
  parts: { readonly name: string; readonly order: string; readonly where?: string },
): CopiedTable<Records[T]> {
  return {
    ...{ where: "true", ...parts },
    rowOf: (record) => plainRow(table, record),
    recordOf: (row: PlainRow) => plainRecord(table, row),
  }
}

const tables: { readonly [T in keyof Records]: CopiedTable<Records[T]> } = {
  users: {
    ...{ name: "users", order: "username", where: "true" },
    rowOf: rowOfUser,
    recordOf: (row: UserRow) => userOf(row),
  },
  reservedNames: plainTable("reservedNames", { name: "reserved_names", order: "username" }),
  sessions: {
    ...{ name: "sessions", order: "number", where: "true" },
    rowOf: rowOfSession,
    recordOf: (row: SessionRow) => sessionOf(row),
  },
  endedSessions: plainTable("endedSessions", { name: "ended_sessions", order: "sid" }),
  revokedTokens: plainTable("revokedTokens", { name: "revoked_tokens", order: "jti" }),
  failedLogins: plainTable("failedLogins", {
    ...{ name: "failed_logins", order: "username", where: "strangers + devices > 0" },
  }),
  loginHistories: {
    ...{ name: "login_histories", order: "username", where: "true" },
    rowOf: rowOfHistory,
    recordOf: (row: HistoryRow) => historyOf(row),
  },
  serviceTokens: plainTable("serviceTokens", { name: "service_tokens", order: "name" }),
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
        return [table, await countOf(query, `postern.${name} where ${where}`)] as const
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
