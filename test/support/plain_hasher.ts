// A hasher whose hashes can be foretold and that can be interrupted, for tests of what happens
// while a hash is being computed.

import { setImmediate as turn } from "node:timers/promises"
import type { PasswordHasher } from "../../src/password/hash.ts"
import { createHashingLane } from "../../src/password/hashing_lane.ts"
import { readHashParameters } from "../../src/password/phc.ts"

/** The hasher and what can be done to it. */
export interface PlainHasher extends PasswordHasher {
  /** The cost of new hashes; those of less are not current. */
  cost: number
  /** Runs once, in the middle of the next comparison. */
  whileVerifying: (() => Promise<unknown>) | null
  /** Runs once, in the middle of the next new hash. */
  whileHashing: (() => Promise<unknown>) | null
  /** What was done, in order. */
  readonly work: ("hash" | "verify")[]
  /** What passwords were compared with, in order; null for a dummy, or where no match counts. */
  readonly compared: (string | null)[]
}

/** How many comparisons run at a time. */
export const hashesAtATime = 2

/** What the hasher makes of a password: a hash as the store takes it, that hides nothing. */
export function plainHash(cost: number, password: string): string {
  return `$argon2id$v=19$m=8,t=${cost},p=1$${"A".repeat(22)}$${plainText(password)}`
}

/** Makes a hasher of cost 1, with a lane. */
export function createPlainHasher(): PlainHasher {
  const lane = createHashingLane({ width: hashesAtATime })
  const hasher: PlainHasher = {
    cost: 1,
    whileVerifying: null,
    whileHashing: null,
    work: [],
    compared: [],
    async hash(password) {
      hasher.work.push("hash")
      const interruption = hasher.whileHashing
      hasher.whileHashing = null
      await interruption?.()
      return plainHash(hasher.cost, password)
    },
    async verify(password, hash, { isOpen } = {}) {
      hasher.work.push("verify")
      const interruption = hasher.whileVerifying
      hasher.whileVerifying = null
      await interruption?.()
      // A hash takes its time: others have their turn.
      await turn()
      const counts = (await isOpen) !== false
      hasher.compared.push(counts ? hash : null)
      return counts && hash?.split("$").at(-1) === plainText(password)
    },
    inTurn: lane.run,
    isCurrent: (hash) => (readHashParameters(hash)?.passes ?? 0) >= hasher.cost,
  }
  return hasher
}

function plainText(password: string): string {
  return Buffer.from(password).toString("base64").replaceAll("=", "").padEnd(43, "A")
}
