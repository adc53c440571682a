// Second factors as the pages use them. A login between its password and its factor has a ticket,
// which is in a cookie of its browser.

import type { Caller } from "../../domain/caller.ts"
import type { SessionLife } from "../../domain/session.ts"
import type { PendingLogin, StartedLogin } from "../session_start.ts"
import { logInByCode } from "./factor_login.ts"
import type { FactorParts } from "./factor_parts.ts"
import { type AskedFactor, type FoundLogin, findLogin, giveTicket } from "./mfa_tickets.ts"

/** The use cases. */
export class PageFactors {
  readonly #parts: FactorParts

  constructor(parts: FactorParts) {
    this.#parts = parts
  }

  /** Asks for the factor of a login, or for the set-up of one. */
  ask(
    pending: PendingLogin,
    { stays }: { readonly stays: boolean },
    caller: Caller,
  ): Promise<AskedFactor> {
    return giveTicket(pending, { medium: "page", stays }, caller, this.#parts)
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
    typed: { readonly code: string; readonly life: SessionLife },
    caller: Caller,
  ): Promise<StartedLogin> {
    return logInByCode(login, typed, caller, this.#parts)
  }
}
