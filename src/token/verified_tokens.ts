// Access tokens that were verified, so that the next request with the same one need not check the
// signature again, which costs more than all the rest. A token is found by its full text, while
// the keys are those that verified it; its expiry is checked each time. Session and user are the
// caller's to check each time, and it says what is kept: what was refused never enters, and so
// makes nothing else leave. The map's key is the end of the signature, which no two good tokens
// share, as hashing the whole text would take longer than all the rest of finding it.
//
// Bounded by number and bytes with SIEVE (Zhang et al., NSDI 2024): a hit only marks its entry; to
// make room a hand goes around, takes marks away, and takes out the first entry without one.

import { type Awaitable, after } from "../awaitable.ts"
import { ownText } from "../system/own_text.ts"
import { assertNotExpired, type TokenSettings, verifyAccessToken } from "./access_token.ts"
import type { AccessClaims } from "./claims.ts"

/** How many tokens are kept at most, whatever their bytes. */
const entriesMax = 131_072
/** What an entry takes beside its token's text: claims, map, marks (measured: 340 on Node 20). */
const entryBytes = 512

/** A token whose signature, claims and times held. */
export interface VerifiedToken {
  readonly claims: AccessClaims
  /** The keys there were then: another list as soon as they change. */
  readonly keys: object
  /** Epoch seconds. */
  readonly verifiedAt: number
}

/** An entry; `isUsed` since the hand went by. */
type Entry = VerifiedToken & { readonly token: string; isUsed: boolean }

/** What is known of access tokens. */
export class VerifiedTokens {
  readonly #settings: TokenSettings
  readonly #bytesMax: number
  /** By `keyOf` their tokens. */
  readonly #entries = new Map<string, Entry>()
  #hand = this.#entries.values()
  #bytes = 0
  /** Those that verified all entries. */
  #keys: object | null = null

  constructor(settings: TokenSettings, { bytesMax }: { readonly bytesMax: number }) {
    this.#settings = settings
    this.#bytesMax = bytesMax
  }

  /** How many tokens there are. */
  get size(): number {
    return this.#entries.size
  }

  /**
   * What is known of a token, or null when it has to be verified.
   * @param now epoch seconds
   * @throws AuthError `invalid_token` "Token has expired"
   */
  find(token: string, now: number): VerifiedToken | null {
    const entry = this.#entries.get(keyOf(token))
    if (entry?.token !== token) return null
    if (this.#settings.ring.published(now) !== this.#keys) {
      this.#empty()
      return null
    }
    // By a clock that was set back since then the token might not have begun.
    if (now < entry.verifiedAt) return null
    assertNotExpired(entry.claims, this.#settings, now)
    entry.isUsed = true
    return entry
  }

  /**
   * Verifies a token, and keeps nothing of it.
   * @throws AuthError as `verifyAccessToken` does
   */
  verify(token: string, now: number): Awaitable<VerifiedToken> {
    const keys = this.#settings.ring.published(now)
    const claims = verifyAccessToken(token, this.#settings, now)
    return after(claims, (verified) => ({ claims: verified, keys, verifiedAt: now }))
  }

  /** Keeps a token that nothing speaks against, unless the keys have changed since. */
  keep(token: string, verified: VerifiedToken): void {
    const { claims, keys, verifiedAt } = verified
    if (this.#settings.ring.published(verifiedAt) !== keys) return
    if (this.#keys !== keys) this.#empty()
    this.#keys = keys
    this.#remove(keyOf(token))
    const bytes = bytesOf(token)
    while (this.#isFullFor(bytes)) this.#moveHand()
    // Not the header that it came in, which may be longer.
    const own = ownText(token)
    this.#entries.set(keyOf(own), { token: own, claims, keys, verifiedAt, isUsed: false })
    this.#bytes += bytes
  }

  /** Forgets a token. */
  drop(token: string): void {
    const key = keyOf(token)
    if (this.#entries.get(key)?.token === token) this.#remove(key)
  }

  #remove(key: string): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    this.#entries.delete(key)
    this.#bytes -= bytesOf(entry.token)
  }

  #isFullFor(bytes: number): boolean {
    const { size } = this.#entries
    return size > 0 && (size >= entriesMax || this.#bytes + bytes > this.#bytesMax)
  }

  /** By one entry. */
  #moveHand(): void {
    const { value, done } = this.#hand.next()
    if (done) this.#hand = this.#entries.values()
    else if (value.isUsed) value.isUsed = false
    else this.#remove(keyOf(value.token))
  }

  #empty(): void {
    this.#entries.clear()
    this.#hand = this.#entries.values()
    this.#bytes = 0
  }
}

/** As many characters as 192 bits take. */
function keyOf(token: string): string {
  return token.slice(-32)
}

function bytesOf(token: string): number {
  return token.length + entryBytes
}
