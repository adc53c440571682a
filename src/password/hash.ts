// Hashes and verifies passwords with Argon2id (RFC 9106) through the hashing lane. Where there is
// no hash to compare with, the same work is done all the same: how long an answer takes tells
// nothing.

import { hash as argon2Hash, verify as argon2Verify } from "@node-rs/argon2"
import { randomName } from "../random.ts"
import type { HashingLane } from "./hashing_lane.ts"
import { type HashParameters, readHashParameters } from "./phc.ts"
import { isPossiblePassword, normalizePassword } from "./text.ts"

/** Hashes passwords and compares them. */
export interface PasswordHasher {
  /** A new hash as a PHC string, with a salt of 16 bytes of its own. */
  hash(password: string): Promise<string>
  /**
   * Whether the password is the one that was hashed. Without a hash (null), and for a password that
   * nobody can have, the answer is false after the same work.
   */
  verify(password: string, hash: string | null): Promise<boolean>
  /** Whether a hash costs at least what new ones cost. */
  isCurrent(hash: string): boolean
}

/** Makes a hasher whose work runs in the lane. */
export async function createPasswordHasher(
  lane: HashingLane,
  parameters: HashParameters,
): Promise<PasswordHasher> {
  const options = { memoryCost: parameters.memoryKib, timeCost: parameters.passes, parallelism: 1 }
  const nobodysHash = await argon2Hash(randomName(), options)

  return {
    hash: (password) => lane.run(() => argon2Hash(normalizePassword(password), options)),
    async verify(password, hash) {
      const possible = isPossiblePassword(password)
      const compared = possible ? normalizePassword(password) : ""
      const matches = await lane.run(() => argon2Verify(hash ?? nobodysHash, compared))
      return matches && possible && hash !== null
    },
    isCurrent(hash) {
      const found = readHashParameters(hash)
      if (found === null) return false
      return found.memoryKib >= parameters.memoryKib && found.passes >= parameters.passes
    },
  }
}
