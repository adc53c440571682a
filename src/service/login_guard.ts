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
import { tooManyRequests, Unavailable } from "../errors.ts"
import { createDelays } from "../limit/delays.ts"
import { createRateLimit, ratesOfClient } from "../limit/rate_limit.ts"
import type { PasswordHasher } from "../password/hash.ts"
import type { LoginSource } from "../store/failure_store.ts"
import type { FailedLogins, Store } from "../store/store.ts"
import type { Audit, AuditFields } from "../telemetry/audit.ts"
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
  readonly reason: UnlockReason
  /**
   * Whether the login is complete with the password. Otherwise a right password renews no count:
   * who has the password and starts again and again gets no more tries.
   */
  readonly isWhole: boolean
}

/** Why an account is unlocked. */
export type UnlockReason = "login" | "password_changed"

/** Guards passwords against guessing. */
export interface LoginGuard {
  /**
   * Whether the password is right and its user is enabled and not locked. Every false answer takes
   * the same work.
   * @throws AuthError `too_many_requests`
   * @throws Unavailable when too many logins wait for a hash, or the store can't write
   */
  verify(attempt: LoginAttempt, comparison: Comparison): Promise<boolean>
  /**
   * Refuses an attempt that has to wait. Charges nothing.
   * @throws AuthError `too_many_requests`
   */
  requireDue(attempt: LoginAttempt): void
  /** Forgets the failures of an attempt whose login is complete, and those at its account. */
  complete(attempt: LoginAttempt, fields: AuditFields): Promise<void>
  /** Whether a session failed so often that it should end. */
  isOverFor(attempt: LoginAttempt): boolean
  /** How many have to wait now: clients, and clients or devices at one account. */
  waiting(): { readonly clients: number; readonly atAccounts: number }
  /** Whether strangers are locked out of an account. */
  isLocked(username: string): Promise<boolean>
  /** Forgets all failures at an account. True when strangers or devices were locked out. */
  unlock(username: string): Promise<boolean>
}

/** What a guard works with. */
export interface LoginGuardParts {
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
const failuresOfAccountMax: Readonly<Record<LoginSource, number>> = {
  stranger: loginLimits.failuresOfStrangers.inARow,
  device: loginLimits.failuresOfDevices.inARow,
}
const failuresOfSessionMax = passwordLimits.failuresOfSession.inARow
const sources: readonly LoginSource[] = ["stranger", "device"]

/** Makes a guard. */
export function createLoginGuard(guardParts: LoginGuardParts): LoginGuard {
  const { store, hasher, audit } = guardParts
  const limits = createLimits(guardParts)
  const account = createAccountCount(store)
  const parts = { ...guardParts, limits, account }

  return {
    requireDue: limits.requireDue,
    waiting: limits.waiting,
    isOverFor: (attempt) => limits.delays.failures(keyOf(attempt)) >= failuresOfSessionMax,
    isLocked: async (username) => isFull(await store.failures.find(username), "stranger"),

    async verify(attempt, comparison) {
      limits.requireDue(attempt)
      const asker = askerOf(attempt)
      const charge = await hasher.inTurn(() => compare(attempt, comparison, parts), asker)
      if (charge === null) return false
      const { fields, reason, isWhole } = comparison
      if (!isWhole) await account.giveBack(charge)
      else if (await account.clear(charge)) audit("user.unlocked", { ...fields, reason })
      return true
    },

    async complete(attempt, fields) {
      limits.delays.forget(keyOf(attempt))
      const isUnlocked = await account.clear({ username: attempt.username, source: null })
      if (isUnlocked) audit("user.unlocked", { ...fields, reason: "login" })
    },

    unlock(username) {
      limits.delays.forgetAll(prefixOf(username))
      return account.clear({ username, source: null })
    },
  }
}

interface CompareParts extends LoginGuardParts {
  readonly limits: ReturnType<typeof createLimits>
  readonly account: ReturnType<typeof createAccountCount>
}

// Runs in the lane, so the lane's width bounds the undecided attempts. Gives the charge of a right
// password, and null for a failure.
async function compare(
  attempt: LoginAttempt,
  { password, user, fields, isWhole }: Comparison,
  { hasher, audit, limits, account }: CompareParts,
): Promise<Charge | null> {
  // Other attempts may have failed while this one waited for its turn.
  limits.requireDue(attempt)
  limits.charge(attempt)
  // The write and the hash run at the same time. A disabled user is compared with a dummy hash, and
  // a match without a charge does not count: both take the work of a wrong password.
  const charging = account.charge(user?.username ?? null, attempt)
  const isOpen = charging.then(isCharged, () => false)
  const hash = user?.disabled === false ? user.passwordHash : null
  const verifying = hasher.verify(password, hash, { isOpen })
  const [charged, verified] = await Promise.allSettled([charging, verifying])
  if (charged.status === "rejected" || verified.status === "rejected") {
    limits.giveBack(attempt)
    if (charged.status === "rejected") throw charged.reason
    await account.giveBack(charged.value)
    throw (verified as PromiseRejectedResult).reason
  }
  const charge = charged.value
  if (verified.value) {
    limits.succeed(attempt, isWhole)
    if (limits.logins.wait(attempt) > 0) audit("client.throttled", { ...fields, reason: "logins" })
    return charge
  }
  if (limits.delays.wait(keyOf(attempt)) > 0) audit("login.delayed", fields)
  if (limits.failures.wait(attempt) > 0) {
    audit("client.throttled", { ...fields, user: undefined, reason: "login" })
  }
  if (charge.isLast && (await account.isFull(charge))) audit("user.locked", fields)
  return null
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
    waiting: () => ({ clients: failures.waiting(), atAccounts: delays.waiting() }),
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

/** Where a failure is counted. */
interface Counted {
  /** Null for an unknown user. */
  readonly username: string | null
  /** Null when the account had no room, so that no failure was counted. */
  readonly source: LoginSource | null
}

/** A failure that is counted at an account before the password is compared. */
interface Charge extends Counted {
  /** Whether the account has no room for another one. */
  readonly isLast: boolean
}

/** The count of each account, which the store keeps. */
function createAccountCount(store: Store) {
  return {
    async charge(username: string | null, { device }: LoginAttempt): Promise<Charge> {
      // When the devices' count is full, a device counts as a stranger.
      const tried: readonly LoginSource[] = device === null ? ["stranger"] : ["device", "stranger"]
      for (const source of tried) {
        const most = failuresOfAccountMax[source]
        const counted = await store.failures.count(username, source, { most })
        if (username === null) break
        if (counted.username === username) {
          return { username, source, isLast: isFull(counted, source) }
        }
      }
      return { username, source: null, isLast: false }
    },

    /** Takes back the charge of an undecided attempt, if the store can write. */
    async giveBack({ username, source }: Counted): Promise<void> {
      if (username === null || source === null) return
      try {
        await store.failures.uncount(username, source)
      } catch (error) {
        // The caller throws the error that stopped the attempt, which matters more.
        if (!(error instanceof Unavailable)) throw error
      }
    },

    /** Whether the account is still full, so that no login has succeeded since the charge. */
    async isFull({ username, source }: Counted): Promise<boolean> {
      if (username === null || source === null) return false
      return isFull(await store.failures.find(username), source)
    },

    /** Resets the count. True when the account was full without the charge of this login. */
    async clear({ username, source: charged }: Counted): Promise<boolean> {
      if (username === null) return false
      const failed = await store.failures.clear(username)
      return sources.some((source) => isFull(failed, source, source === charged ? 1 : 0))
    },
  }
}

function isCharged({ source }: Counted): boolean {
  return source !== null
}

function isFull(failed: FailedLogins | null, source: LoginSource, charged = 0): boolean {
  if (failed === null) return false
  const count = source === "stranger" ? failed.strangers : failed.devices
  return count - charged >= failuresOfAccountMax[source]
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
