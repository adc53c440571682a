// The guard against guessing: the order of the decisions. The figures are in limits.ts. Every way
// to try a password (POST /login, POST /password) comes through `verify`, once for each attempt.
//
// 1. An attempt that has to wait is refused before it enters the queue of the hashing lane.
// 2. When its turn comes, the attempt is judged again, and charged: to the account and client, to
//    the client, and to the account in the store. The store charges in one step, so that of many
//    attempts at once exactly 70 count. When the store can't write, everybody gets 503, whatever
//    the password, and nothing stays charged.
// 3. The password is compared. A match counts only when the account had room for the charge.
// 4. A right password takes the charges back, and the account's count starts from zero.
//
// The charge is on the disk before the attempt is answered, and survives a restart. The rest is in
// memory. A device or session is limited by itself and not by its client.

import { networkOf } from "../domain/ip_address.ts"
import type { User } from "../domain/user.ts"
import { tooManyRequests, Unavailable } from "../errors.ts"
import { createDelays } from "../limit/delays.ts"
import { createRateLimit, ratesOfClient } from "../limit/rate_limit.ts"
import type { PasswordHasher } from "../password/hash.ts"
import type { FailedLogins, LoginSource, Store } from "../store/store.ts"
import type { Audit, AuditFields } from "../telemetry/audit.ts"
import { loginLimits, passwordLimits } from "./limits.ts"
import { askerOf, type LoginAttempt } from "./login_attempt.ts"

/** What is compared for an attempt. */
export interface Comparison {
  readonly password: string
  /** The user of the attempt's name, as the store has it; null when there is none. */
  readonly user: User | null
  /** What the audit events say about the caller. */
  readonly fields: AuditFields
  /** Why a locked account is unlocked when the password is right. */
  readonly reason: "login" | "password_changed"
}

/** Guards passwords against guessing. */
export interface LoginGuard {
  /**
   * Whether the password is right, and its user is enabled and not locked. All other outcomes take
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
  /** Whether a session was wrong about its user's password so often that it should end. */
  isOverFor(attempt: LoginAttempt): boolean
  /** Whether strangers are locked out of an account. */
  isLocked(username: string): Promise<boolean>
  /** Forgets all failures at an account. True when strangers or its devices were locked out. */
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
    isOverFor: (attempt) => limits.delays.failures(keyOf(attempt)) >= failuresOfSessionMax,
    isLocked: async (username) => isFull(await store.failures.find(username), "stranger"),

    async verify(attempt, comparison) {
      limits.requireDue(attempt)
      const asker = askerOf(attempt)
      const charge = await hasher.inTurn(() => compare(attempt, comparison, parts), asker)
      if (charge === null) return false
      const { fields, reason } = comparison
      if (await account.clear(charge)) audit("user.unlocked", { ...fields, reason })
      return true
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

// Runs in the lane, so that no more attempts are undecided than the lane is wide. Gives the charge
// of an attempt that succeeds, and null for a failure.
async function compare(
  attempt: LoginAttempt,
  { password, user, fields }: Comparison,
  { hasher, audit, limits, account }: CompareParts,
): Promise<Charge | null> {
  // Other attempts may have failed while this one waited for its turn.
  limits.requireDue(attempt)
  limits.charge(attempt)
  // The disk and the hash take their time side by side. A disabled user has no hash here, and a
  // match does not count without a charge: a right password then takes the work of a wrong one.
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
    limits.succeed(attempt)
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
  // Attempts that are undecided at the same time are no failures yet.
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
    succeed(attempt: LoginAttempt) {
      delays.forget(keyOf(attempt))
      failures.giveBack(attempt)
      logins.take(attempt)
    },
  }
}

/** Where a failure is counted. */
interface Counted {
  /** Null for an unknown user. */
  readonly username: string | null
  /** Null when no failure is counted, as the account had no room for it. */
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
      // When the devices' part is spent, a device counts as a stranger.
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

    /** Takes back the charge of an attempt that was not decided, if the store can write. */
    async giveBack({ username, source }: Counted): Promise<void> {
      if (username === null || source === null) return
      try {
        await store.failures.uncount(username, source)
      } catch (error) {
        // What went wrong with the attempt is more important.
        if (!(error instanceof Unavailable)) throw error
      }
    },

    /** Whether the account is full still: no login has succeeded since the charge. */
    async isFull({ username, source }: Counted): Promise<boolean> {
      if (username === null || source === null) return false
      return isFull(await store.failures.find(username), source)
    },

    /** Starts from zero. True when the account was full, the charge of this login aside. */
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

// Each login gives a new device token, so the devices of an account have one rate together.
function devicesKeyOf({ username, device }: LoginAttempt): string | null {
  return device === null ? null : prefixOf(username)
}

// No username is empty or has a blank in it.
function prefixOf(username: string | null): string {
  return `${username ?? ""} `
}
