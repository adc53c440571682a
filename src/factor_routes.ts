// The page of second factors: the rows that they add to routes.ts. What stands behind the rows is
// loaded at the first request that needs it.

import type { FactorWing } from "./factor_wing.ts"
import type { Enrolling, EnrollingContext } from "./handlers/mfa/mfa_handler_parts.ts"
import { bearer, type CredentialReader } from "./http/bearer.ts"
import { orTicket, ticketIn } from "./http/bearer_or_ticket.ts"
import { anyone, type BodyHandler, guard, type Handler, withBody } from "./http/guard.ts"
import type { RouteGroup } from "./http/router.ts"
import { mfaLimits } from "./service/limits.ts"

/** Loads the wing, once. */
export type LoadFactors = () => Promise<FactorWing>

/** Finds who sent credentials. @throws AuthError `invalid_token` */
export type FindSender = (credentials: string) => Promise<Enrolling>

type Handlers = FactorWing["handlers"]

/** The rows. `credentials` says where `findSender` finds who asks. */
export function factorRoutes(load: LoadFactors, findSender: FindSender): RouteGroup {
  return [
    ["POST", "/login/code", anyone(withBody(lateBody(load, "loginByCode")), mfaLimits)],
    ...ownFactorRoutes(load, findSender, bearer),
  ]
}

/** The rows for the user's own factors. */
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
  const changed = guard(findSender, { credentials, enrols: true, fresh: true, acr: "own" })
  const enrolled = guard(byTicketToo, {
    ...{ credentials: orTicket(credentials), enrols: true, fresh: true, acr: "own" },
  })
  return [
    ["GET", "/mfa", seen(late(load, "showFactors"))],
    ["POST", "/mfa/totp", enrolled(withBody(lateBody(load, "offerTotp")))],
    ["POST", "/mfa/totp/confirm", enrolled(withBody(lateBody(load, "confirmTotp")))],
    ["POST", "/mfa/recovery", changed(late(load, "renewRecoveryCodes"))],
    ["DELETE", "/mfa/{id}", changed(late(load, "removeFactor"))],
  ]
}

type NamesOf<H> = {
  [N in keyof Handlers]: Handlers[N] extends H ? N : never
}[keyof Handlers]

function late(
  load: LoadFactors,
  name: NamesOf<Handler<EnrollingContext>>,
): Handler<EnrollingContext> {
  return async (head, context) => (await load()).handlers[name](head, context)
}

function lateBody<N extends NamesOf<BodyHandler<never>>>(
  load: LoadFactors,
  name: N,
): Handlers[N]["handle"] {
  return (async (request: never, context: never) =>
    (await load()).handlers[name].handle(request, context)) as Handlers[N]["handle"]
}
