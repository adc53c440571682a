// DELETE /mfa/{id}: removes an authenticator app or a passkey, and ends the user's other sessions.
// Or ends the trust in a device.

import { callerOf } from "../../http/caller.ts"
import type { Handler } from "../../http/guard.ts"
import { noContent } from "../../http/message.ts"
import type { EnrollingContext, MfaHandlerParts } from "./mfa_handler_parts.ts"

/** Removes one of the user's own factors or trusted devices. For another id it answers 404. */
export function removeFactor({ enrolment }: MfaHandlerParts): Handler<EnrollingContext> {
  return async (request, { principal, params }) => {
    await enrolment.remove(params["id"] ?? "", principal, callerOf(request))
    return noContent
  }
}
