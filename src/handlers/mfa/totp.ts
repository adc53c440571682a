// POST /mfa/totp: offers a secret to an authenticator app. POST /mfa/totp/confirm: its first code
// puts it in force, and gives recovery codes.

import { callerOf } from "../../http/caller.ts"
import { type BodyHandler, withBody } from "../../http/guard.ts"
import { readTexts } from "../../http/json_body.ts"
import { json } from "../../http/message.ts"
import { tokenReply } from "../../http/token_reply.ts"
import { startingBy } from "../../service/factors/factor_login.ts"
import type { EnrollingContext, MfaHandlerParts } from "./mfa_handler_parts.ts"

/** Answers a secret, as text and as the address for a QR code. It is not in force yet. */
export function offerTotp({ enrolment }: MfaHandlerParts): BodyHandler<EnrollingContext> {
  return withBody(async (_request, { principal: { username } }) => {
    const { secret, uri } = await enrolment.offerTotp(username)
    return json(200, { secret, uri })
  })
}

/** Answers recovery codes to a user who had none, and tokens when this completes a login. */
export function confirmTotp(parts: MfaHandlerParts): BodyHandler<EnrollingContext> {
  const { enrolment, factors, sessions, settings: life } = parts
  return withBody(async (request, { principal }) => {
    const { code } = readTexts(request, ["code"], { optional: ["mfa_token"] })
    const { username, login } = principal
    const caller = callerOf(request)
    if (login === undefined) {
      const storing = enrolment.storing(principal, caller, "otp")
      const { recoveryCodes } = await enrolment.confirmTotp(username, code, storing)
      return json(200, { recovery_codes: recoveryCodes ?? undefined })
    }
    const how = { reason: "otp", amr: ["pwd", "otp"] } as const
    const storing = startingBy(login, how, { life, caller }, factors)
    const { recoveryCodes, stored } = await enrolment.confirmTotp(username, code, storing)
    return tokenReply({
      ...(await sessions.grant(stored)),
      ...(recoveryCodes && { recoveryCodes }),
    })
  })
}
