// postern doctor: says what is wrong between browser, proxy and Postern. It asks the service
// through its public address, asks the running service over the control socket what arrived, and
// compares both. It logs nobody in, sends no secret, and changes nothing.

import { type ExitCode, exitCodes, OperatorError } from "../../errors.ts"
import { randomName } from "../../system/random.ts"
import type { Call } from "../command_row.ts"
import { loadSettings } from "../settings_options.ts"
import type { Terminal } from "../terminal.ts"
import { findings } from "./checks.ts"
import { readAddress } from "./public_address.ts"
import { jsonReport, resultOf, textReport } from "./report.ts"
import { watchService } from "./service_side.ts"
import { survey } from "./survey.ts"

/** Prints what it found. Exits 0 when nothing is wrong, 1 when something is, 69 when unknown. */
export async function runDoctor(call: Call, terminal: Terminal): Promise<ExitCode> {
  const config = loadSettings(call, terminal)
  const marker = randomName()
  const side = await watchService(config.dataDirectory, marker)
  const facts = typeof side === "string" ? null : side.facts
  const [typed] = call.values
  const own = facts?.publicAddress ?? config.publicAddress
  const text = typed ?? own
  if (text === undefined) {
    throw new OperatorError("There is no public address to ask", {
      hint: "Give it: postern doctor https://login.example.org, or set POSTERN_ISSUER.",
      exitCode: exitCodes.usage,
    })
  }
  const address = readAddress(text)
  const protectedHosts = facts?.protectedHosts ?? config.browser?.hosts ?? null
  if (terminal.showsProgress && !call.isJson) terminal.printError(`Asking ${address.text} …\n`)
  const evidence = await survey(address, { marker, side, protectedHosts })
  const found = findings(evidence)
  const report = { url: address.text, proxy: evidence.proxy, findings: found }
  terminal.print(call.isJson ? jsonReport(report) : textReport(report))
  return { wrong: exitCodes.refused, unknown: exitCodes.unavailable, ok: exitCodes.done }[
    resultOf(found)
  ]
}
