// The only place where randomness enters (the salts of password hashes and the keys that `jose`
// generates come from their libraries' own generators).

import { randomBytes } from "node:crypto"

/** An unguessable name: 128 bits from the system's generator as 22 characters of base64url. */
export function randomName(): string {
  return randomBytes(16).toString("base64url")
}

/** Bytes for a secret key, from the system's generator. */
export function randomKey(bytes: number): Uint8Array {
  return randomBytes(bytes)
}

/** A number between two bounds, for waiting times that should not fall together; guessable. */
export function randomBetween(least: number, most: number): number {
  return least + Math.random() * (most - least)
}
