// The revival of users in slices, each in a transaction of its own (../store.ts, reviveAll).

import { reviveUser } from "../../domain/revived_user.ts"
import type { RevocationWindow } from "../store.ts"
import { countOf, type Query } from "./database.ts"
import { numbersOf, rowOfUser, type UserRow, userOf } from "./rows.ts"

/** What one slice revived. */
interface RevivedSlice {
  /** The username of the last user, after which the next slice begins. */
  readonly last: string
  readonly users: number
  readonly sessions: number
}

/** Each may have many sessions, and the wait for a statement is short. */
const usersPerSlice = 100

/** Revives the next users after a name, and ends their sessions. Null when there are none. */
export async function reviveUsers(
  query: Query,
  { after, window }: { readonly after: string; readonly window: RevocationWindow },
): Promise<RevivedSlice | null> {
  const rows = await query<{ user: UserRow }>(
    `select row_to_json(u) as user from postern.users u where username > $1
    order by username limit ${usersPerSlice} for no key update`,
    [after],
  )
  const revived = rows.map(({ user }) => rowOfUser(reviveUser(userOf(user), window.at)))
  const last = revived.at(-1)?.username
  if (last === undefined) return null
  await query(
    `update postern.users u
    set tokens_not_before = r.tokens_not_before, link = r.link, factors = r.factors
    from json_populate_recordset(null::postern.users, $1) r where u.username = r.username`,
    [JSON.stringify(revived)],
  )
  const names = revived.map(({ username }) => username)
  const sessions = await countOf(
    query,
    `postern.end_sessions(
      array(select sid from postern.sessions where username = any ($1)), $2, $3, $4)`,
    [names, ...numbersOf(window)],
  )
  return { last, users: names.length, sessions }
}
