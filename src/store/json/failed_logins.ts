// The failed logins of the JSON store: how often in a row each user's password was not given. A
// failure of a name that is nobody's is written, too, in the place of a user that can't be: so the
// disk takes the same time, and tells nothing.

import type { FailedLogins, LoginSource } from "../store.ts"
import type { StagedTables } from "./staged_tables.ts"
import type { Change } from "./tables.ts"

/** No username: none starts like this. */
const nobody = "-"

/** The part of the store that counts failed logins; store.ts says what each method promises. */
export class JsonFailedLogins {
  readonly #tables: StagedTables

  constructor(tables: StagedTables) {
    this.#tables = tables
  }

  find(username: string): FailedLogins | null {
    return this.#tables.stored.failedLogins.get(username) ?? null
  }

  async count(
    username: string | null,
    source: LoginSource,
    { most }: { readonly most: number },
  ): Promise<FailedLogins> {
    const found = username === null ? null : this.#countable(username, source, most)
    const none = { username: nobody, strangers: 0, devices: 0 }
    const before = found ?? this.#latest(nobody) ?? none
    const counted = changed(before, source, 1)
    await this.#tables.write([["failedLogins", counted.username, counted]])
    return counted
  }

  async uncount(username: string, source: LoginSource): Promise<void> {
    const found = this.#latest(username)
    if (found === null || countOf(found, source) === 0) return
    const left = changed(found, source, -1)
    const isNone = left.strangers === 0 && left.devices === 0
    await this.#tables.write([["failedLogins", username, isNone ? null : left]])
  }

  async clear(username: string): Promise<FailedLogins | null> {
    const found = this.#latest(username)
    if (found === null) return this.#tables.decided("failedLogins", username, null)
    await this.#tables.write([["failedLogins", username, null]])
    return found
  }

  /** What else has to change when a user goes. */
  changesToForget(username: string): readonly Change[] {
    return this.#latest(username) === null ? [] : [["failedLogins", username, null]]
  }

  /** A user's count, if there is such a user and room in the count for one more. */
  #countable(username: string, source: LoginSource, most: number): FailedLogins | null {
    if (this.#tables.latest("users", username) === null) return null
    const found = this.#latest(username) ?? { username, strangers: 0, devices: 0 }
    return countOf(found, source) < most ? found : null
  }

  /** As it will be when everything that is being written is on disk. */
  #latest(username: string): FailedLogins | null {
    return this.#tables.latest("failedLogins", username)
  }
}

function countOf({ strangers, devices }: FailedLogins, source: LoginSource): number {
  return source === "stranger" ? strangers : devices
}

function changed(before: FailedLogins, source: LoginSource, step: 1 | -1): FailedLogins {
  const count = countOf(before, source) + step
  return Object.freeze({ ...before, [source === "stranger" ? "strangers" : "devices"]: count })
}
