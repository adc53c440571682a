// Hashes and verifies passwords with Argon2id (RFC 9106) in the hashing lane. An unknown user is
// compared with a dummy hash, so that the time does not reveal whether a user exists.

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
 * still have the minimum until the next login. So each failed check does the work of both.
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
