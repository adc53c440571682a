// What a view (view.ts) reads when it does not remember it. Each answer also has the state of the
// database (delta.ts).

import type { ServiceToken } from "../../domain/service_token.ts"
import type { User } from "../../domain/user.ts"
import type { SessionOfUser } from "../store.ts"
import { stateColumns } from "./delta.ts"
import { type PlainRow, plainRecord } from "./plain_rows.ts"
import { isStorable, type SessionRow, sessionOf, type UserRow, userOf } from "./rows.ts"

/** Runs a query for one row. */
export type ReadRow = <R>(
  text: string,
  values?: readonly string[],
) => Promise<{ readonly [N in keyof R]?: R[N] | null }>

/** The session of a sid with its user, or null. */
export async function readSession(read: ReadRow, sid: string): Promise<SessionOfUser | null> {
  if (!isStorable(sid)) return null
  const { session, user } = await read<{ session: SessionRow; user: UserRow }>(
    `select ${stateColumns}, row_to_json(s) as session, row_to_json(u) as user
    from (values (1)) one left join postern.sessions s on s.sid = $1
    left join postern.users u on u.username = s.username`,
    [sid],
  )
  return session && user ? { session: sessionOf(session), user: userOf(user) } : null
}

/** The user of a name, or null. */
export async function readUser(read: ReadRow, username: string): Promise<User | null> {
  if (!isStorable(username)) return null
  const { user } = await read<{ user: UserRow }>(
    `select ${stateColumns}, row_to_json(u) as user
    from (values (1)) one left join postern.users u on u.username = $1`,
    [username],
  )
  return user ? userOf(user) : null
}

/** The name of the user who has a handle, or null. */
export async function readNameByHandle(read: ReadRow, handle: string): Promise<string | null> {
  if (!isStorable(handle)) return null
  const { username } = await read<{ username: string }>(
    `select ${stateColumns}, (select username from postern.users
    where factor_handle = $1) as username`,
    [handle],
  )
  return username ?? null
}

/** Whether a token without a session was revoked. */
export async function readToken(read: ReadRow, jti: string): Promise<boolean> {
  if (!isStorable(jti)) return false
  const { revoked } = await read<{ revoked: boolean }>(
    `select ${stateColumns},
    exists (select from postern.revoked_tokens where jti = $1) as revoked`,
    [jti],
  )
  return revoked === true
}

/** All service tokens by their hashes. */
export async function readServiceTokens(read: ReadRow): Promise<ReadonlyMap<string, ServiceToken>> {
  const { tokens } = await read<{ tokens: readonly PlainRow[] }>(
    `select ${stateColumns}, (select json_agg(t) from postern.service_tokens t) as tokens`,
  )
  const records = (tokens ?? []).map((row) => plainRecord("serviceTokens", row))
  return new Map(records.map((token) => [token.hash, token]))
}
