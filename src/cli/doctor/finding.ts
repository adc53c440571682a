// What the doctor finds: an outcome in words, how users notice it, and what to change.

import type { Remedy } from "./remedies.ts"

/** How a check ended. `unknown`: it could not be checked. */
export type Outcome = "ok" | "wrong" | "warning" | "unknown"

/** One result of a check. */
export interface Finding {
  readonly check: string
  readonly outcome: Outcome
  /** What is wrong, or what is right. */
  readonly text: string
  /** How users notice it. */
  readonly effect?: string
  readonly remedy?: Remedy
  /** It can never be checked from here, so it does not change the exit code. */
  readonly isOutOfReach?: true
}

/** A finding without the name of its check. */
export type Result = Omit<Finding, "check">

/** What a check gives: one result or several, or null where another check says why. */
export type Results = Result | readonly Result[] | null

type More = Pick<Finding, "effect" | "remedy">

/** Something is wrong. */
export function wrong(text: string, more: More = {}): Result {
  return { outcome: "wrong", text, ...more }
}

/** Something works, but not as it should. */
export function warning(text: string, more: More = {}): Result {
  return { outcome: "warning", text, ...more }
}

/** Something could not be checked. */
export function unknown(text: string, more: More = {}): Result {
  return { outcome: "unknown", text, ...more }
}

/** All is well. */
export function ok(text: string): Result {
  return { outcome: "ok", text }
}
