// POST /mfa/passkeys/options: what a browser needs to make a passkey. POST /mfa/passkeys: takes the
// passkey, and gives recovery codes to a user who has none.

import { keyKindOf } from "../../domain/factors.ts"
import { callerOf } from "../../http/caller.ts"
import { type BodyHandler, withBody } from "../../http/guard.ts"
import { readTexts } from "../../http/json_body.ts"
import { json } from "../../http/message.ts"
import { tokenReply } from "../../http/token_reply.ts"
import { startingBy } from "../../service/factors/factor_login.ts"
import type { EnrollingContext, MfaHandlerParts } from "./mfa_handler_parts.ts"

/** Answers options for `navigator.credentials.create`. */
export function offerPasskey({ passkeyEnrolment }: MfaHandlerParts): BodyHandler<EnrollingContext> {
  return withBody(async (_request, { principal }) =>
    json(200, await passkeyEnrolment.options(principal)),
  )
}

/** Answers the passkey, and tokens in its place when this completes a login. */
export function addPasskey(parts: MfaHandlerParts): BodyHandler<EnrollingContext> {
  const { enrolment, passkeyEnrolment, factors, sessions, settings: life } = parts
  return withBody(async (request, { principal }) => {
    const { credential, name } = readTexts(request, [], {
      objects: ["credential"],
      optional: ["name", "mfa_token"],
    })
    const sent = { credential, name: name ?? "" }
    const { login } = principal
    const caller = callerOf(request)
    if (login === undefined) {
      const storing = enrolment.storing(principal, caller, "passkey")
      const added = await passkeyEnrolment.add(sent, principal, () => storing)
      const { id, name: chosen } = added.passkey
      return json(200, { id, name: chosen, recovery_codes: added.recoveryCodes ?? undefined })
    }
    const { recoveryCodes, stored } = await passkeyEnrolment.add(sent, principal, (passkey) => {
      const amr = ["pwd", keyKindOf(passkey)]
      return startingBy(login, { reason: "passkey", amr }, { life, caller }, factors)
    })
    return tokenReply({
      ...(await sessions.grant(stored)),
      ...(recoveryCodes && { recoveryCodes }),
    })
  })
}
