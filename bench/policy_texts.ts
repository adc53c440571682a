// Long new passwords, and how long the rules for new passwords take for one.

import { findPasswordFault } from "../src/password/policy.ts"
import { percentile } from "./statistics.ts"

/** What a check may take, as the median for one text. */
export const policyMillisMax = 5

/** Whose password it is to be. */
const username = "alice.liddell"
const alphabet = "abcdefghijklmnopqrstuvwxyz"

/** Texts of so many letters, by what makes them slow. */
export const policyTexts: Readonly<Record<string, (length: number) => string>> = {
  "mixed letters": (length) => lettersFrom(length, (at) => (at * at * 7 + at * 3) >> 2),
  "one letter": (length) => "a".repeat(length),
  "64 letters again and again": (length) => lettersFrom(length, (at) => (at % 64) * (at % 64) * 11),
  "the alphabet": (length) => lettersFrom(length, (at) => at),
  "common words": (length) => "passwordqwertydragon".repeat(length).slice(0, length),
  "the username": (length) => username.repeat(length).slice(0, length),
  "accents and signs": (length) => "é$4".repeat(length).slice(0, length / 2),
}

function lettersFrom(length: number, numberOf: (at: number) => number): string {
  return Array.from({ length }, (_, at) => alphabet[numberOf(at) % alphabet.length]).join("")
}

/** The median of the milliseconds that a check of a password takes. */
export async function timePolicy(
  password: string,
  samples: number,
  check: typeof findPasswordFault = findPasswordFault,
): Promise<number> {
  const times: number[] = []
  // The first ones load the blocklist and compile the code.
  const warmUps = Math.ceil(samples / 4)
  for (let number = -warmUps; number < samples; number += 1) {
    const startedAt = performance.now()
    await check({ password, username })
    if (number >= 0) times.push(performance.now() - startedAt)
  }
  return percentile(times, 50)
}

/** Whether the longest median is short enough. */
export function judgePolicy(medians: readonly number[]): {
  readonly isHeld: boolean
  readonly line: string
} {
  const longest = Math.max(...medians)
  const isHeld = longest < policyMillisMax
  const verdict = isHeld ? "goal holds" : "GOAL MISSED"
  const line = `${verdict}: longest median: ${longest.toFixed(3)} ms, below ${policyMillisMax} wanted`
  return { isHeld, line }
}
