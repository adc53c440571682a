// What a test vector is: a token made with the real keys, and what the verifier must say to it. The
// ids name the rows of the catalogue of hostile inputs (J-…) and the requirements (T-…).

import type { Forge, Forged } from "../support/forge.ts"

/** Accepted, or the message of the refusal. */
export type Expectation =
  | "accepted"
  | "Invalid token"
  | "Token has expired"
  | "Only non-refresh tokens are allowed"

/** A token and what must come of it. */
export interface Vector {
  readonly id: string
  readonly make: (forge: Forge) => string
  readonly expect: Expectation
}

/** A vector that must be refused without a word about why. */
export function refused(id: string, make: Vector["make"]): Vector {
  return { id, make, expect: "Invalid token" }
}

/** A vector that must be accepted. */
export function accepted(id: string, make: Vector["make"]): Vector {
  return { id, make, expect: "accepted" }
}

/** A validly signed vector that must be refused. */
export function refusedForged(id: string, make: (forge: Forge) => Forged): Vector {
  return refused(id, (forge) => forge.token(make(forge)))
}

/** One vector for each value, with the value in its id. */
export function each<T>(
  values: readonly T[],
  vector: (value: T, name: string) => Vector,
): Vector[] {
  return values.map((value, index) => vector(value, `${nameOf(value)} (${index})`))
}

function nameOf(value: unknown): string {
  return value === undefined ? "missing" : JSON.stringify(value).slice(0, 40)
}
