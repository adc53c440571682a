// GET /mfa: the user's second factors. No secret is ever shown again.

import type { Handler } from "../../http/guard.ts"
import { json } from "../../http/message.ts"
import { usableMethods } from "../../service/factors/relying_party.ts"
import type { EnrollingContext, MfaHandlerParts } from "./mfa_handler_parts.ts"

/** Answers what there is. Times are epoch seconds. */
export function showFactors(parts: MfaHandlerParts): Handler<EnrollingContext> {
  const { enrolment } = parts
  const { trust } = parts.factors
  return async (_request, { principal: { username } }) => {
    const { user, factors } = await enrolment.find(username)
    const { totp = null, passkeys = [], recoveryCodes = [] } = factors ?? {}
    return json(200, {
      methods: usableMethods(factors, parts.factors),
      required: enrolment.isRequiredOf(user),
      totp: totp && { id: totp.id, created_at: totp.createdAt, last_used_at: totp.lastUsedAt },
      passkeys: passkeys.map(({ id, name, isSynced, createdAt, lastUsedAt }) => ({
        ...{ id, name, synced: isSynced, created_at: createdAt, last_used_at: lastUsedAt },
      })),
      recovery_codes_left: recoveryCodes.length,
      trusted_devices: trust.listOf(user).map(({ id, userAgent, createdAt, expiresAt }) => ({
        ...{ id, user_agent: userAgent, created_at: createdAt, expires_at: expiresAt },
      })),
    })
  }
}
