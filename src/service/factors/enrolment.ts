// Sets second factors up, lists and removes them. What a user's first factor changes, and every
// removal, ends the user's other sessions in the same step: none of them has shown the factor.

import type { Caller } from "../../domain/caller.ts"
import type { FactorChange, RefusedFactor } from "../../domain/factor_change.ts"
import { isRequiredOf } from "../../domain/factor_requirement.ts"
import {
  type FactorMethod,
  type Factors,
  isEnrolled,
  type RecoveryCode,
} from "../../domain/factors.ts"
import type { NamedTicket } from "../../domain/ticket_tries.ts"
import type { User } from "../../domain/user.ts"
import { AuthError } from "../../errors.ts"
import { toBase32 } from "../../factor/base32.ts"
import {
  makeRecoveryCode,
  readRecoveryCode,
  recoveryCodesCount,
} from "../../factor/recovery_code.ts"
import { sealSecret } from "../../factor/secret_seal.ts"
import { findStep, totpSecretBytes, totpUri } from "../../factor/totp.ts"
import { randomKey, randomName } from "../../system/random.ts"
import { type AuditFields, auditEnded, callerFields } from "../../telemetry/audit.ts"
import { changedMeanwhile, checksMax } from "../credential_check.ts"
import { operator } from "../login_attempt.ts"
import { secretOf, wrongCode } from "./code_check.ts"
import type { FactorParts } from "./factor_parts.ts"

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
  readonly store: (user: User, factors: FactorChange) => Promise<T | RefusedFactor>
}

/** New factors: recovery codes for a user who had none, and what storing them gave. */
export interface Enrolled<T> {
  readonly recoveryCodes: readonly string[] | null
  readonly stored: T
}

/** For how long an offered secret waits for its first code. */
const offerSeconds = 900
const handleBytes = 32

/** The use cases. */
export class Enrolment {
  readonly #parts: FactorParts

  constructor(parts: FactorParts) {
    this.#parts = parts
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

  /** Offers a secret to an authenticator app, in the place of one that was offered before. */
  async offerTotp(username: string): Promise<OfferedTotp> {
    const { store, keys, factorKey, clock } = this.#parts
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
    const pending = factors?.pendingTotp ?? null
    if (pending === null || clock.now() >= pending.expiresAt) return null
    await keys.catchUp()
    return this.#shown(secretOf(pending, user, factorKey()), username)
  }

  /**
   * Puts the offered secret in force by its first code.
   * @throws AuthError `invalid_code`, also when no secret waits
   */
  async confirmTotp<T>(username: string, code: string, storing: Storing<T>): Promise<Enrolled<T>> {
    const { keys, factorKey, clock } = this.#parts
    const { ticket } = storing
    await keys.catchUp()
    return this.enrol(username, storing, async (user, recoveryCodes) => {
      const pending = user.factors?.pendingTotp ?? null
      if (pending === null) throw wrongCode()
      const secret = secretOf(pending, user, factorKey())
      const at = clock.now()
      const step = findStep(secret, code.replace(/\s/g, ""), at)
      if (step === null) throw wrongCode()
      return { confirmTotp: { id: pending.id, step }, recoveryCodes, ticket, at }
    })
  }

  /** Stores a further factor, with recovery codes for a user who has none. */
  async enrol<T>(
    username: string,
    { store }: Storing<T>,
    change: (user: User, recoveryCodes: readonly RecoveryCode[] | null) => Promise<FactorChange>,
  ): Promise<Enrolled<T>> {
    for (let round = 0; round < checksMax; round += 1) {
      const { user, factors } = await this.find(username)
      const made = factors?.recoveryCodes.length ? null : await this.#makeRecoveryCodes()
      const stored = await store(user, await change(user, made?.kept ?? null))
      if (stored === "changed") continue
      if (isRefused(stored)) throw refusedFactor(stored)
      return { recoveryCodes: made?.shown ?? null, stored }
    }
    throw changedMeanwhile()
  }

  /**
   * Stores a change for a user who is logged in: of the first factor together with the end of the
   * other sessions.
   */
  storing({ sid }: Enroller, caller: Caller, reason: FactorMethod): Storing<User> {
    const store: Storing<User>["store"] = async (user, factors) => {
      const { store, audit } = this.#parts
      const { username } = user
      const fields = { ...callerFields(caller), user: username }
      if (isEnrolled(user.factors)) {
        const changed = await store.users.change(username, { factors })
        if (typeof changed === "string") return changed as RefusedFactor
        audit("mfa.enrolled", { ...fields, reason })
        return changed
      }
      const changed = await this.#reset(user, { factors, except: sid }, fields)
      if (typeof changed !== "string") audit("mfa.enrolled", { ...fields, reason })
      return changed
    }
    return { ticket: null, store }
  }

  /** Gives a user ten new recovery codes in the place of the old ones. @throws AuthError */
  async renewRecoveryCodes(username: string, caller: Caller): Promise<readonly string[]> {
    const { store, audit } = this.#parts
    const { kept, shown } = await this.#makeRecoveryCodes()
    const factors = { recoveryCodes: kept }
    const changed = await store.users.change(username, { factors })
    if (typeof changed === "string") throw refusedFactor(changed as RefusedFactor)
    audit("mfa.enrolled", { ...callerFields(caller), user: username, reason: "recovery" })
    return shown
  }

  /** Removes a factor. @throws AuthError `not_found`, and `access_denied` for the last one */
  async remove(id: string, { username, sid }: Enroller, caller: Caller): Promise<void> {
    const { audit } = this.#parts
    const { user, factors } = await this.find(username)
    const method = factors?.totp?.id === id ? "otp" : "passkey"
    const fields = { ...callerFields(caller), user: username }
    const change = { remove: id, keepsOne: this.isRequiredOf(user) }
    const changed = await this.#reset(user, { factors: change, except: sid }, fields)
    if (typeof changed === "string") throw refusedFactor(changed)
    audit("mfa.removed", { ...fields, reason: method })
  }

  async #reset(
    { username }: User,
    change: { readonly factors: FactorChange; readonly except: string | null },
    fields: AuditFields,
  ): Promise<User | RefusedFactor> {
    const { store, windowNow, audit } = this.#parts
    const reset = await store.users.reset(username, {}, { window: windowNow(), ...change })
    if (typeof reset === "string") return reset as RefusedFactor
    auditEnded(reset.ended, { ...fields, reason: "mfa_changed" }, audit)
    return reset.user
  }

  async #makeRecoveryCodes(): Promise<{
    readonly kept: readonly RecoveryCode[]
    readonly shown: readonly string[]
  }> {
    const { hasher } = this.#parts
    const shown = Array.from({ length: recoveryCodesCount }, (_, index) => makeRecoveryCode(index))
    const kept = await Promise.all(
      shown.map(async (code, index) => {
        const text = readRecoveryCode(code)?.text ?? code
        return { index, hash: await hasher.hash(text, operator) }
      }),
    )
    return { kept, shown }
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

function isRefused<T>(stored: T | RefusedFactor): stored is RefusedFactor {
  return typeof stored === "string"
}

/** The error for a change that the store refused. */
function refusedFactor(refused: RefusedFactor): AuthError {
  if (refused === "last") {
    const message = "You need a second factor: add another one before you remove this one"
    return new AuthError("access_denied", message)
  }
  if (refused === "too_many") {
    return new AuthError("invalid_request", "You have too many passkeys: remove one first")
  }
  if (refused === "used") return new AuthError("invalid_request", "That was used before")
  return new AuthError("not_found", "You have no such factor")
}
