// POST /mfa/recovery: new recovery codes in the place of the old ones. They are shown this once.

import { callerOf } from "../../http/caller.ts"
import type { Handler } from "../../http/guard.ts"
import { json } from "../../http/message.ts"
import type { EnrollingContext, MfaHandlerParts } from "./mfa_handler_parts.ts"

/** Answers the codes. */
export function renewRecoveryCodes({ enrolment }: MfaHandlerParts): Handler<EnrollingContext> {
  return async (request, { principal }) => {
    const codes = await enrolment.renewRecoveryCodes(principal, callerOf(request))
    return json(200, { recovery_codes: codes })
  }
}
