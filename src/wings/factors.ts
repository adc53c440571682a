// Composes the wing of second factors. It is loaded at the first request that needs it
// (factor_routes.ts), so a deployment whose users have no factors loads nothing of it.

import { askedReply } from "../handlers/mfa/asked_reply.ts"
import { addPasskey, confirmTotp, offerPasskey, offerTotp } from "../handlers/mfa/enrol.ts"
import { loginByCode } from "../handlers/mfa/login_code.ts"
import { loginByPasskey, offerPasskeyLogin } from "../handlers/mfa/login_passkey.ts"
import type { Enrolling, MfaHandlerParts } from "../handlers/mfa/mfa_handler_parts.ts"
import { removeFactor, renewRecoveryCodes, showFactors } from "../handlers/mfa/own_factors.ts"
import { tokenReply } from "../handlers/token_reply.ts"
import { callerOf } from "../http/caller.ts"
import type { Reply, RequestHead } from "../http/message.ts"
import { Enrolment } from "../service/factors/enrolment.ts"
import { FactorLogin } from "../service/factors/factor_login.ts"
import type { FactorParts } from "../service/factors/factor_parts.ts"
import { ticketIsOver } from "../service/factors/factor_refusals.ts"
import { PageTotp } from "../service/factors/page_totp.ts"
import { PasskeyEnrolment } from "../service/factors/passkey_enrolment.ts"
import { PasskeyLogin } from "../service/factors/passkey_login.ts"
import { findRelyingParty } from "../service/factors/relying_party.ts"
import { FactorStoring } from "../service/factors/storing.ts"
import type { PendingLogin, SentFactor } from "../service/session_start.ts"
import type { SessionSettings } from "../service/session_tokens.ts"
import type { Sessions } from "../service/sessions.ts"

/** What the wing is made of. */
interface FactorWingParts extends Omit<FactorParts, "relyingParty"> {
  readonly sessions: Sessions
  readonly settings: SessionSettings
  /** The address under which clients reach the service, where it is known. */
  readonly publicAddress: string | undefined
}

/** The wing as routes and pages see it. */
export type FactorWing = ReturnType<typeof createFactorWing>

/** Makes the wing. */
export function createFactorWing(wingParts: FactorWingParts) {
  const { sessions, settings, publicAddress } = wingParts
  const relyingParty = findRelyingParty(publicAddress)
  const factors: FactorParts = { ...wingParts, relyingParty }
  const enrolment = new Enrolment(factors)
  const passkeyEnrolment = new PasskeyEnrolment(factors, enrolment)
  const passkeyLogin = new PasskeyLogin(factors)
  const storing = new FactorStoring(factors)
  const factorLogin = new FactorLogin("json", factors)
  const useCases = { storing, enrolment, passkeyEnrolment, passkeyLogin }
  const parts: MfaHandlerParts = { factors, factorLogin, ...useCases, sessions, settings }
  return {
    factors,
    enrolment,
    pages: {
      factorLogin: new FactorLogin("page", factors),
      totp: new PageTotp(factors, enrolment),
      ...useCases,
    },
    handlers: {
      loginByCode: loginByCode(parts),
      offerPasskeyLogin: offerPasskeyLogin(parts),
      loginByPasskey: loginByPasskey(parts),
      showFactors: showFactors(parts),
      offerTotp: offerTotp(parts),
      confirmTotp: confirmTotp(parts),
      offerPasskey: offerPasskey(parts),
      addPasskey: addPasskey(parts),
      renewRecoveryCodes: renewRecoveryCodes(parts),
      removeFactor: removeFactor(parts),
    },

    /** Asks for the factor of a login, or takes the code that came with the password. */
    async answer(
      pending: PendingLogin,
      { code, trusts }: SentFactor,
      head: RequestHead,
    ): Promise<Reply> {
      const caller = callerOf(head)
      if (code === null || pending.due === "enrolment") {
        return askedReply(await factorLogin.ask(pending, { stays: false }, caller))
      }
      const login = { ...pending, ticket: null }
      const completion = { life: settings, trusts, caller }
      const started = await factorLogin.logInByCode(login, code, completion)
      return tokenReply(await sessions.grant(started))
    },

    /** The user of a login that has to set up a factor. @throws AuthError `invalid_token` */
    async authenticate(ticket: string): Promise<Enrolling> {
      const login = await factorLogin.require(ticket, { address: "" })
      if (login.ticket.due !== "enrolment") throw ticketIsOver()
      const { username, roles } = login.user
      const identity = { roles, fresh: true, secondsSinceLogin: 0, acr: "aal1" } as const
      return { username, sid: null, login, ...identity, hasFactor: false, mustEnrol: true }
    },
  }
}
