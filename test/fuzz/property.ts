// Runs properties: some times among the other tests, and by hand for as long as it takes:
//
//   FUZZ_SECONDS=60 npm run fuzz     each property for a minute
//
// A failure tells the seed and the smallest case that was found. Once mended, the case stays among
// the property's `found`, which come first each time.

import fc from "fast-check"

const millis = Number(process.env["FUZZ_SECONDS"] ?? 0) * 1000
const printedLengthMax = 4000

/** How often a property is tried, and with what in any case. */
export interface Trials<T> {
  /** Among the other tests; 200 by default. */
  readonly runs?: number
  /** Cases that failed once, or that chance would not find. */
  readonly found?: readonly T[]
}

/** Fails when there is an input for which `claim` throws. */
export async function holds<T>(
  inputs: fc.Arbitrary<T>,
  claim: (input: T) => unknown,
  { runs = 200, found = [] }: Trials<T> = {},
): Promise<void> {
  const property = fc.asyncProperty(inputs, async (input) => void (await claim(input)))
  const result = await fc.check(property, {
    examples: found.map((input) => [input]),
    ...(millis > 0
      ? { numRuns: Number.POSITIVE_INFINITY, interruptAfterTimeLimit: millis }
      : { numRuns: runs }),
  })
  if (!result.failed) return
  const { seed, counterexamplePath, errorInstance } = result
  const input = fc.stringify(result.counterexample).slice(0, printedLengthMax)
  throw new Error(`seed ${seed}, path ${counterexamplePath}, for ${input}: ${errorInstance}`, {
    cause: errorInstance,
  })
}

/** How many of the tries that a test makes by itself: `many` where FUZZ_SECONDS is set, else `few`. */
export function triesOf({ few, many }: { readonly few: number; readonly many: number }): number {
  return millis > 0 ? many : few
}
