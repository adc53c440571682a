// The part of the store that keeps service tokens: by their hashes, never the tokens themselves.
// What store.ts promises of every method holds here, too.

import type { ServiceToken, ServiceTokenUse } from "../domain/service_token.ts"

/** The service tokens. */
export interface ServiceTokenStore {
  /** Keeps a new token. "taken": there is one of that name, expired or not; nothing changes. */
  create(token: ServiceToken): Promise<"created" | "taken">

  /**
   * The token of a hash, or null. It may have expired, and its last use may be older than the
   * noted one.
   */
  findByHash(hash: string): Promise<ServiceToken | null>

  /** All tokens, ordered by name. They may have expired. */
  list(): Promise<readonly ServiceToken[]>

  /** Removes the token of a name and gives it, or null when there is none. */
  revoke(name: string): Promise<ServiceToken | null>

  /** Removes all tokens, and gives how many there were. */
  revokeAll(): Promise<number>

  /**
   * Notes a use of the token of a hash, if it is late enough after the noted one
   * (domain/service_token.ts). An unknown token is left out.
   */
  noteUse(hash: string, use: ServiceTokenUse): Promise<void>
}
