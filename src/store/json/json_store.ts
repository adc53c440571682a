// The default engine: all records in memory, each change appended to the journal before it counts.
// Made by `openJsonStore`.

import { join } from "node:path"
import type { BackupOrigin, GivenBackup } from "../copying.ts"
import type { FailureStore } from "../failure_store.ts"
import type { StoreFigures } from "../figures.ts"
import type { HistoryStore } from "../history_store.ts"
import type { ServiceTokenStore } from "../service_token_store.ts"
import type { KeyStore, SessionStore, Store, UserStore } from "../store.ts"
import { JsonFailures } from "./failed_logins.ts"
import { Journal, type JournalOptions, type Segment } from "./journal.ts"
import { JsonKeys, keysFileName } from "./keys_file.ts"
import { JsonHistories } from "./login_histories.ts"
import { contentNow } from "./moment.ts"
import { JsonServiceTokens } from "./service_tokens.ts"
import { JsonSessions } from "./sessions.ts"
import { snapshotName, writeSnapshot } from "./snapshot.ts"
import { StagedTables } from "./staged_tables.ts"
import type { Tables } from "./tables.ts"
import { JsonUsers } from "./users.ts"

/** What a store works with. */
interface JsonStoreParts extends Omit<JournalOptions, "writeSnapshot"> {
  readonly directory: string
}

/** The store over a snapshot and a journal. */
export class JsonStore implements Store {
  readonly users: UserStore
  readonly sessions: SessionStore
  readonly failures: FailureStore
  readonly histories: HistoryStore
  readonly serviceTokens: ServiceTokenStore
  readonly keys: KeyStore
  readonly #parts: JsonStoreParts
  readonly #staged: StagedTables
  readonly #journal: Journal

  constructor(tables: Tables, segments: readonly [Segment, Segment], parts: JsonStoreParts) {
    const { directory, holding } = parts
    const snapshotPath = join(directory, snapshotName)
    this.#parts = parts
    this.#journal = new Journal(segments, {
      ...parts,
      writeSnapshot: (sequence) => writeSnapshot(snapshotPath, sequence, tables, holding.disk),
    })
    const staged = new StagedTables(tables, this.#journal)
    this.#staged = staged
    this.users = new JsonUsers(staged)
    this.sessions = new JsonSessions(staged)
    this.failures = new JsonFailures(staged)
    this.histories = new JsonHistories(staged)
    this.serviceTokens = new JsonServiceTokens(staged)
    this.keys = new JsonKeys({
      path: join(directory, keysFileName),
      disk: holding.disk,
      assertOpen: () => staged.assertOpen(),
    })
  }

  /** All records, for a copy. */
  get tables(): Tables {
    return this.#staged.committed
  }

  isInPlace(): boolean {
    return this.#parts.holding.isInPlace
  }

  async isUsable(): Promise<boolean> {
    return this.isInPlace()
  }

  figures(): StoreFigures {
    return this.#journal.figures()
  }

  async backup(origin: BackupOrigin): Promise<GivenBackup> {
    const { encodeBackup } = await import("./backup_format.ts")
    const keys = (await this.keys.read())?.bytes ?? null
    const content = contentNow(this.tables, keys)
    const counts = await content.count()
    return { counts, hasKeys: keys !== null, chunks: encodeBackup(content, origin) }
  }

  async close(): Promise<void> {
    if (!this.#staged.close()) return
    try {
      await this.#journal.close()
    } finally {
      // Last: from then on the directory may have another owner.
      await this.#parts.holding.close()
    }
  }
}
