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
import { AuthError, tooManyRequests } from "../../errors.ts"
import { toBase32 } from "../../factor/base32.ts"
import { sealSecret } from "../../factor/secret_seal.ts"
import { findStep, totpSecretBytes, totpUri } from "../../factor/totp.ts"
import { createRateLimit, type RateLimit } from "../../limit/rate_limit.ts"
import type { Asker } from "../../password/fair_queue.ts"
import { randomKey, randomName } from "../../system/random.ts"
import { type AuditFields, auditEnded, callerFields } from "../../telemetry/audit.ts"
import { changedMeanwhile, checksMax } from "../credential_check.ts"
import { enrolmentLimits } from "../limits.ts"
import { askerOf, attemptOfPasswordChange } from "../login_attempt.ts"
import { secretOf, wrongCode } from "./code_check.ts"
import type { FactorParts } from "./factor_parts.ts"
import { nothingOffered, refusedFactor } from "./factor_refusals.ts"
import { createRecoveryCodes, type MakeRecoveryCodes } from "./recovery_codes.ts"

/** Who sets a factor up. */
export interface Enroller {
  readonly username: string
  /** The session that goes on when the others end; null for none. */
  readonly sid: string | null
}

/** A secret for an authenticator app. */
export interface OfferedTotp {
  /** As Base32, to be typed. */
  readonly secret: string
  /** For a QR code. */
  readonly uri: string
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

/** For how long an offered secret waits for its first code. */
const offerSeconds = 900
const handleBytes = 32

/** The use cases. */
export class Enrolment {
  readonly #parts: FactorParts
  readonly #makeCodes: MakeRecoveryCodes
  readonly #offers: RateLimit<string>

  constructor(parts: FactorParts) {
    this.#parts = parts
    this.#makeCodes = createRecoveryCodes(parts)
    const keyOf = (username: string) => username
    const { steady: seconds } = parts.clock
    this.#offers = createRateLimit([{ ...enrolmentLimits.offers, keyOf }], { seconds })
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
    const { store, keys, factorKey, clock } = this.#parts
    const wait = this.#offers.take(username)
    if (wait > 0) throw tooManyRequests(wait)
    await keys.catchUp()
    const secret = randomKey(totpSecretBytes)
    const id = randomName()
    const sealedSecret = sealSecret(secret, { username, id }, factorKey())
    const pending = { id, sealedSecret, expiresAt: clock.now() + offerSeconds }
    const factors = { offerTotp: pending, handle: newHandle() }
    const changed = await store.users.change(username, { factors })
    if (typeof changed === "string") throw new AuthError("not_found", "There is no such user")
    return this.#shown(secret, username)
  }

  /** The secret that waits for its first code, or null. */
  async offeredTotp(username: string): Promise<OfferedTotp | null> {
    const { keys, factorKey, clock } = this.#parts
    const { user, factors } = await this.find(username)
    const pending = waitingIn(factors, clock.now())
    if (pending === null) return null
    await keys.catchUp()
    return this.#shown(secretOf(pending, user, factorKey()), username)
  }

  /**
   * Puts the offered secret in force by its first code.
   * @throws AuthError `invalid_code`; `not_found` when no secret waits
   */
  async confirmTotp<T>(username: string, code: string, storing: Storing<T>): Promise<Enrolled<T>> {
    const { keys, factorKey, clock } = this.#parts
    const { ticket } = storing
    await keys.catchUp()
    return this.enrol(username, storing, (user) => {
      const at = clock.now()
      const pending = waitingIn(user.factors, at)
      if (pending === null) throw nothingOffered()
      const step = findStep(secretOf(pending, user, factorKey()), code.replace(/\s/g, ""), at)
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
        await this.#requireSession(enroller)
        const isAnother = isEnrolled(before) && !("confirmTotp" in factors && before.totp !== null)
        const changed = isAnother
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
    await this.#requireSession(enroller)
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

  // Hashing takes time, in which a session of somebody else may be ended to keep it out.
  async #requireSession({ sid }: Enroller): Promise<void> {
    if (sid === null || (await this.#parts.store.sessions.find(sid)) !== null) return
    throw new AuthError("invalid_token", "Token has been revoked", { reason: "revoked" })
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

  #shown(secret: Uint8Array, username: string): OfferedTotp {
    const issuer = this.#parts.siteName
    return { secret: toBase32(secret), uri: totpUri(secret, { issuer, username }) }
  }
}

/** A user's name towards authenticators. */
export function newHandle(): string {
  return Buffer.from(randomKey(handleBytes)).toString("base64url")
}

/** The secret that waits for its first code at an instant, or null. */
function waitingIn(factors: Factors | null, at: number): PendingTotp | null {
  const pending = factors?.pendingTotp ?? null
  return pending !== null && at < pending.expiresAt ? pending : null
}

function askerFor(enroller: Enroller, caller: Caller): Asker {
  return askerOf(attemptOfPasswordChange(enroller, caller))
}

function isRefused<T>(stored: T | RefusedFactor): stored is RefusedFactor {
  return typeof stored === "string"
}
