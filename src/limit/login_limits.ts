// How often a password may be tried: for each pair of account and client a delay that grows, and
// for each client a budget of failures, whatever names they were for. An attempt counts as failed
// from before the password is looked at until it has succeeded: so a hundred at once are no more
// than a hundred one after the other. How often an account may be tried by everybody together is in
// the store (service/account_budget.ts).

import { networkOf } from "../ip_address.ts"
import { createDelays } from "./delays.ts"
import { createLimiter } from "./limiter.ts"

/** Who tries a password. */
export interface Attempt {
  /** The name in canonical form; null for one that can be nobody's. */
  readonly username: string | null
  readonly address: string
  /** A device of the account's, known by its token; it is judged by itself, not by its address. */
  readonly device: string | null
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
  /** What is over since the last attempt was counted: the client's budget, free failures. */
  reached(attempt: Attempt): { readonly budget: boolean; readonly delay: boolean }
  /** Lets everybody try the account again. */
  forgive(username: string): void
}

const freeFailuresMin = 5
/** A hundred mistyped passwords at once from one office, and then one in ten seconds. */
const failuresOfClient = { capacity: 100, secondsPerToken: 10 }
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
  const clients = createLimiter(failuresOfClient, { entriesMax, seconds })
  const waitOfClient = ({ address, device }: Attempt) =>
    device === null ? clients.wait(networkOf(address)) : 0

  return {
    wait: (attempt) => Math.max(delays.wait(keyOf(attempt)), waitOfClient(attempt)),
    count(attempt) {
      delays.count(keyOf(attempt))
      if (attempt.device === null) clients.take(networkOf(attempt.address))
    },
    succeeded(attempt) {
      delays.forgive(keyOf(attempt))
      if (attempt.device === null) clients.giveBack(networkOf(attempt.address))
    },
    giveBack(attempt) {
      delays.giveBack(keyOf(attempt))
      if (attempt.device === null) clients.giveBack(networkOf(attempt.address))
    },
    reached: (attempt) => ({
      budget: waitOfClient(attempt) > 0,
      delay: delays.wait(keyOf(attempt)) > 0,
    }),
    forgive: (username) => delays.forgiveAll(prefixOf(username)),
  }
}

function keyOf({ username, address, device }: Attempt): string {
  return `${prefixOf(username)}${device ?? networkOf(address)}`
}

// No name can be empty or have a blank.
function prefixOf(username: string | null): string {
  return `${username ?? ""} `
}
