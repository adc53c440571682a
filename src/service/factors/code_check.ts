// Checks a code of an authenticator app, or a recovery code. The failure is counted in the store
// before the code is compared, and the login that succeeds takes it back: of many tries at once,
// over all replicas, no more count than the limits allow. What can fail for other reasons comes
// before the count: a full queue, or a wrong key, uses up no tries.

import type { ShownFactor } from "../../domain/factor_change.ts"
import type { Factors } from "../../domain/factors.ts"
import type { NamedTicket } from "../../domain/ticket_tries.ts"
import type { User } from "../../domain/user.ts"
import { Unavailable } from "../../errors.ts"
import { type ReadRecoveryCode, readRecoveryCode } from "../../factor/recovery_code.ts"
import { openSecret } from "../../factor/secret_seal.ts"
import { findStep } from "../../factor/totp.ts"
import type { AuditFields } from "../../telemetry/audit.ts"
import { mfaLimits } from "../limits.ts"
import { askerOf, type LoginAttempt } from "../login_attempt.ts"
import type { FactorParts } from "./factor_parts.ts"
import { ticketIsOver, wrongCode } from "./factor_refusals.ts"

/** Whose code is checked. */
interface CheckedLogin {
  /** As of now: a factor that was changed since does not count when the session starts. */
  readonly user: User
  readonly attempt: LoginAttempt
  /** By what the tries of this login are counted, beside those of the account. */
  readonly ticket: NamedTicket | null
}

interface Otp {
  readonly digits: string
}

/** What came of a comparison. */
interface Compared {
  /** The failures in a row, with this try; null when the account was locked before. */
  readonly failures: number | null
  readonly shown: ShownFactor | null
}

const failuresMax = mfaLimits.failuresOfAccount.inARow
const triesMax = mfaLimits.triesOfTicket.inARow

/**
 * Gives the factor that a code shows. It counts only when the session starts.
 * @throws AuthError `invalid_code`; `invalid_token` when the ticket is used up
 * @throws Unavailable; then no try was counted
 */
export async function checkCode(
  login: CheckedLogin,
  typed: string,
  fields: AuditFields,
  parts: FactorParts,
): Promise<ShownFactor> {
  const code = readTyped(typed)
  // Such a text is not counted: it was no guess.
  if (code === null) throw wrongCode()
  const { failures, shown } = await ("index" in code
    ? compareRecoveryCode(code, login, parts)
    : compareOtp(code, login, parts))
  if (shown !== null) return shown
  parts.audit("mfa.failed", { ...fields, reason: "index" in code ? "recovery" : "otp" })
  if (failures === failuresMax) parts.audit("user.locked", { ...fields, reason: "mfa" })
  throw wrongCode()
}

function readTyped(typed: string): Otp | ReadRecoveryCode | null {
  const digits = typed.length > 64 ? "" : typed.replace(/\s/g, "")
  return /^\d{6}$/.test(digits) ? { digits } : readRecoveryCode(typed)
}

async function compareOtp(
  { digits }: Otp,
  login: CheckedLogin,
  parts: FactorParts,
): Promise<Compared> {
  const { user } = login
  const totp = user.factors?.totp ?? null
  const secret = totp === null ? null : secretOf(totp, user, parts)
  const failures = await countFailure(login, parts)
  if (totp === null || secret === null || failures === null) return { failures, shown: null }
  const step = findStep(secret, digits, parts.clock.now())
  return { failures, shown: step === null ? null : { method: "otp", id: totp.id, step } }
}

// The failure is counted when the hash has its turn, so no try is lost in a full queue.
function compareRecoveryCode(
  { index, text }: ReadRecoveryCode,
  login: CheckedLogin,
  parts: FactorParts,
): Promise<Compared> {
  const { hasher } = parts
  const compare = async (): Promise<Compared> => {
    const failures = await countFailure(login, parts)
    // A locked account is not worth a hash. Its own user sees no difference.
    if (failures === null) return { failures, shown: null }
    const kept = login.user.factors?.recoveryCodes.find((one) => one.index === index)
    const hash = kept?.hash ?? null
    const isRight = (await hasher.verify(text, hash)) && hash !== null
    return { failures, shown: isRight ? { method: "recovery", index, hash } : null }
  }
  return hasher.inTurn(compare, askerOf(login.attempt))
}

/** Counts a failure, and gives the number of failures in a row. Null when the account is locked. */
async function countFailure(
  { user: { username }, ticket }: CheckedLogin,
  { store, clock }: FactorParts,
): Promise<number | null> {
  const factors = { claim: ticket, at: clock.now(), failuresMax, triesMax }
  const counted = await store.users.change(username, { factors })
  if (counted === "locked") return null
  if (typeof counted === "string") throw ticketIsOver()
  return (counted.factors as Factors).failures
}

/**
 * The secret of an authenticator app.
 * @throws Unavailable when another key sealed it
 */
export function secretOf(
  { id, sealedSecret }: { readonly id: string; readonly sealedSecret: string },
  { username }: User,
  { keys, lostSecrets }: FactorParts,
): Uint8Array {
  const secret = openSecret(sealedSecret, { username, id }, keys.factorKey())
  if (secret !== null) return secret
  lostSecrets.count += 1
  throw new Unavailable("The keys do not fit the stored secrets of authenticator apps")
}
