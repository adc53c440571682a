// Hashes and verifies passwords with Argon2id (RFC 9106) through the hashing lane. Where there is
// no hash to compare with, the same work is done all the same: how long an answer takes tells
// nothing.

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
   * Whether the password is the one that was hashed. Without a hash (null), and for a password that
   * nobody can have, the answer is false after the same work. Not in the lane by itself: what has
   * to be decided right before it goes there together with it.
   */
  verify(password: string, hash: string | null): Promise<boolean>
  /**
   * Runs work with comparisons in it when its turn in the lane has come.
   * @throws Unavailable when too many wait
   */
  inTurn<T>(work: () => Promise<T>, asker: Asker): Promise<T>
  /** Whether a hash costs at least what new ones cost. */
  isCurrent(hash: string): boolean
}

/**
 * Makes a hasher whose work runs in the lane. Where `parameters` ask for more than the minimum, a
 * hash may be of either cost until its user's next login: so each check that fails costs both.
 */
export function createPasswordHasher(
  lane: HashingLane,
  parameters: HashParameters,
  minimum: HashParameters = hashParametersMin,
): PasswordHasher {
  const options = optionsOf(parameters)
  const nobodysHash = inventHash(parameters)
  const nobodysCheapHash = isDearer(parameters, minimum) ? inventHash(minimum) : null
  const isCurrent = (hash: string) => {
    const found = readHashParameters(hash)
    return found !== null && !isDearer(parameters, found)
  }

  return {
    hash: (password, asker) =>
      lane.run(() => argon2Hash(normalizePassword(password), options), asker),
    async verify(password, hash) {
      const possible = isPossiblePassword(password)
      const compared = possible ? normalizePassword(password) : ""
      const own = hash ?? nobodysHash
      const matches = await argon2Verify(own, compared)
      if (matches && possible && hash !== null) return true
      if (nobodysCheapHash !== null) {
        const other = isCurrent(own) ? nobodysCheapHash : nobodysHash
        await argon2Verify(other, compared)
      }
      return false
    },
    inTurn: lane.run,
    isCurrent,
  }
}

/**
 * Computes a hash for nothing.
 * @throws Error where there is no memory for it
 */
export async function tryHash(parameters: HashParameters): Promise<void> {
  await argon2Hash("", optionsOf(parameters))
}

// Of no password that anybody knows. To compare with it takes the work of its parameters, as with
// one that was computed, which would hold up the start.
function inventHash(parameters: HashParameters): string {
  return encodePasswordHash(parameters, { salt: randomKey(16), hash: randomKey(32) })
}

function optionsOf({ memoryKib, passes }: HashParameters): Options {
  return { memoryCost: memoryKib, timeCost: passes, parallelism: 1 }
}

function isDearer(parameters: HashParameters, than: HashParameters): boolean {
  return parameters.memoryKib > than.memoryKib || parameters.passes > than.passes
}
