// Authenticator apps as the pages set them up. A page has the secret sealed in its form: it is in
// no record before its first code was right.

import { makeQrCode, type QrCode } from "../../factor/qr.ts"
import { findStep } from "../../factor/totp.ts"
import type { Enrolled, Enrolment } from "./enrolment.ts"
import type { FactorParts } from "./factor_parts.ts"
import { nothingOffered, wrongCode } from "./factor_refusals.ts"
import type { StoreFactor } from "./storing.ts"
import type { OfferedTotp, SealedOffer } from "./totp_offers.ts"

/** A secret for an authenticator app, as a page shows it. */
interface PageOffer extends OfferedTotp {
  /** What the page's form sends back with the first code. */
  readonly sealed: string
  readonly qr: QrCode
}

/** The use cases. */
export class PageTotp {
  readonly #parts: FactorParts
  readonly #enrolment: Enrolment

  constructor(parts: FactorParts, enrolment: Enrolment) {
    this.#parts = parts
    this.#enrolment = enrolment
  }

  /**
   * A secret for a page: the one that it showed before, or a new one.
   * @throws AuthError `too_many_requests`
   */
  async offer(username: string, before: string | null): Promise<PageOffer> {
    const { offers } = this.#enrolment
    const known = before === null ? null : readOffer(before)
    const found = known === null ? null : await offers.open(username, known)
    const { sealed, shown } =
      known === null || found === null
        ? await offers.make(username)
        : { sealed: known, shown: found.shown }
    return { ...shown, sealed: writeOffer(sealed), qr: await makeQrCode(shown.uri) }
  }

  /**
   * Puts an offered secret in force by its first code.
   * @throws AuthError `invalid_code`; `not_found` for an offer that is not good;
   *   `too_many_requests`; `invalid_token` when the login has ended meanwhile
   * @throws Unavailable
   */
  async confirm<T>(
    username: string,
    { code, sealed: text }: { readonly code: string; readonly sealed: string },
    storeFactor: StoreFactor<T>,
  ): Promise<Enrolled<T>> {
    const { offers } = this.#enrolment
    const sealed = readOffer(text)
    const opened = sealed === null ? null : await offers.open(username, sealed)
    if (sealed === null || opened === null) throw nothingOffered()
    // Before the write: a wrong code changes nothing.
    const step = findStep(opened.secret, code.replace(/\s/g, ""), this.#parts.clock.now())
    if (step === null) throw wrongCode()
    await offers.store(username, sealed)
    return this.#enrolment.confirmTotp(username, code, storeFactor)
  }
}

const offerForm = /^([\w-]{22})\.([\w-]{40,120})$/

function writeOffer({ id, sealedSecret }: SealedOffer): string {
  return `${id}.${sealedSecret}`
}

function readOffer(text: string): SealedOffer | null {
  const [, id, sealedSecret] = offerForm.exec(text) ?? []
  return id === undefined || sealedSecret === undefined ? null : { id, sealedSecret }
}
