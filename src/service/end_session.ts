// Ends one session, and audits that.

import type { Caller } from "../domain/caller.ts"
import type { RevocationWindow, Store } from "../store/store.ts"
import { type Audit, auditEnded, callerFields } from "../telemetry/audit.ts"

/** Who ends a session, and why. */
interface SessionEnd {
  readonly caller: Caller
  /** For the audit trail. */
  readonly reason: string
  /** The only user whose session may end. */
  readonly ifUsername?: string
}

/** What ending works with. */
export interface EndParts {
  readonly store: Store
  readonly windowNow: () => RevocationWindow
  readonly audit: Audit
}

/** Ends a session. False when there is none, or when it is not `ifUsername`'s. */
export async function endSession(
  sid: string,
  { caller, reason, ...condition }: SessionEnd,
  { store, windowNow, audit }: EndParts,
): Promise<boolean> {
  const ended = await store.sessions.end(sid, { window: windowNow(), ...condition })
  if (ended !== null) auditEnded([ended], { ...callerFields(caller), reason }, audit)
  return ended !== null
}
