// What becomes of a browser's session when its user sets up a second factor on a page: a first one
// gives another session, which has shown the factor.

import type { Caller } from "../../domain/caller.ts"
import type { RefusedFactor } from "../../domain/factor_change.ts"
import type { FactorMethod } from "../../domain/factors.ts"
import type { SessionLife } from "../../domain/session.ts"
import type { SessionOfUser } from "../../store/store.ts"
import { callerFields } from "../../telemetry/audit.ts"
import type { StartedLogin } from "../session_start.ts"
import { askerFor, isFurther, requireSession, type Storing } from "./enrolment.ts"
import type { FactorParts } from "./factor_parts.ts"

/** How the login of a page goes on. */
export interface Continuing {
  readonly life: SessionLife
  readonly caller: Caller
}

/** A factor that was set up. */
export interface NewFactorOf {
  readonly reason: FactorMethod
  /** What it adds to how the user logged in (RFC 8176). */
  readonly added: string
}

/**
 * Stores a factor for a session. A first one, or an app in the place of another one, gives another
 * session and ends all that there were; beside others the session goes on, which is null.
 */
export function replacingBy(
  { reason, added }: NewFactorOf,
  { session }: SessionOfUser,
  { life, caller }: Continuing,
  { store, starts, clock, audit }: FactorParts,
): Storing<StartedLogin | null> {
  const { username, amr } = session
  const fields = { ...callerFields(caller), user: username }
  return {
    ...{ ticket: null, asker: askerFor(session, caller) },
    store: async (user, factors): Promise<StartedLogin | null | RefusedFactor> => {
      await requireSession(session, store)
      if (isFurther(factors, user.factors)) {
        const changed = await store.users.change(username, { factors })
        if (typeof changed === "string") return changed as RefusedFactor
        audit("mfa.enrolled", { ...fields, reason })
        return null
      }
      const proof = { amr: [...new Set([...amr, added])], factorAt: clock.now() }
      const started = await starts.startAnew({ user, proof, factors }, life, caller)
      if (typeof started === "string") return started
      audit("mfa.enrolled", { ...fields, session: started.session.sid, reason })
      return started
    },
  }
}
