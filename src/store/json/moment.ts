// All that a store holds at one moment. Records never change, so lists of them are enough, and the
// store may go on meanwhile.

import { type Content, type Counts, sliceMax } from "../copying.ts"
import { type Records, type TableName, tableNames } from "../records.ts"
import { decoyKey } from "./failed_logins.ts"
import type { Tables } from "./tables.ts"

/** What the tables hold at the call, in the order in which their records were added. */
export function contentNow(tables: Tables, keys: Uint8Array | null): Content {
  const lists = Object.fromEntries(
    tableNames.map((table) => [table, recordsOf(tables, table)]),
  ) as { readonly [T in TableName]: readonly Records[T][] }
  return {
    keys,
    async count() {
      return Object.fromEntries(tableNames.map((table) => [table, lists[table].length])) as Counts
    },
    async *read(table) {
      const records = lists[table]
      for (let at = 0; at < records.length; at += sliceMax) yield records.slice(at, at + sliceMax)
    },
  }
}

/** Without the failed logins of unknown usernames. */
function recordsOf(tables: Tables, table: TableName): readonly unknown[] {
  const records = [...tables[table].values()]
  const decoy = tables.failedLogins.get(decoyKey)
  return table === "failedLogins" && decoy ? records.filter((one) => one !== decoy) : records
}
