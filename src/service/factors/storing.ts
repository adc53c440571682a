// Stores new second factors. What a user's first factor changes, and an authenticator app in the
// place of another one, ends the user's other sessions in the same step: none of them has shown the
// factor.

import type { Caller } from "../../domain/caller.ts"
import type { FactorChange, RefusedFactor } from "../../domain/factor_change.ts"
import { type FactorMethod, type Factors, isEnrolled } from "../../domain/factors.ts"
import type { Session } from "../../domain/session.ts"
import type { NamedTicket } from "../../domain/ticket_tries.ts"
import type { User } from "../../domain/user.ts"
import { AuthError } from "../../errors.ts"
import type { Asker } from "../../password/fair_queue.ts"
import type { Store } from "../../store/store.ts"
import { auditEnded, callerFields } from "../../telemetry/audit.ts"
import { askerOf, attemptOfPasswordChange } from "../login_attempt.ts"
import type { StartedLogin } from "../session_start.ts"
import type { Completion, FoundLogin } from "./factor_login.ts"
import type { FactorParts } from "./factor_parts.ts"
import { ticketIsOver } from "./factor_refusals.ts"

/** Who sets a factor up. */
export interface Enroller {
  readonly username: string
  /** The session that goes on when the others end; null for none. */
  readonly sid: string | null
}

/** How a change of the factors is stored. */
export interface Storing<T> {
  /** The ticket of the login that sets the factor up; null for a session. */
  readonly ticket: NamedTicket | null
  /** Who asks for the hashes of recovery codes. */
  readonly asker: Asker
  readonly store: (user: User, factors: FactorChange) => Promise<T | RefusedFactor>
}

/** A factor that is set up, and what it adds to how the user logged in (RFC 8176). */
interface AddedFactor {
  readonly reason: FactorMethod
  readonly added: string
}

/** Says how a factor is stored. */
export type StoreFactor<T> = (factor: AddedFactor) => Storing<T>

/** The ways to store a factor. */
export class FactorStoring {
  readonly #parts: FactorParts

  constructor(parts: FactorParts) {
    this.#parts = parts
  }

  /** For a login that has to set a factor up: its session starts in the same step. */
  inLogin(
    { user: { username }, ticket, attempt: before }: FoundLogin,
    { life, caller }: Completion,
  ): StoreFactor<StartedLogin> {
    const { starts, accounts, clock, audit } = this.#parts
    const fields = { ...callerFields(caller), user: username }
    const attempt = { ...before, address: caller.address }
    return ({ reason, added }) => ({
      ...{ ticket, asker: askerOf(attempt) },
      async store(user, factors) {
        // The password may have been changed while recovery codes were hashed.
        if (!ticket.isFor(user)) throw ticketIsOver()
        const proof = { amr: ["pwd", added], factorAt: clock.now() }
        const started = await starts.startAnew({ user, proof, factors }, life, caller)
        if (typeof started === "string") return started
        audit("mfa.enrolled", { ...fields, session: started.session.sid, reason })
        await accounts.completeLogin(attempt, fields)
        return started
      },
    })
  }

  /** For a user with tokens, whose session goes on. */
  inSession(enroller: Enroller, caller: Caller): StoreFactor<StartedLogin | null> {
    const { username, sid: except } = enroller
    return this.#storing(enroller, caller, async (_user, factors) =>
      nullOf(await endOthers(username, { factors, except }, caller, this.#parts)),
    )
  }

  /**
   * For a browser: another session takes the place of the present one. Null where that goes on,
   * beside other factors.
   */
  inBrowser(session: Session, { life, caller }: Completion): StoreFactor<StartedLogin | null> {
    const { starts, clock } = this.#parts
    return this.#storing(session, caller, (user, factors, added) => {
      const proof = { amr: [...new Set([...session.amr, added])], factorAt: clock.now() }
      return starts.startAnew({ user, proof, factors }, life, caller)
    })
  }

  /** `storeFirst` stores a factor that ends the user's other sessions. */
  #storing(
    enroller: Enroller,
    caller: Caller,
    storeFirst: (user: User, factors: FactorChange, added: string) => FirstStored,
  ): StoreFactor<StartedLogin | null> {
    const { store, audit } = this.#parts
    const { username } = enroller
    return ({ reason, added }) => ({
      ...{ ticket: null, asker: askerFor(enroller, caller) },
      async store(user, factors) {
        await requireSession(enroller, store)
        const stored = isFurther(factors, user.factors)
          ? nullOf(await store.users.change(username, { factors }))
          : await storeFirst(user, factors, added)
        if (typeof stored === "string") return stored
        const session = stored?.session.sid
        audit("mfa.enrolled", { ...callerFields(caller), user: username, session, reason })
        return stored
      },
    })
  }
}

/** A session that took the place of the present one; null where that goes on. */
type FirstStored = Promise<StartedLogin | null | RefusedFactor>

/** Changes the factors of a user, and ends the user's sessions but one. */
export async function endOthers(
  username: string,
  change: { readonly factors: FactorChange; readonly except: string | null },
  caller: Caller,
  { store, windowNow, audit }: FactorParts,
): Promise<User | RefusedFactor> {
  const reset = await store.users.reset(username, {}, { window: windowNow(), ...change })
  if (typeof reset === "string") return reset as RefusedFactor
  const fields = { ...callerFields(caller), user: username, reason: "mfa_changed" }
  auditEnded(reset.ended, fields, audit)
  return reset.user
}

/** Who asks for the hashes of a user's recovery codes. */
export function askerFor(enroller: Enroller, caller: Caller): Asker {
  return askerOf(attemptOfPasswordChange(enroller, caller))
}

/**
 * Refuses a session that has ended. Hashing takes time, in which a session of somebody else may be
 * ended to keep it out.
 * @throws AuthError `invalid_token`
 */
export async function requireSession(
  { sid }: Enroller,
  { sessions }: Pick<Store, "sessions">,
): Promise<void> {
  if (sid === null || (await sessions.find(sid)) !== null) return
  throw new AuthError("invalid_token", "Token has been revoked", { reason: "revoked" })
}

/** Whether a factor comes beside others. Then the sessions of the user go on. */
function isFurther(change: FactorChange, before: Factors | null): boolean {
  return isEnrolled(before) && !("confirmTotp" in change && before.totp !== null)
}

/** Null, or why the store refused a change of factors. */
function nullOf(changed: User | string): null | RefusedFactor {
  return typeof changed === "string" ? (changed as RefusedFactor) : null
}
