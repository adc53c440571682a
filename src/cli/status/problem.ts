// What keeps `postern status` from reading or asking something.

import { OperatorError } from "../../errors.ts"
import { fileHint, isFileError } from "../../system/failure.ts"

/** Why something can't be asked or read, and what to do. */
export interface Problem {
  readonly text: string
  readonly hint: string
}

/** What work gives, or the problem that it meets. */
export async function orProblem<T>(
  work: () => Promise<T>,
): Promise<{ readonly value: T | null; readonly problem: Problem | null }> {
  try {
    return { value: await work(), problem: null }
  } catch (error) {
    return { value: null, problem: problemOf(error) }
  }
}

/** @throws what is no problem of the operator's */
function problemOf(error: unknown): Problem {
  if (error instanceof OperatorError) return { text: error.message, hint: error.hint }
  if (!isFileError(error)) throw error
  return { text: error.message, hint: fileHint(error, "POSTERN_DATA_DIR") }
}
