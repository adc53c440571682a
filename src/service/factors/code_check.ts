// Checks a code of an authenticator app, or a recovery code. The failure is counted in the store
// before the code is compared, and the login that succeeds takes it back: of many tries at once,
// over all replicas, no more count than the limits allow.

import type { ShownFactor } from "../../domain/factor_change.ts"
import type { Factors } from "../../domain/factors.ts"
import type { User } from "../../domain/user.ts"
import { AuthError, Unavailable } from "../../errors.ts"
import { type ReadRecoveryCode, readRecoveryCode } from "../../factor/recovery_code.ts"
import { openSecret } from "../../factor/secret_seal.ts"
import { findStep } from "../../factor/totp.ts"
import type { AuditFields } from "../../telemetry/audit.ts"
import { mfaLimits } from "../limits.ts"
import { askerOf, type LoginAttempt } from "../login_attempt.ts"
import type { FactorParts } from "./factor_parts.ts"
import { ticketIsOver, type WaitingLogin } from "./mfa_tickets.ts"

type CodeParts = Pick<FactorParts, "store" | "hasher" | "factorKey" | "clock" | "audit">

type Typed =
  | { readonly method: "otp"; readonly code: string }
  | { readonly method: "recovery"; readonly code: ReadRecoveryCode }

const failuresMax = mfaLimits.failuresOfAccount.inARow
const triesMax = mfaLimits.triesOfTicket.inARow

/** The refusal of a code. */
export function wrongCode(): AuthError {
  return new AuthError("invalid_code", "That code is not right")
}

/**
 * Gives the factor that a code shows. It counts only when the session starts.
 * @throws AuthError `invalid_code`; `invalid_token` when the ticket is used up
 * @throws Unavailable
 */
export async function checkCode(
  { user, attempt, ticket }: WaitingLogin,
  typed: string,
  fields: AuditFields,
  parts: CodeParts,
): Promise<ShownFactor> {
  const { store, clock, audit } = parts
  const code = readTyped(typed)
  // Such a text is not counted: it was no guess.
  if (code === null) throw wrongCode()
  const at = clock.now()
  const claim = { claim: ticket, at, failuresMax, triesMax }
  const counted = await store.users.change(user.username, { factors: claim })
  const isLocked = counted === "locked"
  if (typeof counted === "string" && !isLocked) throw ticketIsOver()
  const { factors } = isLocked ? user : (counted as User)
  const shown = await compare(code, { user, factors, attempt }, parts)
  if (shown !== null && !isLocked) return shown
  audit("mfa.failed", { ...fields, reason: code.method })
  if (!isLocked && factors?.failures === failuresMax) {
    audit("user.locked", { ...fields, reason: "mfa" })
  }
  throw wrongCode()
}

function readTyped(typed: string): Typed | null {
  const digits = typed.length > 64 ? "" : typed.replace(/\s/g, "")
  if (/^\d{6}$/.test(digits)) return { method: "otp", code: digits }
  const code = readRecoveryCode(typed)
  return code === null ? null : { method: "recovery", code }
}

interface Compared {
  readonly user: User
  readonly factors: Factors | null
  readonly attempt: LoginAttempt
}

async function compare(
  typed: Typed,
  { user, factors, attempt }: Compared,
  { hasher, factorKey, clock }: CodeParts,
): Promise<ShownFactor | null> {
  if (typed.method === "otp") {
    const totp = factors?.totp ?? null
    if (totp === null) return null
    const secret = secretOf(totp, user, factorKey())
    const step = findStep(secret, typed.code, clock.now())
    return step === null ? null : { method: "otp", id: totp.id, step }
  }
  const { index, text } = typed.code
  const hash = factors?.recoveryCodes.find((one) => one.index === index)?.hash ?? null
  const verify = () => hasher.verify(text, hash)
  const isRight = await hasher.inTurn(verify, askerOf(attempt))
  return isRight && hash !== null ? { method: "recovery", index, hash } : null
}

/**
 * The secret of an authenticator app.
 * @throws Unavailable when another key sealed it
 */
export function secretOf(
  { id, sealedSecret }: { readonly id: string; readonly sealedSecret: string },
  { username }: User,
  key: Uint8Array,
): Uint8Array {
  const secret = openSecret(sealedSecret, { username, id }, key)
  if (secret !== null) return secret
  throw new Unavailable("The keys do not fit the stored secrets of authenticator apps")
}
