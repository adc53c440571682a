// Reads users page by page. A search may look at all of them: it does so in turns that let others
// work meanwhile.

import { setImmediate as turn } from "node:timers/promises"
import type { User } from "../../domain/user.ts"
import { type PageQuestion, pageOf, type UserPage } from "../user_pages.ts"
import { SortedNames } from "./sorted_names.ts"
import type { StagedTables } from "./staged_tables.ts"

/** How many users are looked at before others have their turn. */
const usersPerTurn = 2000

/** The page that a question asks for. */
export async function readPage(
  { after, limit, search, role }: PageQuestion,
  tables: StagedTables,
): Promise<UserPage> {
  tables.names ??= new SortedNames(tables.committed.users)
  const { names: all } = tables
  await all.ready
  const has = ({ roles }: User) => role === "" || roles.includes(role)
  const most = search === "" && role === "" ? limit + 1 : usersPerTurn
  const found: User[] = []
  for (let last = after; ; ) {
    const names = all.after(last, most)
    const { users } = tables.committed
    for (const name of names) {
      if (!name.includes(search)) continue
      const user = users.get(name)
      if (user !== undefined && has(user)) found.push(user)
      if (found.length > limit) return pageOf(found, limit)
    }
    if (names.length < most) return pageOf(found, limit)
    last = names.at(-1) ?? last
    await turn()
  }
}
