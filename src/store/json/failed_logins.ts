// The failed logins of the JSON store. A failure for an unknown username is written too, under the
// reserved key `-`, so that write latency does not reveal whether a user exists.

import type { FailureStore, LoginSource } from "../failure_store.ts"
import type { FailedLogins } from "../store.ts"
import type { StagedTables } from "./staged_tables.ts"

/** The key of the failures of unknown usernames. No username starts like this. */
export const decoyKey = "-"

/** The failed logins; store.ts says what each method promises. */
export class JsonFailures implements FailureStore {
  readonly #tables: StagedTables

  constructor(tables: StagedTables) {
    this.#tables = tables
  }

  async find(username: string): Promise<FailedLogins | null> {
    return this.#tables.committed.failedLogins.get(username) ?? null
  }

  async count(
    username: string | null,
    source: LoginSource,
    { most }: { readonly most: number } = { most: Number.POSITIVE_INFINITY },
  ): Promise<FailedLogins> {
    const found = username === null ? null : this.#countable(username, source, most)
    const none = { username: decoyKey, strangers: 0, devices: 0 }
    const before = found ?? this.#pending(decoyKey) ?? none
    const counted = changed(before, source, 1)
    await this.#tables.write([["failedLogins", counted.username, counted]])
    return counted
  }

  async uncount(username: string, source: LoginSource): Promise<void> {
    const found = this.#pending(username)
    if (found === null || countOf(found, source) === 0) return
    const left = changed(found, source, -1)
    const isNone = left.strangers === 0 && left.devices === 0
    await this.#tables.write([["failedLogins", username, isNone ? null : left]])
  }

  async countFull(least: number): Promise<number> {
    const { failedLogins, users } = this.#tables.committed
    const all = [...failedLogins.values()]
    return all.filter(({ username, strangers }) => strangers >= least && users.has(username)).length
  }

  async clear(username: string): Promise<FailedLogins | null> {
    const found = this.#pending(username)
    if (found === null) return this.#tables.onceCommitted("failedLogins", username, null)
    await this.#tables.write([["failedLogins", username, null]])
    return found
  }

  /** The count of a user who exists and has fewer than `most` failures from this source. */
  #countable(username: string, source: LoginSource, most: number): FailedLogins | null {
    if (this.#tables.pending("users", username) === null) return null
    const found = this.#pending(username) ?? { username, strangers: 0, devices: 0 }
    return countOf(found, source) < most ? found : null
  }

  #pending(username: string): FailedLogins | null {
    return this.#tables.pending("failedLogins", username)
  }
}

function countOf({ strangers, devices }: FailedLogins, source: LoginSource): number {
  return source === "stranger" ? strangers : devices
}

function changed(found: FailedLogins, source: LoginSource, by: 1 | -1): FailedLogins {
  const { username, strangers, devices } = found
  return Object.freeze({
    username,
    strangers: source === "stranger" ? strangers + by : strangers,
    devices: source === "device" ? devices + by : devices,
  })
}
