// Reads users page by page, by the primary key. A search may look at all of them: it does so in
// several short statements, since the wait for one is short.

import type { User } from "../../domain/user.ts"
import { type PageQuestion, pageOf, type UserPage } from "../user_pages.ts"
import type { Database } from "./database.ts"
import { isStorable, type UserRow, userOf } from "./rows.ts"

/** How many users one statement of a search looks at. */
const usersPerStatement = 10_000

interface LookedAt {
  /** How many users, and the last of them. */
  readonly count: number
  readonly last: string | null
  readonly users: readonly UserRow[] | null
}

const lookAt = `with looked as materialized (
    select username, roles from postern.users where username > $1 order by username limit $2
  ), fitting as (
    select username from looked
    where position($3 in username) > 0 and ($4 = '' or $4 = any (roles))
    order by username limit $5
  )
  select (select count(*) from looked)::float8 as count,
    (select max(username) from looked) as last,
    (select json_agg(row_to_json(u) order by u.username) from postern.users u
      where u.username = any (array(select username from fitting))) as users`

/** The page that a question asks for. */
export async function readPage(
  { after, limit, search, role }: PageQuestion,
  { query }: Pick<Database, "query">,
): Promise<UserPage> {
  if (![after, search, role].every(isStorable)) return { users: [], next: null }
  const most = search === "" && role === "" ? limit + 1 : usersPerStatement
  const found: User[] = []
  for (let last = after; ; ) {
    const values = [last, most, search, role, limit + 1 - found.length]
    const [row] = await query<LookedAt>(lookAt, values)
    const { count = 0, users = null, last: reached = null } = row ?? {}
    found.push(...(users ?? []).map(userOf))
    if (found.length > limit || count < most) return pageOf(found, limit)
    last = reached ?? last
  }
}
