// How often a password may be tried: for each pair of account and client a delay that grows, and
// for each client a budget of failures, whatever names they were for. An attempt counts as failed
// from before the password is looked at until it has succeeded: so a hundred at once are no more
// than a hundred one after the other. Logins that succeed have rates, too, since each costs a hash
// and a write. How often an account may be tried by everybody together is in the store
// (service/account_budget.ts).

import { networkOf } from "../domain/ip_address.ts"
import { createClientLimiter } from "./client_limiter.ts"
import { createDelays } from "./delays.ts"
import { createLimiter } from "./limiter.ts"

/** Who tries a password. */
export interface Attempt {
  /** The name in canonical form; null for one that can be nobody's. */
  readonly username: string | null
  readonly address: string
  /**
   * A device of the account's, known by its token, or a session of it, which counts as a device. It
   * is judged by itself, not by its address. Null for a stranger.
   */
  readonly device: string | null
}

/** What is over since the last attempt was counted. */
export interface Reached {
  /** The client's budget of failures. */
  readonly budget: boolean
  /** Free failures. */
  readonly delay: boolean
  /** The logins that may succeed at once. */
  readonly rate: boolean
}

/** Counts attempts. */
export interface LoginLimits {
  /** Seconds until the attempt may be made; 0 for now. Counts nothing. */
  wait(attempt: Attempt): number
  /** Counts an attempt that may be made, as failed. */
  count(attempt: Attempt): void
  /** It has succeeded: the client's budget has it back, and the account knows the client. */
  succeeded(attempt: Attempt): void
  /** It was not made after all. */
  giveBack(attempt: Attempt): void
  reached(attempt: Attempt): Reached
  /** Failures in a row of this account and this client, device or session. */
  failures(attempt: Attempt): number
  /** Lets everybody try the account again. */
  forgive(username: string): void
}

const freeFailuresMin = 5
/** A hundred mistyped passwords at once from one office, and then one in ten seconds. */
const failuresOfClient = { capacity: 100, secondsPerToken: 10 }
/** An account that many people or programs of one office share, or all its devices together. */
const loginsOfPair = { capacity: 300, secondsPerToken: 2 }
/** Everybody behind one address of a university, at nine in the morning. */
const loginsOfClient = { capacity: 3000, secondsPerToken: 1 }
const entriesMax = 20_000

/**
 * Makes the limits.
 * @param hashesAtATime so many attempts may be undecided at a time, and are no failures for that
 * @param seconds a clock that is never set
 */
export function createLoginLimits({
  hashesAtATime,
  seconds,
}: {
  readonly hashesAtATime: number
  readonly seconds: () => number
}): LoginLimits {
  const freeFailures = Math.max(freeFailuresMin, hashesAtATime + 1)
  const delays = createDelays({ freeFailures, entriesMax, seconds })
  const failures = createClientLimiter(failuresOfClient, { entriesMax, seconds })
  const pairLogins = createLimiter(loginsOfPair, { entriesMax, seconds })
  const clientLogins = createClientLimiter(loginsOfClient, { entriesMax, seconds })
  const waitOfBudget = ({ address, device }: Attempt) =>
    device === null ? failures.wait(address) : 0
  const waitOfRate = (attempt: Attempt) => {
    const wait = pairLogins.wait(rateKeyOf(attempt))
    return attempt.device === null ? Math.max(wait, clientLogins.wait(attempt.address)) : wait
  }

  return {
    wait: (attempt) =>
      Math.max(delays.wait(keyOf(attempt)), waitOfBudget(attempt), waitOfRate(attempt)),
    count(attempt) {
      delays.count(keyOf(attempt))
      if (attempt.device === null) failures.take(attempt.address)
    },
    succeeded(attempt) {
      delays.forgive(keyOf(attempt))
      pairLogins.take(rateKeyOf(attempt))
      if (attempt.device !== null) return
      failures.giveBack(attempt.address)
      clientLogins.take(attempt.address)
    },
    giveBack(attempt) {
      delays.giveBack(keyOf(attempt))
      if (attempt.device === null) failures.giveBack(attempt.address)
    },
    reached: (attempt) => ({
      budget: waitOfBudget(attempt) > 0,
      delay: delays.wait(keyOf(attempt)) > 0,
      rate: waitOfRate(attempt) > 0,
    }),
    failures: (attempt) => delays.failures(keyOf(attempt)),
    forgive: (username) => delays.forgiveAll(prefixOf(username)),
  }
}

function keyOf({ username, address, device }: Attempt): string {
  return `${prefixOf(username)}${device ?? networkOf(address)}`
}

// Each login gives another device token: so those of an account have one rate together.
function rateKeyOf({ username, address, device }: Attempt): string {
  return `${prefixOf(username)}${device === null ? networkOf(address) : "devices"}`
}

// No name can be empty or have a blank.
function prefixOf(username: string | null): string {
  return `${username ?? ""} `
}
