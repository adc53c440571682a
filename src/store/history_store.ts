// The part of the store that keeps the recent logins and failures of users. What store.ts promises
// of every method holds here, too.

import type { LoginHistory } from "../domain/login_history.ts"

/** The recent logins and failures of users. */
export interface HistoryStore {
  /** What is kept of a user, or null. */
  find(username: string): Promise<LoginHistory | null>

  /** Adds to what is kept, as domain/login_history.ts says. An unknown user is left out. */
  add(added: LoginHistory): Promise<void>
}
