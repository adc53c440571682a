// How generated keys follow one another (K-05). A new one is published before it signs, so that
// whoever caches the key set has it by then; the one before is kept until the last token that it
// signed has expired. Pure: lists of keys in the order in which they sign, and other such lists.

import type { JWK } from "jose"

/** A private key and its times, as keys.json has them. Instants are epoch seconds. */
export interface TimedKey {
  /** With `kid`, `alg`, `use` and the private members. */
  readonly jwk: JWK
  readonly publishedAt: number
  readonly signsFrom: number
  /** Until when its tokens may live; null while no other key is to follow it. */
  readonly keptUntil: number | null
}

/** What a key is doing. */
export type KeyState = "waiting" | "signing" | "kept" | "over"

/** For how long whoever fetched the key set may keep it without asking. */
export const keySetMaxAgeSeconds = 300

/** For how long a key is published before it signs: that, and a little for clocks that differ. */
export const noticeSeconds = keySetMaxAgeSeconds + 5

/** The key that signs: the last one whose time has come, or the first of all. */
export function signerOf(keys: readonly TimedKey[], now: number): TimedKey | undefined {
  return keys.findLast(({ signsFrom }) => signsFrom <= now) ?? keys[0]
}

/** What a key of the list is doing at an instant. */
export function stateOf(key: TimedKey, keys: readonly TimedKey[], now: number): KeyState {
  if (isOver(key, now)) return "over"
  if (key === signerOf(keys, now)) return "signing"
  return key.signsFrom > now ? "waiting" : "kept"
}

/** Whether no token that the key signed can be alive any more. */
export function isOver({ keptUntil }: TimedKey, now: number): boolean {
  return keptUntil !== null && now >= keptUntil
}

/** The key that will sign before long, if there is one. */
export function waitingKey(keys: readonly TimedKey[], now: number): TimedKey | undefined {
  // One that waits for longer than the notice was made while the clock was ahead.
  return keys.find(({ signsFrom }) => signsFrom > now && signsFrom <= now + noticeSeconds)
}

/** The keys with one more, which follows the last. `tokenSeconds` is how long a token may live. */
export function followedBy(
  keys: readonly TimedKey[],
  added: TimedKey,
  tokenSeconds: number,
): readonly TimedKey[] {
  const end = added.signsFrom + tokenSeconds
  return [...keys.map((key) => ({ ...key, keptUntil: key.keptUntil ?? end })), added]
}

/**
 * The keys without one of them. If it was the one that signs, the one that waits does from now on;
 * where none waits the caller has to add one. If it was the one that waits, the other goes on.
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
 * The keys with ends that fit how long a token may live now, which may be longer than when they
 * were set; the last one has no end.
 */
export function withEnds(keys: readonly TimedKey[], tokenSeconds: number): readonly TimedKey[] {
  return keys.map((key, index) => {
    const next = keys[index + 1]
    if (next === undefined) return { ...key, keptUntil: null }
    return { ...key, keptUntil: Math.max(key.keptUntil ?? 0, next.signsFrom + tokenSeconds) }
  })
}
