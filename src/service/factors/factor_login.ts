// The second half of a login: a code or a passkey after the password. The session starts together
// with the use of the factor, so a factor that works once starts one session.

import type { Caller } from "../../domain/caller.ts"
import type { ShownFactor } from "../../domain/factor_change.ts"
import type { FactorMethod } from "../../domain/factors.ts"
import type { SessionLife } from "../../domain/session.ts"
import { callerFields } from "../../telemetry/audit.ts"
import { askerOf } from "../login_attempt.ts"
import type { CompleteLogin, StartedLogin } from "../session_start.ts"
import type { LoginProof } from "../session_tokens.ts"
import { checkCode, wrongCode } from "./code_check.ts"
import type { Storing } from "./enrolment.ts"
import type { FactorParts } from "./factor_parts.ts"
import { type FoundLogin, ticketIsOver, type WaitingLogin } from "./mfa_tickets.ts"

/** A factor that was shown, and how the login was done with it. */
export interface Shown {
  readonly factor: ShownFactor
  readonly amr: LoginProof["amr"]
  /** What is used up with it, beside the factor itself. */
  readonly replaces?: NonNullable<CompleteLogin["once"]>["replaces"]
}

/** How a login is to go on. */
export interface Completion {
  readonly life: SessionLife
  /** Whether the user asks to be asked for no factor on this device. */
  readonly trusts?: boolean
}

/**
 * Completes a login by a code.
 * @throws AuthError `invalid_code`, `invalid_token`
 * @throws Unavailable
 */
export async function logInByCode(
  login: WaitingLogin,
  { code, ...completion }: Completion & { readonly code: string },
  caller: Caller,
  parts: FactorParts,
): Promise<StartedLogin> {
  if (login.ticket?.due === "enrolment") throw ticketIsOver()
  const fields = { ...callerFields(caller), user: login.user.username }
  const factor = await checkCode(login, code, fields, parts)
  const started = await completeLogin(
    login,
    { factor, amr: ["pwd", "otp"] },
    { ...completion, caller },
    parts,
  )
  if (started !== null) return started
  // Another request was faster with this code or ticket, or the user was changed.
  parts.audit("mfa.failed", { ...fields, reason: "used" })
  throw wrongCode()
}

/**
 * Stores the first factor of a login that has to set one up: the session starts in the same step,
 * and the user's other sessions end.
 */
export function startingBy(
  { user: { username }, ticket, attempt: before }: FoundLogin,
  { reason, amr }: { readonly reason: FactorMethod; readonly amr: LoginProof["amr"] },
  { life, caller }: { readonly life: SessionLife; readonly caller: Caller },
  { starts, accounts, clock, audit }: FactorParts,
): Storing<StartedLogin> {
  const fields = { ...callerFields(caller), user: username }
  const attempt = { ...before, address: caller.address }
  return {
    ...{ ticket, asker: askerOf(attempt) },
    async store(user, factors) {
      // The password may have been changed while recovery codes were hashed.
      if (!ticket.isFor(user)) throw ticketIsOver()
      const proof = { amr, factorAt: clock.now() }
      const started = await starts.startAnew({ user, proof, factors }, life, caller)
      if (typeof started === "string") return started
      audit("mfa.enrolled", { ...fields, session: started.session.sid, reason })
      await accounts.completeLogin(attempt, fields)
      return started
    },
  }
}

/** Starts the session of a login. Null when its factor or ticket does not count any more. */
export async function completeLogin(
  { user, attempt, ticket }: WaitingLogin,
  { factor, amr, replaces }: Shown,
  { life, trusts, caller }: Completion & { readonly caller: Caller },
  { starts, accounts, trust, clock, audit }: FactorParts,
): Promise<StartedLogin | null> {
  const at = clock.now()
  const trusted = trusts ? await trust.make(user, caller) : null
  const use = { use: factor, ticket, at }
  const factors = trusted === null ? use : { ...use, trust: trusted.device }
  const once = replaces === undefined ? { factors } : { factors, replaces }
  const proof = { amr, factorAt: at }
  const started = await starts.start({ user, proof, once }, life, caller)
  if (started === null) return null
  const fields = { ...callerFields(caller), user: user.username }
  audit("mfa.used", { ...fields, session: started.session.sid, reason: factor.method })
  await accounts.completeLogin(attempt, fields)
  if (trusted === null) return started
  audit("mfa.trusted", { ...fields, session: started.session.sid })
  return { ...started, trust: trusted }
}
