// The second factor of somebody who is logged in, without the password (RFC 9470). Another session
// takes the place of the present one in the same step: whoever has a copy of the old tokens gets
// nothing of the new assurance. The tries of a session are counted like those of a ticket.

import type { Caller } from "../../domain/caller.ts"
import type { ShownFactor } from "../../domain/factor_change.ts"
import { isEnrolled } from "../../domain/factors.ts"
import type { SessionLife } from "../../domain/session.ts"
import { AuthError } from "../../errors.ts"
import type { SessionOfUser } from "../../store/store.ts"
import { callerFields } from "../../telemetry/audit.ts"
import type { Principal } from "../authenticate.ts"
import { endSession } from "../end_session.ts"
import { attemptOfPasswordChange } from "../login_attempt.ts"
import type { StartedLogin } from "../session_start.ts"
import { checkCode } from "./code_check.ts"
import type { FactorParts } from "./factor_parts.ts"
import { wrongCode } from "./factor_refusals.ts"

/**
 * The session of a principal who has a second factor.
 * @throws AuthError `invalid_request`
 */
export async function findStepUp(
  { sid }: Pick<Principal, "sid">,
  { store }: Pick<FactorParts, "store">,
): Promise<SessionOfUser> {
  const found = sid === null ? null : await store.sessions.find(sid)
  if (found === null) {
    throw new AuthError("invalid_request", "This token has no session: log in at /login")
  }
  if (isEnrolled(found.user.factors)) return found
  throw new AuthError("invalid_request", "You have no second factor: POST /mfa/totp sets one up")
}

/**
 * Starts the successor of a session by a code.
 * @throws AuthError `invalid_code`; `invalid_token` after too many wrong ones: the session ends
 * @throws Unavailable
 */
export async function stepUpByCode(
  found: SessionOfUser,
  { code, life }: { readonly code: string; readonly life: SessionLife },
  caller: Caller,
  parts: FactorParts,
): Promise<StartedLogin> {
  const factor = await checkTry(found, code, caller, parts)
  const started = await completeStepUp(found, factor, { life, caller }, parts)
  if (started !== null) return started
  // Another request was faster with this code or session.
  const { sid: session, username: user } = found.session
  parts.audit("mfa.failed", { ...callerFields(caller), user, session, reason: "used" })
  throw wrongCode()
}

// Null when the code or the session does not count any more. There is no step-up by a passkey:
// that is a whole login, with more than the session had.
async function completeStepUp(
  { user, session: predecessor }: SessionOfUser,
  factor: ShownFactor,
  { life, caller }: { readonly life: SessionLife; readonly caller: Caller },
  { starts, clock, audit }: FactorParts,
): Promise<StartedLogin | null> {
  const at = clock.now()
  const factors = { use: factor, ticket: null, endedSid: predecessor.sid, at }
  const proof = { amr: [...new Set([...predecessor.amr, "otp"])], factorAt: at }
  const once = { factors }
  const started = await starts.start({ user, proof, once, predecessor }, life, caller)
  if (started === null) return null
  const fields = { ...callerFields(caller), user: user.username, session: started.session.sid }
  audit("mfa.used", { ...fields, reason: factor.method })
  return started
}

async function checkTry(
  { user, session }: SessionOfUser,
  code: string,
  caller: Caller,
  parts: FactorParts,
): Promise<ShownFactor> {
  const { sid, username, expiresAt } = session
  const attempt = attemptOfPasswordChange({ username, sid }, caller)
  const fields = { ...callerFields(caller), user: username, session: sid }
  try {
    const ticket = { id: sid, expiresAt }
    return await checkCode({ user, attempt, ticket }, code, fields, parts)
  } catch (error) {
    // The sender of so many wrong codes may have stolen the token.
    if (error instanceof AuthError && error.code === "invalid_token") {
      await endSession(sid, { caller, reason: "wrong_codes", ifUsername: username }, parts)
    }
    throw error
  }
}
