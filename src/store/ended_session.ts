// What is kept of a session that ended, so that its access tokens are refused everywhere.

import type { Session } from "../domain/session.ts"
import type { EndedSession } from "./records.ts"
import type { RevocationWindow } from "./store.ts"

/** The record of a session that ends now. It says until when its access tokens may be valid. */
export function endedSessionOf(
  { sid, lastUsedAt }: Session,
  { at, accessTtlSeconds, graceSeconds }: RevocationWindow,
): EndedSession {
  // Not before the last token was given, even if the clock was set back since.
  const lastTokenAt = Math.max(lastUsedAt, Math.min(at, lastUsedAt + graceSeconds))
  return Object.freeze({ sid, tokensExpireAt: lastTokenAt + accessTtlSeconds })
}
