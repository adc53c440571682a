// GET /mfa: the user's second factors. POST /mfa/recovery: new recovery codes. DELETE /mfa/{id}:
// removes a factor, and ends the user's other sessions, or ends the trust in a device. No secret is
// ever shown again.

import { isRequiredOf } from "../../domain/factor_requirement.ts"
import { callerOf } from "../../http/caller.ts"
import type { Handler } from "../../http/guard.ts"
import { json, noContent } from "../../http/message.ts"
import { usableMethods } from "../../service/factors/relying_party.ts"
import type { EnrollingContext, MfaHandlerParts } from "./mfa_handler_parts.ts"

/** Answers what there is. Times are epoch seconds. */
export function showFactors({
  enrolment,
  factors: parts,
}: MfaHandlerParts): Handler<EnrollingContext> {
  return async (_request, { principal: { username } }) => {
    const { user, factors } = await enrolment.find(username)
    const { totp = null, passkeys = [], recoveryCodes = [] } = factors ?? {}
    return json(200, {
      methods: usableMethods(factors, parts),
      required: isRequiredOf(user, parts.requirement),
      totp: totp && { id: totp.id, created_at: totp.createdAt, last_used_at: totp.lastUsedAt },
      passkeys: passkeys.map(({ id, name, isSynced, createdAt, lastUsedAt }) => ({
        ...{ id, name, synced: isSynced, created_at: createdAt, last_used_at: lastUsedAt },
      })),
      recovery_codes_left: recoveryCodes.length,
      trusted_devices: parts.trust.listOf(user).map(({ id, userAgent, createdAt, expiresAt }) => ({
        ...{ id, user_agent: userAgent, created_at: createdAt, expires_at: expiresAt },
      })),
    })
  }
}

/** Answers ten new codes in the place of the old ones. They are shown this once. */
export function renewRecoveryCodes({ enrolment }: MfaHandlerParts): Handler<EnrollingContext> {
  return async (request, { principal }) => {
    const codes = await enrolment.renewRecoveryCodes(principal, callerOf(request))
    return json(200, { recovery_codes: codes })
  }
}

/** Removes one of the user's own factors or trusted devices. For another id it answers 404. */
export function removeFactor({ enrolment }: MfaHandlerParts): Handler<EnrollingContext> {
  return async (request, { principal, params }) => {
    await enrolment.remove(params["id"] ?? "", principal, callerOf(request))
    return noContent
  }
}
