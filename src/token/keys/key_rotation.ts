// How generated keys follow one another (K-05). A new key is published before it signs, so that
// verifiers with a cached key set have it by then. The old key is kept until the last token that it
// signed has expired. Pure functions over lists of keys, in the order in which the keys sign.

import type { JWK } from "jose"

/** A private key and its times, as keys.json has them. Instants are epoch seconds. */
export interface TimedKey {
  /** With `kid`, `alg`, `use` and the private members. */
  readonly jwk: JWK
  readonly publishedAt: number
  readonly signsFrom: number
  /** When its last token expires; null while no other key follows. */
  readonly keptUntil: number | null
}

/** The state of a key. */
export type KeyState = "waiting" | "signing" | "kept" | "over"

/** How long a verifier may cache the key set. */
export const keySetMaxAgeSeconds = 300

/** How long a key is published before it signs: the cache time and a little clock skew. */
export const noticeSeconds = keySetMaxAgeSeconds + 5

/** The key that signs: the last one whose `signsFrom` is past, or else the first. */
export function signerOf(keys: readonly TimedKey[], now: number): TimedKey | undefined {
  return keys.findLast(({ signsFrom }) => signsFrom <= now) ?? keys[0]
}

/** The state of a key of the list at an instant. */
export function stateOf(key: TimedKey, keys: readonly TimedKey[], now: number): KeyState {
  if (isOver(key, now)) return "over"
  if (key === signerOf(keys, now)) return "signing"
  return key.signsFrom > now ? "waiting" : "kept"
}

/** Whether every token that the key signed has expired. */
export function isOver({ keptUntil }: TimedKey, now: number): boolean {
  return keptUntil !== null && now >= keptUntil
}

/** The key that is published and will sign next, if there is one. */
export function waitingKey(keys: readonly TimedKey[], now: number): TimedKey | undefined {
  // A key that waits for longer than the notice was made while the clock was ahead.
  return keys.find(({ signsFrom }) => signsFrom > now && signsFrom <= now + noticeSeconds)
}

/**
 * Removes a key. When the signing key is removed, the waiting key signs from now on; without a
 * waiting key the caller must add one. When the waiting key is removed, the signing key goes on.
 */
export function without(
  keys: readonly TimedKey[],
  retired: TimedKey,
  now: number,
): readonly TimedKey[] {
  const left = keys.filter((key) => key !== retired)
  if (retired === signerOf(keys, now)) {
    const waiting = left.findLast(({ keptUntil }) => keptUntil === null)
    return left.map((key) => (key === waiting ? { ...key, signsFrom: now } : key))
  }
  if (retired.keptUntil !== null) return left
  const signing = signerOf(left, now)
  return left.map((key) => (key === signing ? { ...key, keptUntil: null } : key))
}

/**
 * Sets the ends of keys that others follow, by the longest life of a token now. It may be longer
 * than when the ends were written. The last key has no end.
 */
export function withEnds(keys: readonly TimedKey[], tokenSeconds: number): readonly TimedKey[] {
  return keys.map((key, index) => {
    const next = keys[index + 1]
    if (next === undefined) return { ...key, keptUntil: null }
    return { ...key, keptUntil: Math.max(key.keptUntil ?? 0, next.signsFrom + tokenSeconds) }
  })
}
