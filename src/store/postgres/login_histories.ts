// The recent logins of the PostgreSQL store's users. Replicas add to one record in turn: each locks
// it, reads it, and writes it.

import { emptyHistory, joinHistories, type LoginHistory } from "../../domain/login_history.ts"
import type { HistoryStore } from "../history_store.ts"
import type { Database } from "./database.ts"
import { frozen, isStorable } from "./rows.ts"

/** A row of `login_histories`. Lists are JSON. */
export interface HistoryRow {
  readonly username: string
  readonly logins: string
  readonly failures: string
}

/** The histories; store.ts says what each method promises. */
export class PostgresHistories implements HistoryStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async find(username: string): Promise<LoginHistory | null> {
    if (!isStorable(username)) return null
    const [row] = await this.#database.query<HistoryRow>(
      "select username, logins, failures from postern.login_histories where username = $1",
      [username],
    )
    return row === undefined ? null : historyOf(row)
  }

  async add(added: LoginHistory): Promise<void> {
    const { username } = added
    if (!isStorable(username)) return
    await this.#database.transaction(async (query) => {
      const { logins, failures } = rowOfHistory(emptyHistory(username))
      await query(
        `insert into postern.login_histories (username, logins, failures)
        select username, $2, $3 from postern.users where username = $1 for key share
        on conflict do nothing`,
        [username, logins, failures],
      )
      const [row] = await query<HistoryRow>(
        `select username, logins, failures from postern.login_histories
        where username = $1 for update`,
        [username],
      )
      if (row === undefined) return
      const joined = rowOfHistory(joinHistories(historyOf(row), added))
      await query(
        "update postern.login_histories set logins = $2, failures = $3 where username = $1",
        [username, joined.logins, joined.failures],
      )
    })
  }
}

/** The history of a row. */
export function historyOf({ username, logins, failures }: HistoryRow): LoginHistory {
  return frozen({ username, logins: JSON.parse(logins), failures: JSON.parse(failures) })
}

/** The row of a history. */
export function rowOfHistory({ username, logins, failures }: LoginHistory): HistoryRow {
  return { username, logins: JSON.stringify(logins), failures: JSON.stringify(failures) }
}
