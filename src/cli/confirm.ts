// Asks the operator to go on, at a terminal. Elsewhere nobody can be asked, and an option must say
// yes.

import { once } from "node:events"
import { exitCodes, OperatorError } from "../errors.ts"
import type { Terminal } from "./terminal.ts"

/**
 * Asks a question.
 * @throws OperatorError unless the answer is yes, or when nobody can be asked
 */
export async function confirm(question: string, { input, printError }: Terminal): Promise<void> {
  if (!("isTTY" in input) || !input.isTTY) {
    throw new OperatorError("Nobody can be asked here, since the input is not a terminal", {
      hint: "Nothing was changed. Add --yes to go on without a question.",
      exitCode: exitCodes.usage,
    })
  }
  printError(`${question} [y/N] `)
  const answered = once(input, "data").then(([line]) => String(line))
  const ended = once(input, "end").then(() => "")
  input.resume()
  const answer = await Promise.race([answered, ended])
  input.pause()
  if (/^y(es)?\s*$/i.test(answer)) return
  throw new OperatorError("Nothing was changed", {
    hint: "Answer y to go on.",
    exitCode: exitCodes.refused,
  })
}
