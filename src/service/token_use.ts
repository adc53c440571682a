// The rates at which tokens make the store write (limit/token_rates.ts), as refreshes and logouts
// keep to them.

import { tooManyRequests } from "../errors.ts"
import type { TokenRates, TokenUse } from "../limit/token_rates.ts"
import type { Audit, AuditFields } from "../telemetry/audit.ts"

/** What counting a use needs. */
export interface TokenUseParts {
  readonly rates: TokenRates
  readonly audit: Audit
}

/**
 * Counts a use of a token, before anything is written for it. The last one for now is audited, and
 * each one after it.
 * @throws AuthError `too_many_requests`; such a use is not counted
 */
export function requireRate(
  use: TokenUse,
  fields: AuditFields,
  { rates, audit }: TokenUseParts,
): void {
  const { wait, isLast } = rates.count(use)
  if (wait > 0 || isLast) audit("client.throttled", fields)
  if (wait > 0) throw tooManyRequests(wait)
}
