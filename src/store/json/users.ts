// The users of the JSON store. A change that ends sessions is one journal entry with their ends.

import { reviveUser } from "../../domain/revived_user.ts"
import {
  changeUser,
  changeUserFactors,
  hasLink,
  type RefusedChange,
  resetUser,
  type User,
  type UserChange,
  type UserReset,
} from "../../domain/user.ts"
import {
  type ChangeCondition,
  conditionOf,
  hasVersion,
  losesAdmin,
  type RefusedCondition,
} from "../../domain/user_condition.ts"
import { sliceMax } from "../copying.ts"
import type { RefusedReset, ResetUser, RevocationWindow, UserStore } from "../store.ts"
import type { PageQuestion, UserPage } from "../user_pages.ts"
import type { CreationOutcome } from "../user_transfer.ts"
import { changesToEnd, changeToStart, pendingSessionsOf } from "./session_changes.ts"
import type { StagedTables } from "./staged_tables.ts"
import { type Change, frozen } from "./tables.ts"

/** How many users one journal entry revives. */
const usersPerEntry = 200

/** The users; store.ts says what each method promises. */
export class JsonUsers implements UserStore {
  readonly #tables: StagedTables

  constructor(tables: StagedTables) {
    this.#tables = tables
  }

  async find(username: string): Promise<User | null> {
    return this.#tables.committed.users.get(username) ?? null
  }

  async findByHandle(handle: string): Promise<User | null> {
    const username = this.#tables.usernameOf(handle)
    return username === undefined ? null : this.find(username)
  }

  async count(): Promise<number> {
    return this.#tables.committed.users.size
  }

  async list(): Promise<readonly User[]> {
    const users = [...this.#tables.committed.users.values()]
    return users.sort((a, b) => (a.username < b.username ? -1 : 1))
  }

  async findName(username: string): Promise<"free" | "taken" | "reserved"> {
    const { users, reservedNames } = this.#tables.committed
    if (users.has(username)) return "taken"
    return reservedNames.get(username)?.isReleased === false ? "reserved" : "free"
  }

  async create(user: User): Promise<"created" | "taken" | "reserved"> {
    const [outcome = "taken"] = await this.createAll([user], { isTrial: false })
    return outcome === "same" ? "taken" : outcome
  }

  async createAll(
    users: readonly User[],
    { isTrial }: { readonly isTrial: boolean },
  ): Promise<readonly CreationOutcome[]> {
    const changes: Change[] = []
    const outcomes = users.map((user): CreationOutcome => {
      const { username, passwordHash } = user
      const other = this.#tables.pending("users", username)
      if (other !== null) return other.passwordHash === passwordHash ? "same" : "taken"
      const reserved = this.#tables.pending("reservedNames", username)
      if (reserved?.isReleased === false) return "reserved"
      const deletedAt = reserved?.deletedAt ?? Number.NEGATIVE_INFINITY
      const tokensNotBefore = Math.max(user.tokensNotBefore, deletedAt + 1)
      changes.push(["users", username, frozen({ ...user, tokensNotBefore })])
      if (reserved !== null) changes.push(["reservedNames", username, null])
      return "created"
    })
    // What decided an outcome may not be on disk yet.
    const deciding = users.flatMap(({ username }) => [
      this.#tables.onceCommitted("users", username, null),
      this.#tables.onceCommitted("reservedNames", username, null),
    ])
    if (!isTrial && changes.length > 0) deciding.push(this.#tables.write(changes).then(() => null))
    await Promise.all(deciding)
    return outcomes
  }

  async *slices(): AsyncIterable<readonly User[]> {
    let slice: User[] = []
    // The map goes on with what was added to it meanwhile.
    for (const user of this.#tables.committed.users.values()) {
      slice.push(user)
      if (slice.length < sliceMax) continue
      yield slice
      this.#tables.assertOpen()
      slice = []
    }
    yield slice
  }

  async seed(users: readonly User[]): Promise<"seeded" | "in_use"> {
    const { users: known, reservedNames } = this.#tables.committed
    if (known.size + reservedNames.size > 0) return "in_use"
    // A pending creation may still fail, and then the store is as unused as before.
    const writes = this.#tables.pendingWrites()
    if (writes.length > 0) {
      await Promise.all(writes)
      return "in_use"
    }
    await this.#tables.write(users.map((user) => ["users", user.username, frozen(user)]))
    return "seeded"
  }

  async page(question: PageQuestion): Promise<UserPage> {
    const { readPage } = await import("./user_pages.ts")
    return readPage(question, this.#tables)
  }

  async change(
    username: string,
    change: UserChange,
    asked: ChangeCondition = {},
  ): Promise<User | RefusedChange | RefusedCondition | "unknown"> {
    const condition = conditionOf(asked, change)
    if (condition.keepsAdmin) await this.#tables.findAdmins()
    const user = this.#tables.pending("users", username)
    if (user !== null && !hasVersion(user, condition)) return this.#otherVersion(username)
    const changed = user === null ? "unknown" : changeUser(user, change)
    if (typeof changed === "string") return this.#tables.onceCommitted("users", username, changed)
    if (user !== null && this.#losesLastAdmin(user, changed, condition)) return this.#lastAdmin()
    const record = frozen(changed)
    await this.#tables.write([["users", username, record]])
    return record
  }

  async reset(
    username: string,
    reset: UserReset,
    options: Parameters<UserStore["reset"]>[2],
  ): Promise<ResetUser | RefusedReset> {
    const { window, ifPasswordHash, ifLinkTag, factors, except, successor } = options
    const condition = conditionOf(options, reset)
    if (condition.keepsAdmin) await this.#tables.findAdmins()
    const before = this.#tables.pending("users", username)
    const refuse = <T>(outcome: T) => this.#tables.onceCommitted("users", username, outcome)
    if (before === null) return refuse("unknown" as const)
    if (!hasVersion(before, condition)) return this.#otherVersion(username)
    const isOtherHash = ifPasswordHash !== undefined && before.passwordHash !== ifPasswordHash
    if (isOtherHash) return refuse("other_hash" as const)
    const isOtherLink = ifLinkTag !== undefined && !hasLink(before, ifLinkTag, window.at)
    if (isOtherLink) return refuse("other_link" as const)
    const changed = factors === undefined ? before : changeUserFactors(before, factors)
    if (typeof changed === "string") return refuse(changed)
    const user = frozen(resetUser(changed, reset, window.at))
    if (successor !== undefined && user.disabled) return refuse("disabled" as const)
    if (this.#losesLastAdmin(before, user, condition)) return this.#lastAdmin()
    const sessions = pendingSessionsOf(username, this.#tables)
    const ended = sessions.filter(({ sid }) => sid !== except)
    const start = successor === undefined ? [] : [changeToStart(successor)]
    await this.#tables.write([["users", username, user], ...changesToEnd(ended, window), ...start])
    return { user, ended }
  }

  async reviveAll(window: RevocationWindow): Promise<{ users: number; sessions: number }> {
    const usernames = [...this.#tables.committed.users.keys()]
    let [users, sessions] = [0, 0]
    for (let at = 0; at < usernames.length; at += usersPerEntry) {
      const changes = usernames.slice(at, at + usersPerEntry).flatMap((username): Change[] => {
        const user = this.#tables.pending("users", username)
        if (user === null) return []
        const ended = pendingSessionsOf(username, this.#tables)
        users += 1
        sessions += ended.length
        const revived = frozen(reviveUser(user, window.at))
        return [["users", username, revived], ...changesToEnd(ended, window)]
      })
      if (changes.length > 0) await this.#tables.write(changes)
    }
    return { users, sessions }
  }

  async delete(
    username: string,
    window: RevocationWindow,
    condition: ChangeCondition = {},
  ): Promise<ResetUser | RefusedCondition | null> {
    if (condition.keepsAdmin) await this.#tables.findAdmins()
    const user = this.#tables.pending("users", username)
    if (user === null) return this.#tables.onceCommitted("users", username, null)
    if (!hasVersion(user, condition)) return this.#otherVersion(username)
    if (this.#losesLastAdmin(user, null, condition)) return this.#lastAdmin()
    const ended = pendingSessionsOf(username, this.#tables)
    const forgotten = (["failedLogins", "loginHistories"] as const).filter(
      (table) => this.#tables.pending(table, username) !== null,
    )
    const reservation = { username, deletedAt: window.at, isReleased: false }
    await this.#tables.write([
      ["users", username, null],
      ["reservedNames", username, Object.freeze(reservation)],
      ...forgotten.map((table): Change => [table, username, null]),
      ...changesToEnd(ended, window),
    ])
    return { user, ended }
  }

  #losesLastAdmin(before: User, after: User | null, { keepsAdmin }: ChangeCondition): boolean {
    if (!keepsAdmin || !losesAdmin(before, after)) return false
    return !this.#tables.hasAdminBeside(before.username)
  }

  #otherVersion(username: string): Promise<"other_version"> {
    return this.#tables.onceCommitted("users", username, "other_version" as const)
  }

  #lastAdmin(): Promise<"last_admin"> {
    return this.#tables.onceAdminsCommitted("last_admin" as const)
  }

  async release(username: string): Promise<boolean> {
    const reserved = this.#tables.pending("reservedNames", username)
    if (reserved === null) return this.#tables.onceCommitted("reservedNames", username, false)
    const released = Object.freeze({ ...reserved, isReleased: true })
    await this.#tables.write([["reservedNames", username, released]])
    return true
  }
}
