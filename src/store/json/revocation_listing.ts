// The list for GET /revocations, made again only when it changes.

import type { TableName } from "../records.ts"
import type { Revocations } from "../store.ts"
import type { Tables } from "./tables.ts"

/** The tables that the list is made from. */
const listedTables: readonly TableName[] = ["endedSessions", "revokedTokens"]

/** A list, and the instants between which it is valid. */
interface Listing {
  readonly list: Revocations
  readonly from: number
  readonly until: number
}

/** The list of ended sessions and revoked tokens whose access tokens may still be valid. */
export class RevocationListing {
  #known: Listing | null = null
  #version = 0

  /** Notes that a table has changed. */
  note(table: TableName): void {
    if (listedTables.includes(table)) this.#known = null
  }

  /** The list at an instant. */
  at(now: number, { endedSessions, revokedTokens }: Tables): Revocations {
    const known = this.#known
    if (known !== null && known.from <= now && now < known.until) return known.list
    const ended = [...endedSessions.values()].filter(({ tokensExpireAt }) => now < tokensExpireAt)
    const revoked = [...revokedTokens.values()].filter(
      ({ expiresAt, isListed }) => isListed && now < expiresAt,
    )
    let until = Number.MAX_SAFE_INTEGER
    for (const { tokensExpireAt } of ended) until = Math.min(until, tokensExpireAt)
    for (const { expiresAt } of revoked) until = Math.min(until, expiresAt)
    this.#version += 1
    const list = Object.freeze({
      sids: Object.freeze(ended.map(({ sid }) => sid)),
      jtis: Object.freeze(revoked.map(({ jti }) => jti)),
      version: this.#version,
    })
    this.#known = { list, from: now, until }
    return list
  }
}
