// The recent logins of the JSON store's users.

import { emptyHistory, joinHistories, type LoginHistory } from "../../domain/login_history.ts"
import type { HistoryStore } from "../history_store.ts"
import type { StagedTables } from "./staged_tables.ts"
import { frozen } from "./tables.ts"

/** The histories; store.ts says what each method promises. */
export class JsonHistories implements HistoryStore {
  readonly #tables: StagedTables

  constructor(tables: StagedTables) {
    this.#tables = tables
  }

  async find(username: string): Promise<LoginHistory | null> {
    return this.#tables.committed.loginHistories.get(username) ?? null
  }

  async add(added: LoginHistory): Promise<void> {
    const { username } = added
    if (this.#tables.pending("users", username) === null) return
    const before = this.#tables.pending("loginHistories", username) ?? emptyHistory(username)
    const joined = frozen(joinHistories(before, added))
    await this.#tables.write([["loginHistories", username, joined]])
  }
}
