// Passkeys as the pages use them.

import { keyKindOf } from "../../domain/factors.ts"
import type { RegistrationOptions } from "../../factor/passkey_options.ts"
import type { SessionOfUser } from "../../store/store.ts"
import type { StartedLogin } from "../session_start.ts"
import { startingBy } from "./factor_login.ts"
import type { FactorParts } from "./factor_parts.ts"
import type { FoundLogin } from "./mfa_tickets.ts"
import type { AddedPasskey, PasskeyEnrolment, SentPasskey } from "./passkey_enrolment.ts"
import type { PasskeyLogin } from "./passkey_login.ts"
import { type Continuing, replacingBy } from "./session_replacement.ts"

/** The use cases. */
export class PagePasskeys {
  readonly #parts: FactorParts
  readonly #enrolment: PasskeyEnrolment
  /** Logging in. */
  readonly login: PasskeyLogin

  constructor(
    parts: FactorParts,
    { login, enrolment }: { readonly login: PasskeyLogin; readonly enrolment: PasskeyEnrolment },
  ) {
    this.#parts = parts
    this.#enrolment = enrolment
    this.login = login
  }

  /** What the browser of a session needs to make a passkey. Throws as PasskeyEnrolment's. */
  offerTo({ session }: SessionOfUser): Promise<RegistrationOptions> {
    return this.#enrolment.options(session)
  }

  /** The same for a login that has to set up a factor first. */
  offerFor(login: FoundLogin): Promise<RegistrationOptions> {
    return this.#enrolment.options(enrollerOf(login))
  }

  /**
   * Adds a passkey. A first factor gives another session and ends all that there were; beside
   * others the session goes on, which is null. Throws as PasskeyEnrolment's `add`.
   */
  add(
    sent: SentPasskey,
    session: SessionOfUser,
    how: Continuing,
  ): Promise<AddedPasskey<StartedLogin | null>> {
    return this.#enrolment.add(sent, session.session, (passkey) => {
      const factor = { reason: "passkey", added: keyKindOf(passkey) } as const
      return replacingBy(factor, session, how, this.#parts)
    })
  }

  /** Adds the first factor of a login that needs one, and starts its session. Throws the same. */
  enrol(
    sent: SentPasskey,
    login: FoundLogin,
    how: Continuing,
  ): Promise<AddedPasskey<StartedLogin>> {
    return this.#enrolment.add(sent, enrollerOf(login), (passkey) => {
      const amr = ["pwd", keyKindOf(passkey)]
      return startingBy(login, { reason: "passkey", amr }, how, this.#parts)
    })
  }
}

function enrollerOf(login: FoundLogin) {
  return { username: login.user.username, sid: null, login }
}
