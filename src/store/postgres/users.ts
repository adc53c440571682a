// The users of the PostgreSQL store. What ends a user's sessions locks the user first, so that it
// has one order with every start of a session.

import {
  changeUser,
  changeUserFactors,
  hasLink,
  type RefusedChange,
  resetUser,
  type User,
  type UserChange,
} from "../../domain/user.ts"
import {
  type ChangeCondition,
  conditionOf,
  hasVersion,
  losesAdmin,
  type RefusedCondition,
} from "../../domain/user_condition.ts"
import type { RefusedReset, ResetUser, RevocationWindow, UserStore } from "../store.ts"
import type { PageQuestion, UserPage } from "../user_pages.ts"
import type { CreationOutcome } from "../user_transfer.ts"
import { countOf, type Database, inTime, type Query } from "./database.ts"
import { lockUser, lockWithAdmins, updateUser } from "./locked_user.ts"
import { reviveUsers } from "./revived_users.ts"
import {
  type GraceClock,
  numbersOf,
  rowOfNewSession,
  rowOfUser,
  type SessionRow,
  sessionOf,
  type UserRow,
  userOf,
} from "./rows.ts"
import { readPage } from "./user_pages.ts"
import type { View } from "./view.ts"

const usersPerPage = 2000

interface OutcomeRow {
  readonly outcome: CreationOutcome
}

/** Of a user who was there before: a statement does not see what its functions do. */
const sameOrTaken = `case u.password_hash when given ->> 'password_hash' then 'same' else 'taken' end`

const trial = `select case when u.username is not null then ${sameOrTaken}
    when r.username is not null then 'reserved' else 'created' end as outcome
  from json_array_elements($1::json) with ordinality as e (given, number)
  left join postern.users u on u.username = given ->> 'username'
  left join postern.reserved_names r on r.username = given ->> 'username' and not r.is_released
  order by number`

const creation = `select case made.outcome when 'taken' then ${sameOrTaken}
    else made.outcome end as outcome
  from json_array_elements($1::json) with ordinality as e (given, number)
  left join postern.users u on u.username = given ->> 'username'
  cross join lateral (select postern.create_user(given) as outcome) made
  where ${inTime(2)} order by number`

/** The users; store.ts says what each method promises. */
export class PostgresUsers implements UserStore {
  readonly #database: Database
  readonly #view: View
  readonly #graceClock: GraceClock

  constructor(database: Database, view: View, graceClock: GraceClock) {
    this.#database = database
    this.#view = view
    this.#graceClock = graceClock
  }

  find(username: string): Promise<User | null> {
    return this.#view.findUser(username)
  }

  async findByHandle(handle: string): Promise<User | null> {
    const username = await this.#view.findNameByHandle(handle)
    const user = username === null ? null : await this.#view.findUser(username)
    // Between the two reads the handle may have become another one.
    return user?.factors?.handle === handle ? user : null
  }

  count(): Promise<number> {
    return countOf(this.#database.query, "postern.users")
  }

  async list(): Promise<readonly User[]> {
    const users: User[] = []
    for await (const slice of this.slices()) users.push(...slice)
    return users
  }

  // In pages, since the wait for a statement is short.
  async *slices(): AsyncIterable<readonly User[]> {
    for (let last = ""; ; ) {
      const rows = await this.#database.query<{ user: UserRow }>(
        `select row_to_json(u) as user from postern.users u
        where username > $1 order by username limit $2`,
        [last, usersPerPage],
      )
      yield rows.map(({ user }) => userOf(user))
      if (rows.length < usersPerPage) return
      last = rows.at(-1)?.user.username ?? last
    }
  }

  async findName(username: string): Promise<"free" | "taken" | "reserved"> {
    const [row] = await this.#database.query<{ found: "free" | "taken" | "reserved" }>(
      `select case
        when exists (select from postern.users where username = $1) then 'taken'
        when exists (select from postern.reserved_names where username = $1 and not is_released)
          then 'reserved'
        else 'free' end as found`,
      [username],
    )
    return row?.found ?? "free"
  }

  create(user: User): Promise<"created" | "taken" | "reserved"> {
    return this.#view.changing(async () => {
      const [row] = await this.#database.change<{ outcome: "created" | "taken" | "reserved" }>(
        `select postern.create_user($1) as outcome where ${inTime(2)}`,
        [JSON.stringify(rowOfUser(user))],
      )
      return row?.outcome ?? "taken"
    })
  }

  createAll(
    users: readonly User[],
    { isTrial }: { readonly isTrial: boolean },
  ): Promise<readonly CreationOutcome[]> {
    const given = JSON.stringify(users.map(rowOfUser))
    const outcomesOf = (rows: readonly { readonly outcome: CreationOutcome }[]) =>
      rows.map(({ outcome }) => outcome)
    if (isTrial) return this.#database.query<OutcomeRow>(trial, [given]).then(outcomesOf)
    return this.#view.changing(() =>
      this.#database.change<OutcomeRow>(creation, [given]).then(outcomesOf),
    )
  }

  seed(users: readonly User[]): Promise<"seeded" | "in_use"> {
    return this.#view.changing(async () => {
      const [row] = await this.#database.change<{ is_seeded: boolean }>(
        `select postern.seed_users($1) as is_seeded where ${inTime(2)}`,
        [JSON.stringify(users.map(rowOfUser))],
      )
      return row?.is_seeded === true ? "seeded" : "in_use"
    })
  }

  page(question: PageQuestion): Promise<UserPage> {
    return readPage(question, this.#database)
  }

  change(
    username: string,
    change: UserChange,
    condition: ChangeCondition = {},
  ): Promise<User | RefusedChange | RefusedCondition | "unknown"> {
    return this.#changing(async (query) => {
      const { user, refuse } = await lockFor(query, username, conditionOf(condition, change))
      if (user !== null && !hasVersion(user, condition)) return "other_version"
      const changed = user === null ? "unknown" : changeUser(user, change)
      if (typeof changed === "string" || changed === user) return changed
      if (refuse(changed)) return "last_admin"
      return updateUser(query, changed)
    })
  }

  reset(username: string, ...[reset, options]: ResetArguments): Promise<ResetUser | RefusedReset> {
    const { window, ifPasswordHash, ifLinkTag, factors, except = null, successor } = options
    return this.#changing(async (query) => {
      const condition = conditionOf(options, reset)
      const { user: before, refuse } = await lockFor(query, username, condition)
      if (before === null) return "unknown"
      if (!hasVersion(before, options)) return "other_version"
      const isOtherHash = ifPasswordHash !== undefined && before.passwordHash !== ifPasswordHash
      if (isOtherHash) return "other_hash"
      if (ifLinkTag !== undefined && !hasLink(before, ifLinkTag, window.at)) return "other_link"
      const proved = factors === undefined ? before : changeUserFactors(before, factors)
      if (typeof proved === "string") return proved
      const changed = resetUser(proved, reset, window.at)
      if (successor !== undefined && changed.disabled) return "disabled"
      if (refuse(changed)) return "last_admin"
      const user = await updateUser(query, changed)
      const ended = await endAllSessions(query, { username, except }, window)
      if (successor !== undefined) {
        const row = rowOfNewSession(successor, this.#graceClock)
        await query("select postern.insert_session($1)", [row])
      }
      return { user, ended }
    })
  }

  async reviveAll(window: RevocationWindow): Promise<{ users: number; sessions: number }> {
    let [after, users, sessions] = ["", 0, 0]
    for (;;) {
      const slice = await this.#changing((query) => reviveUsers(query, { after, window }))
      if (slice === null) return { users, sessions }
      after = slice.last
      users += slice.users
      sessions += slice.sessions
    }
  }

  delete(
    username: string,
    window: RevocationWindow,
    condition: ChangeCondition = {},
  ): Promise<ResetUser | RefusedCondition | null> {
    return this.#changing(async (query) => {
      const lock = "for update"
      const { user, refuse } = await lockFor(query, username, { ...condition, lock })
      if (user === null) return null
      if (!hasVersion(user, condition)) return "other_version"
      if (refuse(null)) return "last_admin"
      const ended = await endAllSessions(query, { username, except: null }, window)
      await query("delete from postern.failed_logins where username = $1", [username])
      await query("delete from postern.users where username = $1", [username])
      await query("insert into postern.reserved_names (username, deleted_at) values ($1, $2)", [
        username,
        window.at,
      ])
      return { user, ended }
    })
  }

  async release(username: string): Promise<boolean> {
    const rows = await this.#database.change(
      `update postern.reserved_names set is_released = true
      where username = $1 and ${inTime(2)} returning username`,
      [username],
    )
    return rows.length > 0
  }

  #changing<T>(work: (query: Query) => Promise<T>): Promise<T> {
    return this.#view.changing(() => this.#database.transaction(work))
  }
}

type ResetArguments = Parameters<UserStore["reset"]> extends [string, ...infer Rest] ? Rest : never

/** A locked user, and whether a change of the user has to be refused. */
interface LockedFor {
  readonly user: User | null
  /** Whether the change would leave nobody who administers. */
  readonly refuse: (after: User | null) => boolean
}

async function lockFor(
  query: Query,
  username: string,
  { keepsAdmin = false, lock }: ChangeCondition & { readonly lock?: "for update" },
): Promise<LockedFor> {
  if (!keepsAdmin) return { user: await lockUser(query, username, lock), refuse: () => false }
  const { user, hasAdminBeside } = await lockWithAdmins(query, username)
  if (lock !== undefined) await lockUser(query, username, lock)
  const refuse = (after: User | null) => user !== null && losesAdmin(user, after) && !hasAdminBeside
  return { user, refuse }
}

async function endAllSessions(
  query: Query,
  { username, except }: { readonly username: string; readonly except: string | null },
  window: RevocationWindow,
): Promise<ResetUser["ended"]> {
  const rows = await query<{ session: SessionRow }>(
    `select row_to_json(s) as session
    from postern.end_all_sessions($1, $2, $3, $4, $5) s`,
    [username, except, ...numbersOf(window)],
  )
  return rows.map(({ session }) => sessionOf(session))
}
