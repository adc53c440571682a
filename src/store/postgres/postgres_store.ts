// Opens the engine for several replicas: users, sessions, failed logins and keys in PostgreSQL.
// Several processes may have the store of one database open at once.

import { type Clock, systemClock } from "../../clock.ts"
import type { Store } from "../store.ts"
import { closingInOrder, type Database } from "./database.ts"
import { PostgresFailures } from "./failures.ts"
import { PostgresKeys } from "./key_document.ts"
import type { KeySealOptions } from "./key_seal.ts"
import { PostgresHistories } from "./login_histories.ts"
import { measuringChanges } from "./measured_database.ts"
import { createTransactionWatch } from "./open_transactions.ts"
import type { GraceClock } from "./rows.ts"
import { PostgresServiceTokens } from "./service_tokens.ts"
import { PostgresSessions } from "./sessions.ts"
import { createUsableQuestion } from "./usable_question.ts"
import { PostgresUsers } from "./users.ts"
import { View } from "./view.ts"

interface PostgresStoreOptions extends KeySealOptions {
  /** A connection, which the store closes. */
  readonly database: Database
  /** A request may be judged by a state at most this old; 0, the default, for none. */
  readonly stalenessSeconds?: number
  readonly warn?: (event: string, message: string) => void
  readonly graceClock?: GraceClock
  /** The clock by which sessions are judged. */
  readonly clock?: Pick<Clock, "now">
}

/** Makes the store of a database that has the newest schema (migrations.ts). */
export function createPostgresStore(options: PostgresStoreOptions): Store {
  const {
    clock = systemClock,
    stalenessSeconds = 0,
    warn = () => {},
    graceClock = "database",
  } = options
  const { database, figures } = measuringChanges(closingInOrder(options.database))
  const transactions = createTransactionWatch(warn)
  const view = new View(database, {
    ...{ clock, stalenessSeconds },
    onSeen: transactions.look,
  })
  return {
    users: new PostgresUsers(database, view, graceClock),
    sessions: new PostgresSessions(database, view, graceClock),
    failures: new PostgresFailures(database),
    histories: new PostgresHistories(database),
    serviceTokens: new PostgresServiceTokens(database, view),
    keys: new PostgresKeys(database, view, options),
    isInPlace: () => true,
    isUsable: createUsableQuestion(database),
    figures() {
      const seen = { ...view.counts.figures(), horizonSeconds: transactions.openSeconds() }
      return { ...figures(), journal: null, database: { ...database.figures(), view: seen } }
    },
    backup: async () => null,
    close: () => database.close(),
  }
}
