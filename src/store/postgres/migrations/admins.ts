// An index of those who administer, so that a change which may take the last one away reads no
// other user. An older Postern does without it.

import { adminRole } from "../../../domain/user_condition.ts"

/** What a user's row must say of one who administers. The index serves a query with these words. */
export const administers = `not disabled and '${adminRole}' = any (roles)`

/** Makes the index. */
export const admins: readonly string[] = [
  `create index users_who_administer on postern.users (username) where ${administers}`,
]
