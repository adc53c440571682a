// Sets second factors up, lists and removes them. Every removal ends the user's other sessions in
// the same step. How a new factor is stored is storing.ts's.

import type { Caller } from "../../domain/caller.ts"
import type { ChangeBy, RefusedFactor } from "../../domain/factor_change.ts"
import { isRequiredOf } from "../../domain/factor_requirement.ts"
import { type Factors, isEnrolled, type PendingTotp } from "../../domain/factors.ts"
import type { User } from "../../domain/user.ts"
import { AuthError } from "../../errors.ts"
import { findStep } from "../../factor/totp.ts"
import { callerFields } from "../../telemetry/audit.ts"
import { changedMeanwhile, checksMax } from "../credential_check.ts"
import { secretOf } from "./code_check.ts"
import type { FactorParts } from "./factor_parts.ts"
import { nothingOffered, refusedFactor, wrongCode } from "./factor_refusals.ts"
import { createRecoveryCodes, type MakeRecoveryCodes } from "./recovery_codes.ts"
import {
  askerFor,
  type Enroller,
  endOthers,
  requireSession,
  type StoreFactor,
  type Storing,
} from "./storing.ts"
import { type OfferedTotp, TotpOffers } from "./totp_offers.ts"

/** New factors: recovery codes for a user who had none, and what storing them gave. */
export interface Enrolled<T> {
  readonly recoveryCodes: readonly string[] | null
  readonly stored: T
}

/** A factor that was checked, as a change without recovery codes. */
type NewFactor =
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
  async confirmTotp<T>(
    username: string,
    code: string,
    storeFactor: StoreFactor<T>,
  ): Promise<Enrolled<T>> {
    const { keys, clock } = this.#parts
    const storing = storeFactor({ reason: "otp", added: "otp" })
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
  async remove(id: string, { username, sid: except }: Enroller, caller: Caller): Promise<void> {
    const { store, audit, requirement } = this.#parts
    const { user, factors } = await this.find(username)
    const fields = { ...callerFields(caller), user: username }
    const isDevice = factors?.trusted.some((device) => device.id === id)
    const change = { remove: id, keepsOne: isRequiredOf(user, requirement) }
    const changed = isDevice
      ? await store.users.change(username, { factors: { distrust: id } })
      : await endOthers(username, { factors: change, except }, caller, this.#parts)
    if (typeof changed === "string") throw refusedFactor(changed as RefusedFactor)
    if (isDevice) audit("mfa.untrusted", { ...fields, reason: "by_user" })
    else audit("mfa.removed", { ...fields, reason: factors?.totp?.id === id ? "otp" : "passkey" })
  }
}

/** The secret that waits for its first code at an instant, or null. */
function waitingIn(factors: Factors | null, at: number): PendingTotp | null {
  const pending = factors?.pendingTotp ?? null
  return pending !== null && at < pending.expiresAt ? pending : null
}

function isRefused<T>(stored: T | RefusedFactor): stored is RefusedFactor {
  return typeof stored === "string"
}
