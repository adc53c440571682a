// postern status: whether all is well, and if not, what to do first. It only reads.

import { type ExitCode, exitCodes } from "../../errors.ts"
import type { Call } from "../command_row.ts"
import { calledAs } from "../failure_report.ts"
import { loadSettings } from "../settings_options.ts"
import type { Terminal } from "../terminal.ts"
import { readFacts } from "./status_facts.ts"
import { statusInJson, statusInWords } from "./status_report.ts"
import { warningsOf } from "./status_warnings.ts"

/** Prints how everything is. Exits 1 when there is a warning. */
export async function runStatus(call: Call, terminal: Terminal): Promise<ExitCode> {
  const config = loadSettings(call, terminal, { needsStoreSecret: false })
  const facts = await readFacts(config, terminal)
  const warnings = warningsOf(facts)
  const text = call.isJson
    ? statusInJson(facts, warnings)
    : calledAs(terminal.program, statusInWords(facts, warnings))
  terminal.print(text)
  return warnings.length === 0 ? exitCodes.done : exitCodes.refused
}
