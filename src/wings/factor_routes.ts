// The page of second factors: the rows that they add to routes.ts. What stands behind the rows is
// loaded at the first request that needs it.

import type { Enrolling } from "../handlers/mfa/mfa_handler_parts.ts"
import { bearer, type CredentialReader } from "../http/bearer.ts"
import { orTicket, ticketIn } from "../http/bearer_or_ticket.ts"
import { anyone, type BodyHandler, guard, type Handler, withBody } from "../http/guard.ts"
import type { RouteGroup } from "../http/router.ts"
import { enrolmentLimits, mfaLimits, passkeyLimits } from "../service/limits.ts"
import type { FactorWing } from "./factors.ts"

/** Loads the wing, once. */
export type LoadFactors = () => Promise<FactorWing>

/** Finds who sent credentials. @throws AuthError `invalid_token` */
type FindSender = (credentials: string) => Promise<Enrolling>

const { offers, passkeys, recoveryCodes } = enrolmentLimits

type Handlers = FactorWing["handlers"]

/** The rows. `findSender` finds who sent an access token. */
export function factorRoutes(load: LoadFactors, findSender: FindSender): RouteGroup {
  const loginByCode = lateBody(load, (handlers) => handlers.loginByCode)
  const offerPasskeyLogin = lateBody(load, (handlers) => handlers.offerPasskeyLogin)
  const loginByPasskey = lateBody(load, (handlers) => handlers.loginByPasskey)
  return [
    ["POST", "/login/code", anyone(loginByCode, mfaLimits)],
    ["POST", "/login/passkey/options", anyone(offerPasskeyLogin)],
    ["POST", "/login/passkey", anyone(loginByPasskey, passkeyLimits)],
    ...ownFactorRoutes(load, findSender, bearer),
  ]
}

/** The rows for the user's own factors. `credentials` says where `findSender` finds who asks. */
export function ownFactorRoutes(
  load: LoadFactors,
  findSender: FindSender,
  credentials: CredentialReader,
): RouteGroup {
  const byTicketToo = async (sent: string) => {
    const ticket = ticketIn(sent)
    return ticket === null ? findSender(sent) : (await load()).authenticate(ticket)
  }
  const seen = guard(findSender, { credentials, enrols: true })
  const changed = guard(findSender, { credentials, fresh: true, acr: "own" })
  const enrolled = guard(byTicketToo, {
    ...{ credentials: orTicket(credentials), enrols: true, fresh: true, acr: "own" },
  })
  const showFactors = late(load, (handlers) => handlers.showFactors)
  const offerTotp = lateBody(load, (handlers) => handlers.offerTotp)
  const confirmTotp = lateBody(load, (handlers) => handlers.confirmTotp)
  const offerPasskey = lateBody(load, (handlers) => handlers.offerPasskey)
  const addPasskey = lateBody(load, (handlers) => handlers.addPasskey)
  const renewRecoveryCodes = late(load, (handlers) => handlers.renewRecoveryCodes)
  const removeFactor = late(load, (handlers) => handlers.removeFactor)
  return [
    ["GET", "/mfa", seen(showFactors)],
    ["POST", "/mfa/totp", enrolled(offerTotp, { offers })],
    ["POST", "/mfa/totp/confirm", enrolled(confirmTotp, { recoveryCodes })],
    ["POST", "/mfa/passkeys/options", enrolled(offerPasskey)],
    ["POST", "/mfa/passkeys", enrolled(addPasskey, { passkeys, recoveryCodes })],
    ["POST", "/mfa/recovery", changed(renewRecoveryCodes, { recoveryCodes })],
    ["DELETE", "/mfa/{id}", changed(removeFactor)],
  ]
}

/** A handler of the wing, which its first request loads. */
function late<C>(load: LoadFactors, choose: (handlers: Handlers) => Handler<C>): Handler<C> {
  return async (head, context) => choose((await load()).handlers)(head, context)
}

/** The same of a handler that takes the request's body. */
function lateBody<C>(
  load: LoadFactors,
  choose: (handlers: Handlers) => BodyHandler<C>,
): BodyHandler<C> {
  return withBody(async (request, context: C) =>
    choose((await load()).handlers).handle(request, context),
  )
}
