// The failed logins of the JSON store: how often in a row each user's password was not given. A
// failure of a name that is nobody's is written, too, in the place of a user that can't be: so the
// disk takes the same time, and tells nothing.

import type { StagedTables } from "./staged_tables.ts"
import type { FailedLogins, LoginSource } from "./store.ts"
import type { Change } from "./tables.ts"

/** No username: none starts like this. */
const nobody = "-"

/** The part of the store that counts failed logins; store.ts says what each method promises. */
export class JsonFailedLogins {
  readonly #tables: StagedTables

  constructor(tables: StagedTables) {
    this.#tables = tables
  }

  /** As they will be when everything that is being written is on disk. */
  find(username: string): FailedLogins | null {
    return this.#tables.latest("failedLogins", username)
  }

  async count(username: string | null, source: LoginSource): Promise<FailedLogins> {
    const isUser = username !== null && this.#tables.latest("users", username) !== null
    const name = isUser ? username : nobody
    const none = { username: name, strangers: 0, devices: 0 }
    const { strangers, devices } = this.find(name) ?? none
    const counted: FailedLogins = Object.freeze({
      username: name,
      strangers: source === "stranger" ? strangers + 1 : strangers,
      devices: source === "device" ? devices + 1 : devices,
    })
    await this.#tables.write([["failedLogins", name, counted]])
    return counted
  }

  async clear(username: string): Promise<boolean> {
    if (this.find(username) === null) {
      return this.#tables.decided("failedLogins", username, false)
    }
    await this.#tables.write([["failedLogins", username, null]])
    return true
  }

  /** What else has to change when a user goes. */
  changesToForget(username: string): readonly Change[] {
    return this.find(username) === null ? [] : [["failedLogins", username, null]]
  }
}
