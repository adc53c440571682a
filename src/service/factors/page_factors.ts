// Second factors as the pages use them. A login between its password and its factor has a ticket,
// which is in a cookie of its browser.

import type { Caller } from "../../domain/caller.ts"
import type { FactorMethod, Factors } from "../../domain/factors.ts"
import type { User } from "../../domain/user.ts"
import { makeQrCode, type QrCode } from "../../factor/qr.ts"
import { findStep } from "../../factor/totp.ts"
import type { SessionOfUser } from "../../store/store.ts"
import type { PendingLogin, StartedLogin } from "../session_start.ts"
import { wrongCode } from "./code_check.ts"
import type { Enrolled, Enrolment, Storing } from "./enrolment.ts"
import { logInByCode, startingBy } from "./factor_login.ts"
import type { FactorParts } from "./factor_parts.ts"
import { nothingOffered, refusedFactor } from "./factor_refusals.ts"
import { type AskedFactor, type FoundLogin, findLogin, giveTicket } from "./mfa_tickets.ts"
import { usableMethods } from "./relying_party.ts"
import { type Continuing, replacingBy } from "./session_replacement.ts"
import type { OfferedTotp, SealedOffer } from "./totp_offers.ts"

/** A secret for an authenticator app, as a page shows it. */
export interface PageOffer extends OfferedTotp {
  /** What the page's form sends back with the first code. */
  readonly sealed: string
  readonly qr: QrCode
}

/** The first code of an offered secret. */
export interface FirstCode {
  readonly code: string
  /** The offer, as the page had it. */
  readonly sealed: string
}

/** A code, and whether it is to be the last one on this device for a while. */
interface SentCode {
  readonly code: string
  readonly trusts: boolean
}

/** The use cases. */
export class PageFactors {
  readonly #parts: FactorParts
  readonly #enrolment: Enrolment

  constructor(parts: FactorParts, enrolment: Enrolment) {
    this.#parts = parts
    this.#enrolment = enrolment
  }

  /** Asks for the factor of a login, or for the set-up of one. */
  ask(
    pending: PendingLogin,
    { stays }: { readonly stays: boolean },
    caller: Caller,
  ): Promise<AskedFactor> {
    return giveTicket(pending, { medium: "page", stays }, caller, this.#parts)
  }

  /** The methods by which a user can show a factor here. */
  methodsOf(factors: Factors | null): readonly FactorMethod[] {
    return usableMethods(factors, this.#parts)
  }

  /** The login of a ticket, or null when the ticket is not good, or not any more. */
  find(ticket: string, caller: Caller): Promise<FoundLogin | null> {
    return findLogin(ticket, "page", caller, this.#parts)
  }

  /**
   * Completes a login by a code.
   * @throws AuthError `invalid_code`, `invalid_token`
   * @throws Unavailable
   */
  logIn(
    login: FoundLogin,
    { code, life, trusts, caller }: Continuing & SentCode,
  ): Promise<StartedLogin> {
    return logInByCode(login, { code, life, trusts }, caller, this.#parts)
  }

  /**
   * A secret for a page: the one that it showed before, or a new one. It is in no record.
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

  /** Sets up the first factor of a login that needs one, and starts its session. Throws as `turnOn`. */
  enrol(login: FoundLogin, first: FirstCode, how: Continuing): Promise<Enrolled<StartedLogin>> {
    const storing = startingBy(login, { reason: "otp", amr: ["pwd", "otp"] }, how, this.#parts)
    return this.#confirm(login.user.username, first, storing)
  }

  /**
   * Sets up an authenticator app. A first one, or one in the place of another one, gives another
   * session and ends all that there were; beside a passkey the session goes on, which is null.
   * @throws AuthError `invalid_code`; `not_found` for an offer that is not good;
   *   `too_many_requests`; `invalid_token` when the login has ended meanwhile
   * @throws Unavailable
   */
  turnOn(
    session: SessionOfUser,
    first: FirstCode,
    how: Continuing,
  ): Promise<Enrolled<StartedLogin | null>> {
    return this.#confirm(
      session.user.username,
      first,
      replacingBy({ reason: "otp", added: "otp" }, session, how, this.#parts),
    )
  }

  /** Whether a user must keep a factor. */
  isRequiredOf(user: User): boolean {
    return this.#enrolment.isRequiredOf(user)
  }

  /** Turns the authenticator app of a session's user off. @throws AuthError */
  async turnOff({ session, user }: SessionOfUser, caller: Caller): Promise<void> {
    await this.#enrolment.remove(user.factors?.totp?.id ?? "", session, caller)
  }

  /** Removes a passkey of a session's user. @throws AuthError */
  async removePasskey(id: string, { session, user }: SessionOfUser, caller: Caller): Promise<void> {
    // Not another factor, whose page says what that means.
    const isOne = user.factors?.passkeys.some((passkey) => passkey.id === id)
    if (!isOne) throw refusedFactor("no_factor")
    await this.#enrolment.remove(id, session, caller)
  }

  /** New recovery codes in the place of the old ones. @throws AuthError */
  renewRecoveryCodes({ session }: SessionOfUser, caller: Caller): Promise<readonly string[]> {
    return this.#enrolment.renewRecoveryCodes(session, caller)
  }

  async #confirm<T>(
    username: string,
    { code, sealed: text }: FirstCode,
    storing: Storing<T>,
  ): Promise<Enrolled<T>> {
    const { offers } = this.#enrolment
    const sealed = readOffer(text)
    const opened = sealed === null ? null : await offers.open(username, sealed)
    if (sealed === null || opened === null) throw nothingOffered()
    // Before the write: a wrong code changes nothing.
    const step = findStep(opened.secret, code.replace(/\s/g, ""), this.#parts.clock.now())
    if (step === null) throw wrongCode()
    await offers.store(username, sealed)
    return this.#enrolment.confirmTotp(username, code, storing)
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
