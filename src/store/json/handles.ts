// Which user an authenticator's handle names (domain/factors.ts): an index of the committed users,
// since a login by a passkey alone begins without a username.

import type { User } from "../../domain/user.ts"

/** The usernames by handle. */
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
