// A user's row within a transaction: locked, read, written.

import type { User } from "../../domain/user.ts"
import { isAdmin } from "../../domain/user_condition.ts"
import type { Query } from "./database.ts"
import { administers } from "./migrations/admins.ts"
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

/** A user whom nobody else can change, and whether somebody else administers. */
interface LockedUser {
  readonly user: User | null
  readonly hasAdminBeside: boolean
}

/**
 * Reads a user for a change that may take away who administers. Where the user does, all who do are
 * locked, ordered by name: of two changes at once, the second sees what the first has done, and
 * neither waits for the other. The subquery is empty for anybody else. An index finds the admins.
 */
export async function lockWithAdmins(query: Query, username: string): Promise<LockedUser> {
  if (!isStorable(username)) return { user: null, hasAdminBeside: false }
  const rows = await query<{ user: UserRow }>(
    `select row_to_json(u) as user from postern.users u where username = any (array(
      select $1 union all select username from postern.users where ${administers}
        and exists (select from postern.users where username = $1 and ${administers})
    )) order by username for no key update`,
    [username],
  )
  const users = rows.map(({ user }) => userOf(user))
  const isOther = (user: User) => user.username !== username
  return {
    user: users.find((user) => !isOther(user)) ?? null,
    hasAdminBeside: users.some((user) => isOther(user) && isAdmin(user)),
  }
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
