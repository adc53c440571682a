// Indexes of an open store's tables (staged_tables.ts): what finds records by another member than
// their key.

import { setImmediate as turn } from "node:timers/promises"
import type { Session } from "../../domain/session.ts"
import type { User } from "../../domain/user.ts"
import { isAdmin } from "../../domain/user_condition.ts"

/**
 * The committed users by the handle of their factors (domain/factors.ts): a login by a passkey
 * alone begins without a username.
 */
export class Handles {
  readonly #usernames = new Map<string, string>()

  constructor(users: ReadonlyMap<string, User>) {
    for (const user of users.values()) this.replace(undefined, user)
  }

  /** The name of the user who has a handle. */
  find(handle: string): string | undefined {
    return this.#usernames.get(handle)
  }

  /** Notes that a user's record was replaced, made or deleted. */
  replace(before: User | undefined, after: User | null): void {
    const [old, handle] = [before?.factors?.handle, after?.factors?.handle]
    if (old === handle) return
    if (old !== undefined) this.#usernames.delete(old)
    if (after !== null && handle !== undefined) this.#usernames.set(handle, after.username)
  }
}

/** The sids of each user's sessions. */
export class SidsByUser {
  readonly #sids = new Map<string, Set<string>>()

  constructor(sessions: ReadonlyMap<string, Session>) {
    for (const session of sessions.values()) this.add(session)
  }

  add({ sid, username }: Session): void {
    const sids = this.#sids.get(username)
    if (sids === undefined) this.#sids.set(username, new Set([sid]))
    else sids.add(sid)
  }

  delete({ sid, username }: Session): void {
    const sids = this.#sids.get(username)
    sids?.delete(sid)
    if (sids?.size === 0) this.#sids.delete(username)
  }

  /** The sids of a user's sessions, in the order in which they were added. */
  of(username: string): readonly string[] {
    return [...(this.#sids.get(username) ?? [])]
  }
}

/** How many users `Admins` looks at before others have their turn. */
const usersPerTurn = 10_000

/**
 * The names of users who administer now, or as soon as what is being written is on disk. So a
 * change that takes one of them away finds another one without looking at a million users.
 */
export class Admins {
  readonly #usernames = new Set<string>()
  /** Resolves when all users were looked at, in turns. */
  readonly ready: Promise<void>

  constructor(users: ReadonlyMap<string, User>) {
    this.ready = this.#find(users)
  }

  /** The names. Only when `ready` has resolved. */
  names(): readonly string[] {
    return [...this.#usernames]
  }

  /** Notes the records that a name has: the one on disk and the one that is being written. */
  note(username: string, records: readonly (User | null | undefined)[]): void {
    if (records.some(isAdmin)) this.#usernames.add(username)
    else this.#usernames.delete(username)
  }

  // What is changed meanwhile is noted, too.
  async #find(users: ReadonlyMap<string, User>): Promise<void> {
    let seen = 0
    for (const user of users.values()) {
      if (isAdmin(user)) this.#usernames.add(user.username)
      seen += 1
      if (seen % usersPerTurn === 0) await turn()
    }
  }
}
