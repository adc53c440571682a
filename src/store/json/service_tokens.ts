// The service tokens of the JSON store, and an index of their hashes.

import { isNoted, type ServiceToken, type ServiceTokenUse } from "../../domain/service_token.ts"
import type { ServiceTokenStore } from "../service_token_store.ts"
import type { StagedTables } from "./staged_tables.ts"
import { type Change, frozen } from "./tables.ts"

/** The tokens; store.ts says what each method promises. */
export class JsonServiceTokens implements ServiceTokenStore {
  readonly #tables: StagedTables
  /** The names by hash. A name that is not committed, or has another hash by now, is no hit. */
  readonly #names = new Map<string, string>()

  constructor(tables: StagedTables) {
    this.#tables = tables
    for (const { hash, name } of tables.committed.serviceTokens.values())
      this.#names.set(hash, name)
  }

  async create(token: ServiceToken): Promise<"created" | "taken"> {
    const { name, hash } = token
    if (this.#tables.pending("serviceTokens", name) !== null) {
      return this.#tables.onceCommitted("serviceTokens", name, "taken")
    }
    await this.#tables.write([["serviceTokens", name, frozen(token)]])
    this.#names.set(hash, name)
    return "created"
  }

  async findByHash(hash: string): Promise<ServiceToken | null> {
    const { serviceTokens } = this.#tables.committed
    const found = serviceTokens.get(this.#names.get(hash) ?? "")
    return found?.hash === hash ? found : null
  }

  async list(): Promise<readonly ServiceToken[]> {
    const tokens = [...this.#tables.committed.serviceTokens.values()]
    return tokens.sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  async revoke(name: string): Promise<ServiceToken | null> {
    const token = this.#tables.pending("serviceTokens", name)
    if (token === null) return this.#tables.onceCommitted("serviceTokens", name, null)
    await this.#tables.write([["serviceTokens", name, null]])
    this.#names.delete(token.hash)
    return token
  }

  async revokeAll(): Promise<number> {
    const tokens = await this.list()
    const pending = tokens.filter(
      ({ name }) => this.#tables.pending("serviceTokens", name) !== null,
    )
    const changes = pending.map(({ name }): Change => ["serviceTokens", name, null])
    if (changes.length > 0) await this.#tables.write(changes)
    for (const { hash } of pending) this.#names.delete(hash)
    return changes.length
  }

  async noteUse(hash: string, use: ServiceTokenUse): Promise<void> {
    const name = this.#names.get(hash) ?? ""
    const token = this.#tables.pending("serviceTokens", name)
    if (token?.hash !== hash || !isNoted(token, use)) return
    const { at: lastUsedAt, address: lastAddress } = use
    await this.#tables.write([
      ["serviceTokens", name, frozen({ ...token, lastUsedAt, lastAddress })],
    ])
  }
}
