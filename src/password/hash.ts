// Hashes and verifies passwords with Argon2id (RFC 9106) in the hashing lane. An unknown user is
// compared with a dummy hash, so that the time does not reveal whether a user exists. A hash of
// another system, which an imported user has until the next login, is verified by legacy/: that
// takes another time.

import { hash as argon2Hash, verify as argon2Verify, type Options } from "@node-rs/argon2"
import { randomKey } from "../system/random.ts"
import { createTurns } from "../system/turns.ts"
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
  /** Makes a hash as a PHC string, with a new salt of 16 bytes. */
  hash(password: string, asker: Asker): Promise<string>
  /**
   * Whether the password matches the hash. The answer is false after the same work when there is no
   * hash (null), when the text can't be a password, and when `isOpen` resolves to false. Does not
   * queue: call it inside `inTurn`, with the checks that must happen just before.
   */
  verify(password: string, hash: string | null, options?: VerifyOptions): Promise<boolean>
  /**
   * Runs work that compares passwords, when its turn in the lane comes.
   * @throws Unavailable when too many wait
   */
  inTurn<T>(work: () => Promise<T>, asker: Asker): Promise<T>
  /** Whether a hash costs at least as much as a new one. */
  isCurrent(hash: string): boolean
}

/** Options of a comparison. */
export interface VerifyOptions {
  /** Whether a match counts. Awaited after the comparison. It must not reject. */
  readonly isOpen?: Promise<boolean>
}

/**
 * Makes a hasher that works in the lane. If `parameters` are above the minimum, a user's hash may
 * still have the minimum until the next login. So each failed check does the work of both. A failed
 * check of another system's hash does the work of a new one as well.
 */
export function createPasswordHasher(
  lane: HashingLane,
  parameters: HashParameters,
  minimum: HashParameters = hashParametersMin,
): PasswordHasher {
  const options = optionsOf(parameters)
  const dummyHash = inventHash(parameters)
  const cheapDummyHash = isDearer(parameters, minimum) ? inventHash(minimum) : null
  const dummies = cheapDummyHash === null ? [dummyHash] : [dummyHash, cheapDummyHash]
  const isCurrent = (hash: string) => {
    const found = readHashParameters(hash)
    return found !== null && !isDearer(parameters, found)
  }
  const compare = createComparison(parameters.memoryKib * 1024)

  return {
    hash: (password, asker) =>
      lane.run(() => argon2Hash(normalizePassword(password), options), asker),
    async verify(password, hash, { isOpen } = {}) {
      const possible = isPossiblePassword(password)
      const typed = possible ? password : ""
      const own = hash ?? dummyHash
      const matches = await compare(own, typed)
      const counts = isOpen === undefined || (await isOpen)
      if (matches && counts && possible && hash !== null) return true
      for (const other of dummies) {
        if (isCurrent(other) !== isCurrent(own)) await compare(other, typed)
      }
      return false
    },
    inTurn: lane.run,
    isCurrent,
  }
}

/**
 * Makes the comparison of a hash with a password as it was typed. The lane has room for hashes of
 * `memoryBytes`; those that need more are compared one at a time.
 */
function createComparison(memoryBytes: number) {
  const inTurnOfLarge = createTurns()
  return async (hash: string, typed: string): Promise<boolean> => {
    const own = readHashParameters(hash)
    if (own !== null) {
      const verify = () => argon2Verify(hash, normalizePassword(typed))
      return own.memoryKib * 1024 > memoryBytes ? inTurnOfLarge(verify) : verify()
    }
    const { readLegacyHash, verifyLegacy } = await import("./legacy/legacy_formats.ts")
    const legacy = readLegacyHash(hash)
    if (legacy === null) return false
    const verify = () => verifyLegacy(legacy, typed)
    return legacy.memoryBytes > memoryBytes ? inTurnOfLarge(verify) : verify()
  }
}

/**
 * Computes a hash and drops it.
 * @throws Error when there is no memory for it
 */
export async function tryHash(parameters: HashParameters): Promise<void> {
  await argon2Hash("", optionsOf(parameters))
}

// A dummy hash. Random bytes are enough, because comparing with it takes the full work anyway.
// Computing a real hash would delay the start.
function inventHash(parameters: HashParameters): string {
  return encodePasswordHash(parameters, { salt: randomKey(16), hash: randomKey(32) })
}

function optionsOf({ memoryKib, passes }: HashParameters): Options {
  return { memoryCost: memoryKib, timeCost: passes, parallelism: 1 }
}

function isDearer(parameters: HashParameters, than: HashParameters): boolean {
  return parameters.memoryKib > than.memoryKib || parameters.passes > than.passes
}
