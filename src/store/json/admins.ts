// Who administers: an index of users, so that a change which takes one of them away finds another
// one without looking at a million users.

import type { User } from "../../domain/user.ts"
import { isAdmin } from "../../domain/user_condition.ts"

/** The names of users who administer now, or as soon as what is being written is on disk. */
export class Admins {
  readonly #usernames = new Set<string>()

  constructor(users: ReadonlyMap<string, User>) {
    for (const user of users.values()) this.note(user.username, [user])
  }

  /** Notes the records that a name has: the one on disk and the one that is being written. */
  note(username: string, records: readonly (User | null | undefined)[]): void {
    if (records.some(isAdmin)) this.#usernames.add(username)
    else this.#usernames.delete(username)
  }

  /** The names. */
  names(): Iterable<string> {
    return this.#usernames
  }
}
