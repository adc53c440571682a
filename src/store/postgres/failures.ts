// The failed logins of the PostgreSQL store. A failure is counted before the password is hashed, in
// one statement, so that replicas together count exactly. A failure for an unknown username is
// written too, to a decoy's row, so that write latency does not reveal whether a user exists.

import { createHash } from "node:crypto"
import type { FailureStore, LoginSource } from "../failure_store.ts"
import type { FailedLogins } from "../store.ts"
import { countOf, type Database, inTime } from "./database.ts"
import { isStorable } from "./rows.ts"

/** With one row, all failures of unknown usernames would wait for each other. */
const decoys = 1024
const countMax = 2 ** 31 - 1

/** The failed logins; store.ts says what each method promises. */
export class PostgresFailures implements FailureStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async find(username: string): Promise<FailedLogins | null> {
    const [row] = await this.#database.query<FailedLogins>(
      `select username, strangers, devices from postern.failed_logins
      where username = $1 and strangers + devices > 0`,
      [username],
    )
    return row === undefined ? null : Object.freeze(row)
  }

  countFull(least: number): Promise<number> {
    return countOf(this.#database.query, "postern.failed_logins where strangers >= $1", [least])
  }

  async count(
    username: string | null,
    source: LoginSource,
    { most }: { readonly most: number } = { most: countMax },
  ): Promise<FailedLogins> {
    const name = username !== null && isStorable(username) ? username : null
    const values = [name, ...ofSource(source), Math.min(most, countMax), decoyOf(name ?? "")]
    const [row] = await this.#database.change<{ counted: FailedLogins }>(
      `select postern.count_failure($1, $2, $3, $4, $5) as counted where ${inTime(6)}`,
      values,
    )
    return Object.freeze(row?.counted ?? { username: "-", strangers: 1, devices: 1 })
  }

  // A row whose counts are 0 stays: it says the same as none.
  async uncount(username: string, source: LoginSource): Promise<void> {
    await this.#database.change(
      `update postern.failed_logins
      set strangers = strangers - $2::integer, devices = devices - $3::integer
      where username = $1 and strangers >= $2::integer and devices >= $3::integer
      and ${inTime(4)}`,
      [username, ...ofSource(source)],
    )
  }

  async clear(username: string): Promise<FailedLogins | null> {
    const [row] = await this.#database.change<FailedLogins>(
      `delete from postern.failed_logins where username = $1 and ${inTime(2)}
      returning username, strangers, devices`,
      [username],
    )
    return row === undefined || row.strangers + row.devices === 0 ? null : Object.freeze(row)
  }
}

/** How many failures of strangers and of devices one of this source is. */
function ofSource(source: LoginSource): readonly [strangers: number, devices: number] {
  return source === "stranger" ? [1, 0] : [0, 1]
}

function decoyOf(username: string): number {
  return createHash("sha256").update(username).digest().readUInt32BE() % decoys
}
