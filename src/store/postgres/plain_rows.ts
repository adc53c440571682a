// Rows that are records by other names: they have a column for each member. The rows of users and
// sessions are more than that (rows.ts).

import type { Records } from "../records.ts"
import { frozen } from "./rows.ts"

/** A row, as `row_to_json` makes it. */
export type PlainRow = Readonly<Record<string, unknown>>

/** The column of each member. */
const columns = {
  reservedNames: { username: "username", deletedAt: "deleted_at", isReleased: "is_released" },
  endedSessions: { sid: "sid", tokensExpireAt: "tokens_expire_at" },
  revokedTokens: { jti: "jti", expiresAt: "expires_at", isListed: "is_listed" },
  failedLogins: { username: "username", strangers: "strangers", devices: "devices" },
  serviceTokens: {
    ...{ name: "name", hash: "hash", roles: "roles", fresh: "fresh", acr: "acr" },
    ...{ createdAt: "created_at", expiresAt: "expires_at" },
    ...{ lastUsedAt: "last_used_at", lastAddress: "last_address" },
  },
} satisfies { readonly [T in keyof Records]?: { readonly [M in keyof Records[T]]: string } }

type PlainTable = keyof typeof columns

/** The record of a row. */
export function plainRecord<T extends PlainTable>(table: T, row: PlainRow): Records[T] {
  const names = Object.entries(columns[table])
  const members = names.map(([member, column]) => [member, row[column]])
  return frozen(Object.fromEntries(members) as Records[T])
}

/** The row of a record. */
export function plainRow<T extends PlainTable>(table: T, record: Records[T]): PlainRow {
  const names = Object.entries(columns[table])
  return Object.fromEntries(
    names.map(([member, column]) => [column, record[member as keyof Records[T]]]),
  )
}
