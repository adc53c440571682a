// /admin/users/{username}/factors: what second factors a user has, and their removal for a user who
// has lost them.

import type { Handler } from "../../http/guard.ts"
import { json } from "../../http/message.ts"
import type { FactorSummary, ResetFactors } from "../../service/factors/operator_factors.ts"
import {
  type AdminContext,
  type AdminParts,
  runSeen,
  segmentsOf,
  usernameOf,
  userReply,
} from "./admin_parts.ts"

/** Answers the factors. No secret is ever shown. */
export function showFactors({ factorCommands }: AdminParts): Handler<AdminContext> {
  return async (_head, context) => {
    const found = (await factorCommands.list(usernameOf(context))) as FactorSummary
    const { totp } = found
    return json(200, {
      ...{ methods: found.methods, required: found.isRequired },
      totp: totp && { created_at: totp.createdAt, last_used_at: totp.lastUsedAt },
      passkeys: found.passkeys.map(({ name, isSynced, createdAt, lastUsedAt }) => ({
        ...{ name, synced: isSynced, created_at: createdAt, last_used_at: lastUsedAt },
      })),
      recovery_codes_left: found.recoveryCodesLeft,
      trusted_devices: found.trustedDevices.map(({ userAgent, createdAt, expiresAt }) => ({
        ...{ user_agent: userAgent, created_at: createdAt, expires_at: expiresAt },
      })),
    })
  }
}

/** Removes all factors, or those of the method in the path, and ends the sessions. */
export function resetFactors(parts: AdminParts): Handler<AdminContext> {
  return async (head, context) => {
    const asked = { head, principal: context.principal, parts }
    const command = { command: "user.mfa.reset", ...segmentsOf(context) } as const
    const { user } = await runSeen<ResetFactors>(command, asked)
    return userReply(user)
  }
}
