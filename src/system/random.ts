// The only source of randomness, except for the generators inside the Argon2 library (salts) and
// `jose` (keys).

import { randomBytes } from "node:crypto"

/** An unguessable name: 128 bits from the system's generator as 22 characters of base64url. */
export function randomName(): string {
  return randomBytes(16).toString("base64url")
}

/** Bytes for a secret key, from the system's generator. */
export function randomKey(bytes: number): Uint8Array {
  return randomBytes(bytes)
}

/** A random time to wait between two bounds. Not for secrets: it can be guessed. */
export function randomBetween(least: number, most: number): number {
  return least + Math.random() * (most - least)
}
