// Hashes and verifies passwords with Argon2id (RFC 9106) through the hashing lane. Without a hash
// to compare with, a dummy hash takes the same work, so that the time does not reveal who has an
// account.

import { hash as argon2Hash, verify as argon2Verify, type Options } from "@node-rs/argon2"
import { randomKey } from "../system/random.ts"
import type { Asker } from "./fair_queue.ts"
import type { HashingLane } from "./hashing_lane.ts"
import {
  encodePasswordHash,
  type HashParameters,
  hashParametersMin,
  readHashParameters,
} from "./phc.ts"
import { isPossiblePassword, normalizePassword } from "./text.ts"

/** Hashes passwords and compares them. */
export interface PasswordHasher {
  /** A new hash as a PHC string, with a salt of 16 bytes of its own. */
  hash(password: string, asker: Asker): Promise<string>
  /**
   * Whether the password is the one that was hashed. Without a hash (null), for a password that
   * nobody can have, and when `isOpen` resolves to false, the answer is false after the same work.
   * Does not queue: call it inside `inTurn`, with the decisions that must be made right before.
   */
  verify(password: string, hash: string | null, options?: VerifyOptions): Promise<boolean>
  /**
   * Runs work with comparisons in it when its turn in the lane has come.
   * @throws Unavailable when too many wait
   */
  inTurn<T>(work: () => Promise<T>, asker: Asker): Promise<T>
  /** Whether a hash costs at least as much as a new one. */
  isCurrent(hash: string): boolean
}

/** Options of a comparison. */
export interface VerifyOptions {
  /** Whether a match counts. Decided while the password is compared; must not reject. */
  readonly isOpen?: Promise<boolean>
}

/**
 * Makes a hasher whose work runs in the lane. When `parameters` ask for more than the minimum, the
 * hash of a user can have either cost until the next login. So each failed check costs both.
 */
export function createPasswordHasher(
  lane: HashingLane,
  parameters: HashParameters,
  minimum: HashParameters = hashParametersMin,
): PasswordHasher {
  const options = optionsOf(parameters)
  const dummyHash = inventHash(parameters)
  const cheapDummyHash = isDearer(parameters, minimum) ? inventHash(minimum) : null
  const isCurrent = (hash: string) => {
    const found = readHashParameters(hash)
    return found !== null && !isDearer(parameters, found)
  }

  return {
    hash: (password, asker) =>
      lane.run(() => argon2Hash(normalizePassword(password), options), asker),
    async verify(password, hash, { isOpen } = {}) {
      const possible = isPossiblePassword(password)
      const compared = possible ? normalizePassword(password) : ""
      const own = hash ?? dummyHash
      const matches = await argon2Verify(own, compared)
      const counts = isOpen === undefined || (await isOpen)
      if (matches && counts && possible && hash !== null) return true
      if (cheapDummyHash !== null) {
        const other = isCurrent(own) ? cheapDummyHash : dummyHash
        await argon2Verify(other, compared)
      }
      return false
    },
    inTurn: lane.run,
    isCurrent,
  }
}

/**
 * Computes a hash and drops it.
 * @throws Error when there is no memory for it
 */
export async function tryHash(parameters: HashParameters): Promise<void> {
  await argon2Hash("", optionsOf(parameters))
}

// A hash of no known password. Comparing with it takes the work that its parameters ask for.
// Random bytes do for that: computing a hash would delay the start.
function inventHash(parameters: HashParameters): string {
  return encodePasswordHash(parameters, { salt: randomKey(16), hash: randomKey(32) })
}

function optionsOf({ memoryKib, passes }: HashParameters): Options {
  return { memoryCost: memoryKib, timeCost: passes, parallelism: 1 }
}

function isDearer(parameters: HashParameters, than: HashParameters): boolean {
  return parameters.memoryKib > than.memoryKib || parameters.passes > than.passes
}
