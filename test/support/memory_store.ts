// A store without a disk, whose failures and delays are chosen by hand. The contract is the JSON
// store's to keep; here it serves tests of what stands above it.

import { Unavailable } from "../../src/errors.ts"
import type { Store, User, UserChange } from "../../src/store/store.ts"

/** The store and what can be done to it. */
export interface MemoryStore extends Store {
  /** While true, every change fails as on a full disk. */
  full: boolean
}

/** Makes an empty store. */
export function createMemoryStore(): MemoryStore {
  const users = new Map<string, User>()
  const reserved = new Set<string>()
  const assertRoom = () => {
    if (store.full) throw new Unavailable("The change could not be stored")
  }
  const keep = (user: User): User => {
    assertRoom()
    const kept = Object.freeze({ ...user, roles: Object.freeze([...user.roles]) })
    users.set(user.username, kept)
    return kept
  }
  const store: MemoryStore = {
    full: false,
    findUser: (username) => users.get(username) ?? null,
    countUsers: () => users.size,
    listUsers: () => [...users.values()].sort((a, b) => (a.username < b.username ? -1 : 1)),
    async addUser(user) {
      if (users.has(user.username)) return "taken"
      if (reserved.has(user.username)) return "reserved"
      keep(user)
      return "added"
    },
    async seedUsers(seeds) {
      if (users.size + reserved.size > 0) return "in_use"
      for (const user of seeds) keep(user)
      return "seeded"
    },
    async changeUser(username, change: UserChange, condition) {
      const user = users.get(username)
      const unmet = condition !== undefined && user?.passwordHash !== condition.ifPasswordHash
      return user === undefined || unmet ? null : keep({ ...user, ...change })
    },
    async deleteUser(username) {
      assertRoom()
      if (!users.delete(username)) return "absent"
      reserved.add(username)
      return "deleted"
    },
    async close() {},
  }
  return store
}
