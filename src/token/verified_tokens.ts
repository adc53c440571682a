// Access tokens that were verified, so that the next request with the same token need not check the
// signature again, which costs more than the rest of the request. An entry counts while the keys
// are those that verified it. Its expiry is checked each time. Session and user are the caller's to
// check each time, and the caller says which tokens are kept: a refused token never is, so a flood
// of forged tokens takes no other token's place.

import { BoundedMap } from "../system/bounded_map.ts"
import { ownText } from "../system/own_text.ts"
import { assertNotExpired, type TokenSettings, verifyAccessToken } from "./access_token.ts"
import type { AccessClaims } from "./claims.ts"

/** What an entry takes beside its token's text: claims and map (measured: 340 on Node 20). */
const entryBytes = 512

/** A token whose signature, claims and times held. */
export interface VerifiedToken {
  readonly claims: AccessClaims
  /** The keys at that time (`KeyRing.keySet`). */
  readonly keySet: string
  /** Epoch seconds. */
  readonly verifiedAt: number
}

/** An entry, with the whole token. */
type Entry = VerifiedToken & { readonly token: string }

/** The numbers of the verified tokens, for monitoring. */
export interface VerifiedFigures {
  readonly size: number
  readonly hits: number
  readonly misses: number
}

/** The verified tokens of a process. */
export class VerifiedTokens {
  readonly #settings: TokenSettings
  /** By `keyOf` their tokens. All were verified by the keys of `#keySet`. */
  readonly #entries: BoundedMap<Entry>
  #keySet = ""
  #hits = 0
  #misses = 0

  constructor(settings: TokenSettings, { bytesMax }: { readonly bytesMax: number }) {
    this.#settings = settings
    this.#entries = new BoundedMap(bytesMax, ({ token }) => token.length + entryBytes)
  }

  /** The number of tokens that are kept. */
  get size(): number {
    return this.#entries.size
  }

  /** How many tokens are kept, and how often one was found and not found since the start. */
  figures(): VerifiedFigures {
    return { size: this.size, hits: this.#hits, misses: this.#misses }
  }

  /**
   * Finds a kept token. Null when the token has to be verified.
   * @param now epoch seconds
   * @throws AuthError `invalid_token` "Token has expired"
   */
  find(token: string, now: number): VerifiedToken | null {
    const entry = this.#entries.get(keyOf(token))
    if (entry?.token !== token) return this.#miss()
    if (this.#settings.ring.keySet(now) !== this.#keySet) {
      this.#entries.clear()
      return this.#miss()
    }
    // The clock was set back since: the token may not have begun.
    if (now < entry.verifiedAt) return this.#miss()
    this.#hits += 1
    assertNotExpired(entry.claims, this.#settings, now)
    return entry
  }

  /**
   * Verifies a token. Does not keep it.
   * @throws AuthError as `verifyAccessToken` does
   */
  async verify(token: string, now: number): Promise<VerifiedToken> {
    const keySet = this.#settings.ring.keySet(now)
    const claims = await verifyAccessToken(token, this.#settings, now)
    return { claims, keySet, verifiedAt: now }
  }

  /** Keeps a token, unless the keys have changed since it was verified. */
  keep(token: string, verified: VerifiedToken): void {
    const { claims, keySet, verifiedAt } = verified
    if (this.#settings.ring.keySet(verifiedAt) !== keySet) return
    if (this.#keySet !== keySet) this.#entries.clear()
    this.#keySet = keySet
    // A copy: a part of the header would keep the whole header in memory.
    const own = ownText(token)
    this.#entries.set(keyOf(own), { token: own, claims, keySet, verifiedAt })
  }

  #miss(): null {
    this.#misses += 1
    return null
  }

  /** Forgets a token. */
  drop(token: string): void {
    const key = keyOf(token)
    if (this.#entries.get(key)?.token === token) this.#entries.delete(key)
  }
}

// The last 192 bits of the signature, which no two good tokens share. To hash the whole text would
// take longer than the rest of `find`.
function keyOf(token: string): string {
  return token.slice(-32)
}
