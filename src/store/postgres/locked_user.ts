// A user's row within a transaction: locked, read, written.

import type { User } from "../../domain/user.ts"
import type { Query } from "./database.ts"
import { frozen, isStorable, rowOfUser, type UserRow, userOf } from "./rows.ts"

/** Reads a user, whom nobody else can change before the transaction ends. */
export async function lockUser(
  query: Query,
  username: string,
  lock: "for no key update" | "for update" = "for no key update",
): Promise<User | null> {
  if (!isStorable(username)) return null
  const [row] = await query<{ user: UserRow }>(
    `select row_to_json(u) as user from postern.users u where username = $1 ${lock}`,
    [username],
  )
  return row === undefined ? null : userOf(row.user)
}

/** Writes a user whom this transaction has locked. */
export async function updateUser(query: Query, user: User): Promise<User> {
  const row = rowOfUser(user)
  const { password_hash, roles, claims, disabled, tokens_not_before, link } = row
  const { factors, factor_handle } = row
  const values = [password_hash, roles, claims, disabled, tokens_not_before, link]
  await query(
    `update postern.users set password_hash = $2, roles = $3, claims = $4, disabled = $5,
      tokens_not_before = $6, link = $7, factors = $8, factor_handle = $9 where username = $1`,
    [user.username, ...values, factors, factor_handle],
  )
  return frozen(structuredClone(user))
}
