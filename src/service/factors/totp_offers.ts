// Offers secrets to authenticator apps. Over JSON a secret waits in its user's record for the first
// code. A page has it sealed in its form, and the record has it with the first code only: so a page
// can be opened without a change, and nobody sees the secret that another page shows.

import type { PendingTotp } from "../../domain/factors.ts"
import { AuthError, tooManyRequests } from "../../errors.ts"
import { toBase32 } from "../../factor/base32.ts"
import { openSecret, sealSecret } from "../../factor/secret_seal.ts"
import { totpSecretBytes, totpUri } from "../../factor/totp.ts"
import { createRateLimit, type RateLimit } from "../../limit/rate_limit.ts"
import { randomKey, randomName } from "../../system/random.ts"
import { enrolmentLimits } from "../limits.ts"
import type { FactorParts } from "./factor_parts.ts"

/** A secret for an authenticator app. */
export interface OfferedTotp {
  /** As Base32, to be typed. */
  readonly secret: string
  /** For a QR code. */
  readonly uri: string
}

/** The same, as a record or a page keeps it. */
export type SealedOffer = Pick<PendingTotp, "id" | "sealedSecret">

/** A secret that was made just now. */
interface TotpOffer {
  readonly sealed: SealedOffer
  readonly shown: OfferedTotp
}

/** A secret that was read back. */
interface OpenedOffer extends Pick<TotpOffer, "shown"> {
  readonly secret: Uint8Array
}

/** For how long a secret in a record waits for its first code. */
const offerSeconds = 900
const handleBytes = 32

/** The offers. */
export class TotpOffers {
  readonly #parts: FactorParts
  readonly #made: RateLimit<string>

  constructor(parts: FactorParts) {
    this.#parts = parts
    const keyOf = (username: string) => username
    const { steady: seconds } = parts.clock
    this.#made = createRateLimit([{ ...enrolmentLimits.offers, keyOf }], { seconds })
  }

  /** Makes a secret, which is in no record yet. @throws AuthError `too_many_requests` */
  async make(username: string): Promise<TotpOffer> {
    const { keys } = this.#parts
    const wait = this.#made.take(username)
    if (wait > 0) throw tooManyRequests(wait)
    await keys.catchUp()
    const secret = randomKey(totpSecretBytes)
    const id = randomName()
    const sealedSecret = sealSecret(secret, { username, id }, keys.factorKey())
    return { sealed: { id, sealedSecret }, shown: this.#shown(secret, username) }
  }

  /** A secret that was made for this user and with this key, or null. */
  async open(username: string, { id, sealedSecret }: SealedOffer): Promise<OpenedOffer | null> {
    const { keys } = this.#parts
    await keys.catchUp()
    const secret = openSecret(sealedSecret, { username, id }, keys.factorKey())
    return secret === null ? null : { secret, shown: this.#shown(secret, username) }
  }

  /**
   * Stores a secret in its user's record, in the place of another one.
   * @throws AuthError `not_found`
   */
  async store(username: string, sealed: SealedOffer): Promise<void> {
    const { store, clock } = this.#parts
    const offerTotp = { ...sealed, expiresAt: clock.now() + offerSeconds }
    const factors = { offerTotp, handle: newHandle() }
    const changed = await store.users.change(username, { factors })
    if (typeof changed === "string") throw new AuthError("not_found", "There is no such user")
  }

  #shown(secret: Uint8Array, username: string): OfferedTotp {
    const issuer = this.#parts.siteName
    return { secret: toBase32(secret), uri: totpUri(secret, { issuer, username }) }
  }
}

/** A user's name towards authenticators. */
function newHandle(): string {
  return Buffer.from(randomKey(handleBytes)).toString("base64url")
}
