// The list that a check of a release prints: a line for each step, and at the end what was not run.

/** A step: throws when it fails, and gives a sentence about what it saw. */
export interface Step {
  readonly name: string
  /** Why the step can't be run on this machine, or null when it can. */
  missing?(): string | null
  run(): Promise<string> | string
}

/**
 * Runs steps in order until one fails, and prints a line for each. What can't be run here is listed
 * at the end. Gives the exit code.
 */
export async function runSteps(
  steps: readonly Step[],
  print: (line: string) => void,
): Promise<number> {
  const left: string[] = []
  for (const step of steps) {
    const reason = step.missing?.() ?? null
    if (reason !== null) {
      left.push(`  ${step.name}: ${reason}`)
      continue
    }
    try {
      print(`ok      ${step.name}: ${await step.run()}`)
    } catch (error) {
      print(`FAILED  ${step.name}: ${error instanceof Error ? error.message : error}`)
      return 1
    }
  }
  if (left.length > 0) print(["Not run here:", ...left].join("\n"))
  return 0
}
