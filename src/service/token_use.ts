// Limits how often tokens make the store write: the tokens of a session, and all tokens of an
// account together. Each refresh and each revocation is a record in the journal and a line in the
// audit trail. A use that is refused changes nothing: the token stays valid.

import { tooManyRequests } from "../errors.ts"
import { createRateLimit, type RateLimit } from "../limit/rate_limit.ts"
import type { Audit, AuditFields } from "../telemetry/audit.ts"
import { logoutLimits } from "./limits.ts"

/** A token that is about to make the store write. */
interface TokenUse {
  /** The `sid`, or the `jti` of a token without a session. */
  readonly id: string
  readonly username: string
}

/** What counting a use needs. */
export interface TokenUseParts {
  readonly rates: RateLimit<TokenUse>
  readonly audit: Audit
}

/** Makes the rates. `seconds` reads a clock that never goes back. */
export function createTokenRates(seconds: () => number): RateLimit<TokenUse> {
  const ofSession = { ...logoutLimits.usesOfSession, keyOf: ({ id }: TokenUse) => id }
  const ofAccount = { ...logoutLimits.usesOfAccount, keyOf: ({ username }: TokenUse) => username }
  return createRateLimit([ofSession, ofAccount], { seconds })
}

/**
 * Counts a use of a token, before the store writes. A use that is refused is audited, and so is the
 * last one before refusals start.
 * @throws AuthError `too_many_requests`; such a use is not counted
 */
export function requireRate(
  use: TokenUse,
  fields: AuditFields,
  { rates, audit }: TokenUseParts,
): void {
  const wait = rates.take(use)
  if (wait > 0 || rates.wait(use) > 0) audit("client.throttled", fields)
  if (wait > 0) throw tooManyRequests(wait)
}
