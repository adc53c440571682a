// A user as a restored backup has it. What was used up or revoked since the backup must not count
// again, as far as that can be known: tokens, links, tickets, codes of authenticator apps. Pure.

import { type Factors, totpStepSeconds, totpStepsAround } from "./factors.ts"
import { resetUser, type User } from "./user.ts"

/** The user after a restore at an instant. Password, roles and factors stay as they are. */
export function reviveUser(user: User, at: number): User {
  const reset = resetUser(user, {}, at)
  return { ...reset, factors: reset.factors && reviveFactors(reset.factors, at) }
}

// Any code of the steps that count now may have been used since the backup. So the next one counts.
function reviveFactors(factors: Factors, at: number): Factors {
  const { totp } = factors
  const latestStep = Math.floor(at / totpStepSeconds) + totpStepsAround
  return {
    ...factors,
    totp: totp === null ? null : { ...totp, lastStep: Math.max(totp.lastStep, latestStep) },
    pendingTotp: null,
    tickets: [],
  }
}
