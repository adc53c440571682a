// The guard against guessing. It decides whether an attempt may be made and whether it counts. The
// limits are in limits.ts. POST /login and POST /password call `verify` once for each attempt.
//
// 1. An attempt that has to wait is refused before it enters the queue of the hashing lane.
// 2. When its turn comes, the attempt is checked again. Then one failure is charged to three
//    counts: the client at this account, the client, and the account in the store. The store
//    charges atomically, so of many attempts at once exactly 70 count. When the store can't write,
//    right and wrong passwords get 503, and the charges are taken back.
// 3. The password is compared. A match counts only when the account had room for the charge.
// 4. A right password takes the charges back, and resets the account's count once the login is
//    complete: where a second factor is due, `complete` does that.
//
// The account's count is on disk before the attempt is answered, and survives a restart. The other
// counts are in memory. A device or session has its own count instead of its client's.

import { networkOf } from "../domain/ip_address.ts"
import type { User } from "../domain/user.ts"
import { tooManyRequests } from "../errors.ts"
import { createDelays } from "../limit/delays.ts"
import { createRateLimit, ratesOfClient } from "../limit/rate_limit.ts"
import type { PasswordHasher } from "../password/hash.ts"
import type { Store } from "../store/store.ts"
import type { Audit, AuditFields } from "../telemetry/audit.ts"
import {
  type Charge,
  chargeAccount,
  clearAccount,
  giveChargeBack,
  isFullBy,
} from "./account_failures.ts"
import { loginLimits, passwordLimits } from "./limits.ts"
import { askerOf, type LoginAttempt } from "./login_attempt.ts"

/** The password of an attempt, and the user to compare it with. */
export interface Comparison {
  readonly password: string
  /** The user with the attempt's username, or null. */
  readonly user: User | null
  /** The fields of the audit events. */
  readonly fields: AuditFields
  /** Why a locked account is unlocked when the password is right. */
  readonly reason: "login" | "password_changed"
  /**
   * Whether the login is complete with the password. Otherwise a right password renews no count:
   * who has the password and starts again and again gets no more tries.
   */
  readonly isWhole: boolean
}

interface LoginGuardParts {
  readonly store: Store
  readonly hasher: PasswordHasher
  readonly audit: Audit
  /** The width of the hashing lane. */
  readonly hashesAtATime: number
  /** Reads a clock that never goes back. */
  readonly seconds: () => number
}

const { failuresOfPair, failuresOfClient, loginsOfPair, loginsOfDevices, loginsOfClient } =
  loginLimits
const failuresOfSessionMax = passwordLimits.failuresOfSession.inARow

/** Guards passwords against guessing. */
export class LoginGuard {
  readonly #parts: LoginGuardParts
  readonly #limits: ReturnType<typeof createLimits>

  constructor(parts: LoginGuardParts) {
    this.#parts = parts
    this.#limits = createLimits(parts)
  }

  /**
   * Whether the password is right and its user is enabled and not locked. Every false answer takes
   * the same work.
   * @throws AuthError `too_many_requests`
   * @throws Unavailable when too many logins wait for a hash, or the store can't write
   */
  async verify(attempt: LoginAttempt, comparison: Comparison): Promise<boolean> {
    const { store, hasher, audit } = this.#parts
    this.#limits.requireDue(attempt)
    const asker = askerOf(attempt)
    const charge = await hasher.inTurn(() => this.#compare(attempt, comparison), asker)
    if (charge === null) return false
    const { fields, reason, isWhole } = comparison
    if (!isWhole) await giveChargeBack(charge, store)
    else if (await clearAccount(charge.username, store, charge)) {
      audit("user.unlocked", { ...fields, reason })
    }
    return true
  }

  /**
   * Refuses an attempt that has to wait. Charges nothing.
   * @throws AuthError `too_many_requests`
   */
  requireDue(attempt: LoginAttempt): void {
    this.#limits.requireDue(attempt)
  }

  /** Forgets the failures of an attempt whose login is complete, and those at its account. */
  async complete(attempt: LoginAttempt, fields: AuditFields): Promise<void> {
    const { store, audit } = this.#parts
    this.#limits.delays.forget(keyOf(attempt))
    const { username } = attempt
    const isUnlocked = username !== null && (await clearAccount(username, store))
    if (isUnlocked) audit("user.unlocked", { ...fields, reason: "login" })
  }

  /** Whether a session failed so often that it should end. */
  isOverFor(attempt: LoginAttempt): boolean {
    return this.#limits.delays.failures(keyOf(attempt)) >= failuresOfSessionMax
  }

  /** How many have to wait now: clients, and clients or devices at one account. */
  waiting(): { readonly clients: number; readonly atAccounts: number } {
    const { failures, delays } = this.#limits
    return { clients: failures.waiting(), atAccounts: delays.waiting() }
  }

  /** Forgets all failures at an account. True when strangers or devices were locked out. */
  unlock(username: string): Promise<boolean> {
    this.#limits.delays.forgetAll(prefixOf(username))
    return clearAccount(username, this.#parts.store)
  }

  // Runs in the lane, so the lane's width bounds the undecided attempts. Gives the charge of a
  // right password, and null for a failure.
  async #compare(
    attempt: LoginAttempt,
    { password, user, fields, isWhole }: Comparison,
  ): Promise<Charge | null> {
    const { store, hasher, audit } = this.#parts
    const limits = this.#limits
    // Other attempts may have failed while this one waited for its turn.
    limits.requireDue(attempt)
    limits.charge(attempt)
    // The write and the hash run at the same time. A disabled user is compared with a dummy hash,
    // and a match without a charge does not count: both take the work of a wrong password.
    const charging = chargeAccount(user?.username ?? null, attempt, store)
    const isOpen = charging.then(
      (charge) => charge !== null,
      () => false,
    )
    const hash = user?.disabled === false ? user.passwordHash : null
    const verifying = hasher.verify(password, hash, { isOpen })
    const [charged, verified] = await Promise.allSettled([charging, verifying])
    if (charged.status === "rejected" || verified.status === "rejected") {
      limits.giveBack(attempt)
      if (charged.status === "rejected") throw charged.reason
      await giveChargeBack(charged.value, store)
      throw (verified as PromiseRejectedResult).reason
    }
    const charge = charged.value
    if (verified.value) {
      limits.succeed(attempt, isWhole)
      if (limits.logins.wait(attempt) > 0) {
        audit("client.throttled", { ...fields, reason: "logins" })
      }
      return charge
    }
    if (limits.delays.wait(keyOf(attempt)) > 0) audit("login.delayed", fields)
    if (limits.failures.wait(attempt) > 0) {
      audit("client.throttled", { ...fields, user: undefined, reason: "login" })
    }
    if (charge !== null && (await isFullBy(charge, store))) audit("user.locked", fields)
    return null
  }
}

/** The limits that are kept in memory. */
function createLimits({ hashesAtATime, seconds }: LoginGuardParts) {
  const addressOf = ({ address, device }: LoginAttempt) => (device === null ? address : null)
  // Undecided attempts are charged but may succeed, so the lane's width must fit below the limit.
  const freeFailures = Math.max(failuresOfPair.inARow, hashesAtATime + 1)
  const delays = createDelays({ freeFailures, seconds })
  const failures = createRateLimit(ratesOfClient(failuresOfClient, addressOf), { seconds })
  const ofPair = { ...loginsOfPair, keyOf: strangerKeyOf }
  const ofDevices = { ...loginsOfDevices, keyOf: devicesKeyOf }
  const loginRates = [ofPair, ofDevices, ...ratesOfClient(loginsOfClient, addressOf)]
  const logins = createRateLimit(loginRates, { seconds })
  return {
    delays,
    failures,
    logins,
    requireDue(attempt: LoginAttempt) {
      const waits = [delays.wait(keyOf(attempt)), failures.wait(attempt), logins.wait(attempt)]
      const wait = Math.max(...waits)
      if (wait > 0) throw tooManyRequests(wait)
    },
    charge(attempt: LoginAttempt) {
      delays.count(keyOf(attempt))
      failures.take(attempt)
    },
    giveBack(attempt: LoginAttempt) {
      delays.giveBack(keyOf(attempt))
      failures.giveBack(attempt)
    },
    succeed(attempt: LoginAttempt, isWhole: boolean) {
      if (isWhole) delays.forget(keyOf(attempt))
      else delays.giveBack(keyOf(attempt))
      failures.giveBack(attempt)
      logins.take(attempt)
    },
  }
}

function keyOf({ username, address, device }: LoginAttempt): string {
  return `${prefixOf(username)}${device ?? networkOf(address)}`
}

function strangerKeyOf(attempt: LoginAttempt): string | null {
  return attempt.device === null ? keyOf(attempt) : null
}

// Each login gives a new device token, so all devices of an account share one rate.
function devicesKeyOf({ username, device }: LoginAttempt): string | null {
  return device === null ? null : prefixOf(username)
}

// A username is not empty and has no blank, so no two accounts share a prefix.
function prefixOf(username: string | null): string {
  return `${username ?? ""} `
}
