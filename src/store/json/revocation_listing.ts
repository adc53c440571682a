// The list of what ended while access tokens of it may be around, made anew only when it changes.

import type { Revocations } from "../store.ts"
import type { TableName, Tables } from "./tables.ts"

/** What the list is made of. */
const listedTables: readonly TableName[] = ["endedSessions", "revokedTokens"]

/** A list that is right from an instant until another. */
interface Listing {
  readonly list: Revocations
  readonly from: number
  readonly until: number
}

/** The list, for as long as it is right. */
export class RevocationListing {
  #known: Listing | null = null

  /** Notes that a table has changed. */
  note(table: TableName): void {
    if (listedTables.includes(table)) this.#known = null
  }

  /** The list at an instant: the same object until it changes. */
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
    const sids = Object.freeze(ended.map(({ sid }) => sid))
    const jtis = Object.freeze(revoked.map(({ jti }) => jti))
    const list = Object.freeze({ sids, jtis })
    this.#known = { list, from: now, until }
    return list
  }
}
