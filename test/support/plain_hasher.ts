// A hasher whose hashes can be read (`cost:password`) and that can be interrupted, for tests of
// what happens while a hash is being computed.

import type { PasswordHasher } from "../../src/password/hash.ts"

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
}

/** Makes a hasher of cost 1. */
export function createPlainHasher(): PlainHasher {
  const hasher: PlainHasher = {
    cost: 1,
    whileVerifying: null,
    whileHashing: null,
    work: [],
    async hash(password) {
      hasher.work.push("hash")
      const interruption = hasher.whileHashing
      hasher.whileHashing = null
      await interruption?.()
      return `${hasher.cost}:${password}`
    },
    async verify(password, hash) {
      hasher.work.push("verify")
      const interruption = hasher.whileVerifying
      hasher.whileVerifying = null
      await interruption?.()
      return hash !== null && hash.slice(hash.indexOf(":") + 1) === password
    },
    isCurrent: (hash) => Number(hash.split(":")[0]) >= hasher.cost,
  }
  return hasher
}
