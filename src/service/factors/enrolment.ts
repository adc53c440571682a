// Sets second factors up, lists and removes them. What a user's first factor changes, and every
// removal, ends the user's other sessions in the same step: none of them has shown the factor.

import type { Caller } from "../../domain/caller.ts"
import type { ChangeBy, FactorChange, RefusedFactor } from "../../domain/factor_change.ts"
import { isRequiredOf } from "../../domain/factor_requirement.ts"
import {
  type FactorMethod,
  type Factors,
  isEnrolled,
  type PendingTotp,
} from "../../domain/factors.ts"
import type { NamedTicket } from "../../domain/ticket_tries.ts"
import type { User } from "../../domain/user.ts"
import { AuthError } from "../../errors.ts"
import { findStep } from "../../factor/totp.ts"
import type { Asker } from "../../password/fair_queue.ts"
import type { Store } from "../../store/store.ts"
import { type AuditFields, auditEnded, callerFields } from "../../telemetry/audit.ts"
import { changedMeanwhile, checksMax } from "../credential_check.ts"
import { askerOf, attemptOfPasswordChange } from "../login_attempt.ts"
import { secretOf, wrongCode } from "./code_check.ts"
import type { FactorParts } from "./factor_parts.ts"
import { nothingOffered, refusedFactor } from "./factor_refusals.ts"
import { createRecoveryCodes, type MakeRecoveryCodes } from "./recovery_codes.ts"
import { type OfferedTotp, TotpOffers } from "./totp_offers.ts"

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

/** New factors: recovery codes for a user who had none, and what storing them gave. */
export interface Enrolled<T> {
  readonly recoveryCodes: readonly string[] | null
  readonly stored: T
}

/** A factor that was checked, as a change without recovery codes. */
export type NewFactor =
  | Omit<ChangeBy<"confirmTotp">, "recoveryCodes">
  | Omit<ChangeBy<"addPasskey">, "recoveryCodes">

/** The use cases. */
export class Enrolment {
  readonly #parts: FactorParts
  readonly #makeCodes: MakeRecoveryCodes
  /** Secrets for authenticator apps. */
  readonly offers: TotpOffers

  constructor(parts: FactorParts) {
    this.#parts = parts
    this.#makeCodes = createRecoveryCodes(parts)
    this.offers = new TotpOffers(parts)
  }

  /** The factors of a user. @throws AuthError `not_found` */
  async find(username: string): Promise<{ readonly user: User; readonly factors: Factors | null }> {
    const user = await this.#parts.store.users.find(username)
    if (user === null) throw new AuthError("not_found", "There is no such user")
    return { user, factors: user.factors }
  }

  /** Whether a user must keep a factor. */
  isRequiredOf(user: User): boolean {
    return isRequiredOf(user, this.#parts.requirement)
  }

  /**
   * Offers a secret to an authenticator app, in the place of one that was offered before.
   * @throws AuthError `too_many_requests`
   */
  async offerTotp(username: string): Promise<OfferedTotp> {
    const { sealed, shown } = await this.offers.make(username)
    await this.offers.store(username, sealed)
    return shown
  }

  /**
   * Puts the offered secret in force by its first code.
   * @throws AuthError `invalid_code`; `not_found` when no secret waits
   */
  async confirmTotp<T>(username: string, code: string, storing: Storing<T>): Promise<Enrolled<T>> {
    const { keys, clock } = this.#parts
    const { ticket } = storing
    await keys.catchUp()
    return this.enrol(username, storing, (user) => {
      const at = clock.now()
      const pending = waitingIn(user.factors, at)
      if (pending === null) throw nothingOffered()
      const step = findStep(secretOf(pending, user, this.#parts), code.replace(/\s/g, ""), at)
      if (step === null) throw wrongCode()
      return { confirmTotp: { id: pending.id, step }, ticket, at }
    })
  }

  /**
   * Stores a further factor, with recovery codes for a user who has none. `check` gives the factor,
   * or throws: no code is made before that.
   */
  async enrol<T>(
    username: string,
    { asker, store }: Storing<T>,
    check: (user: User) => NewFactor,
  ): Promise<Enrolled<T>> {
    for (let round = 0; round < checksMax; round += 1) {
      const { user, factors } = await this.find(username)
      const factor = check(user)
      const made = factors?.recoveryCodes.length ? null : await this.#makeCodes(username, asker)
      const stored = await store(user, { ...factor, recoveryCodes: made?.kept ?? null })
      if (stored === "changed") continue
      if (isRefused(stored)) throw refusedFactor(stored)
      return { recoveryCodes: made?.shown ?? null, stored }
    }
    throw changedMeanwhile()
  }

  /**
   * Stores a change for a user who is logged in: a first factor, or another authenticator app in
   * the place of one, together with the end of the other sessions.
   */
  storing(enroller: Enroller, caller: Caller, reason: FactorMethod): Storing<User> {
    const { store, audit } = this.#parts
    const { username, sid: except } = enroller
    const fields = { ...callerFields(caller), user: username }
    return {
      ...{ ticket: null, asker: askerFor(enroller, caller) },
      store: async ({ factors: before }, factors) => {
        await requireSession(enroller, store)
        const changed = isFurther(factors, before)
          ? await store.users.change(username, { factors })
          : await this.#reset(username, { factors, except }, fields)
        if (typeof changed === "string") return changed as RefusedFactor
        audit("mfa.enrolled", { ...fields, reason })
        return changed
      },
    }
  }

  /** Gives a user ten new recovery codes in the place of the old ones. @throws AuthError */
  async renewRecoveryCodes(enroller: Enroller, caller: Caller): Promise<readonly string[]> {
    const { store, audit } = this.#parts
    const { username } = enroller
    const { factors: before } = await this.find(username)
    if (!isEnrolled(before)) throw refusedFactor("no_factor")
    const { kept, shown } = await this.#makeCodes(username, askerFor(enroller, caller))
    await requireSession(enroller, store)
    const changed = await store.users.change(username, { factors: { recoveryCodes: kept } })
    if (typeof changed === "string") throw refusedFactor(changed as RefusedFactor)
    audit("mfa.enrolled", { ...callerFields(caller), user: username, reason: "recovery" })
    return shown
  }

  /**
   * Removes a factor, or ends the trust in a device.
   * @throws AuthError `not_found`, and `access_denied` for the last factor
   */
  async remove(id: string, { username, sid }: Enroller, caller: Caller): Promise<void> {
    const { audit } = this.#parts
    const { user, factors } = await this.find(username)
    if (factors?.trusted.some((device) => device.id === id)) {
      return this.#distrust(id, username, caller)
    }
    const method = factors?.totp?.id === id ? "otp" : "passkey"
    const fields = { ...callerFields(caller), user: username }
    const change = { remove: id, keepsOne: this.isRequiredOf(user) }
    const changed = await this.#reset(username, { factors: change, except: sid }, fields)
    if (typeof changed === "string") throw refusedFactor(changed)
    audit("mfa.removed", { ...fields, reason: method })
  }

  async #distrust(id: string, username: string, caller: Caller): Promise<void> {
    const { store, audit } = this.#parts
    const changed = await store.users.change(username, { factors: { distrust: id } })
    if (typeof changed === "string") throw refusedFactor(changed as RefusedFactor)
    audit("mfa.untrusted", { ...callerFields(caller), user: username, reason: "by_user" })
  }

  async #reset(
    username: string,
    change: { readonly factors: FactorChange; readonly except: string | null },
    fields: AuditFields,
  ): Promise<User | RefusedFactor> {
    const { store, windowNow, audit } = this.#parts
    const reset = await store.users.reset(username, {}, { window: windowNow(), ...change })
    if (typeof reset === "string") return reset as RefusedFactor
    auditEnded(reset.ended, { ...fields, reason: "mfa_changed" }, audit)
    return reset.user
  }
}

/** Whether a factor comes beside others. Then the sessions of the user go on. */
export function isFurther(change: FactorChange, before: Factors | null): boolean {
  return isEnrolled(before) && !("confirmTotp" in change && before.totp !== null)
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
  { sid }: Pick<Enroller, "sid">,
  { sessions }: Pick<Store, "sessions">,
): Promise<void> {
  if (sid === null || (await sessions.find(sid)) !== null) return
  throw new AuthError("invalid_token", "Token has been revoked", { reason: "revoked" })
}

/** The secret that waits for its first code at an instant, or null. */
function waitingIn(factors: Factors | null, at: number): PendingTotp | null {
  const pending = factors?.pendingTotp ?? null
  return pending !== null && at < pending.expiresAt ? pending : null
}

function isRefused<T>(stored: T | RefusedFactor): stored is RefusedFactor {
  return typeof stored === "string"
}
