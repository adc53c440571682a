// Who administers: an index of users, so that a change which takes one of them away finds another
// one without looking at a million users. It is made when somebody asks for the first time, in
// turns that let others work meanwhile; from then on each change is noted. Until then it costs
// nothing.

import { setImmediate as turn } from "node:timers/promises"
import type { User } from "../../domain/user.ts"
import { isAdmin } from "../../domain/user_condition.ts"

/** How many users are looked at before others have their turn. */
const usersPerTurn = 10_000

/** The names of users who administer now, or as soon as what is being written is on disk. */
export class Admins {
  readonly #users: ReadonlyMap<string, User>
  /** Null until somebody asks. */
  #usernames: Set<string> | null = null
  #ready: Promise<void> | null = null
  /** Whether the index is made. */
  isReady = false

  constructor(users: ReadonlyMap<string, User>) {
    this.#users = users
  }

  /** Makes the index. Call it before `names`. */
  ready(): Promise<void> {
    this.#ready ??= this.#find()
    return this.#ready
  }

  /** Notes the records that a name has: the one on disk and the one that is being written. */
  note(username: string, records: readonly (User | null | undefined)[]): void {
    if (records.some(isAdmin)) this.#usernames?.add(username)
    else this.#usernames?.delete(username)
  }

  /** The names. */
  names(): Iterable<string> {
    return this.#usernames ?? []
  }

  // What is changed meanwhile is noted, too.
  async #find(): Promise<void> {
    const usernames = new Set<string>()
    this.#usernames = usernames
    let seen = 0
    for (const user of this.#users.values()) {
      if (isAdmin(user)) usernames.add(user.username)
      seen += 1
      if (seen % usersPerTurn === 0) await turn()
    }
    this.isReady = true
  }
}
