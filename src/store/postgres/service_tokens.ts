// The service tokens of the PostgreSQL store. A request finds its token in the view, which waits
// for what has changed: so a revoked token is refused by every replica, and however many unknown
// ones come at once, they ask the database no more than one does.

import {
  type ServiceToken,
  type ServiceTokenUse,
  useStepSeconds,
} from "../../domain/service_token.ts"
import type { ServiceTokenStore } from "../service_token_store.ts"
import { type Database, inTime } from "./database.ts"
import { type PlainRow, plainRecord, plainRow } from "./plain_rows.ts"
import { isStorable } from "./rows.ts"
import type { View } from "./view.ts"

/** A row as JSON. */
interface Given {
  readonly token: PlainRow
}

/** The tokens; store.ts says what each method promises. */
export class PostgresServiceTokens implements ServiceTokenStore {
  readonly #database: Database
  readonly #view: View

  constructor(database: Database, view: View) {
    this.#database = database
    this.#view = view
  }

  create(token: ServiceToken): Promise<"created" | "taken"> {
    return this.#view.changing(async () => {
      const rows = await this.#database.change(
        `insert into postern.service_tokens
        select * from json_populate_record(null::postern.service_tokens, $1) where ${inTime(2)}
        on conflict do nothing returning name`,
        [JSON.stringify(plainRow("serviceTokens", token))],
      )
      return rows.length > 0 ? "created" : "taken"
    })
  }

  async findByHash(hash: string): Promise<ServiceToken | null> {
    return (await this.#view.findServiceTokens()).get(hash) ?? null
  }

  async list(): Promise<readonly ServiceToken[]> {
    const rows = await this.#database.query<Given>(
      "select row_to_json(t) as token from postern.service_tokens t order by name",
    )
    return rows.map(({ token }) => plainRecord("serviceTokens", token))
  }

  async revoke(name: string): Promise<ServiceToken | null> {
    if (!isStorable(name)) return null
    return this.#view.changing(async () => {
      const [row] = await this.#database.change<Given>(
        `delete from postern.service_tokens t where name = $1 and ${inTime(2)}
        returning row_to_json(t) as token`,
        [name],
      )
      return row === undefined ? null : plainRecord("serviceTokens", row.token)
    })
  }

  revokeAll(): Promise<number> {
    return this.#view.changing(async () => {
      const rows = await this.#database.change(
        `delete from postern.service_tokens where ${inTime(1)} returning name`,
        [],
      )
      return rows.length
    })
  }

  // The view is not invalidated: no decision depends on it.
  async noteUse(hash: string, { at, address }: ServiceTokenUse): Promise<void> {
    await this.#database.change(
      `update postern.service_tokens set last_used_at = $2, last_address = $3
      where hash = $1 and coalesce(abs($2 - last_used_at) >= ${useStepSeconds}, true)
        and ${inTime(4)}`,
      [hash, at, address],
    )
  }
}
