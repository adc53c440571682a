// postern init: makes a data directory with its store and keys before the first start, so that
// users can be added before anybody can log in.

import { isServed } from "../admin/socket.ts"
import { type ExitCode, exitCodes } from "../errors.ts"
import type { Call } from "./command_row.ts"
import { dataDirectoryOf, placeOf, withDeployment } from "./control.ts"
import { calledAs } from "./failure_report.ts"
import { loadSettings } from "./settings_options.ts"
import type { Terminal } from "./terminal.ts"

/** Makes what is missing. Exits 0 also when nothing is missing. */
export async function runInit(call: Call, terminal: Terminal): Promise<ExitCode> {
  const config = loadSettings(call, terminal)
  const path = await dataDirectoryOf(config)
  const options = { config, terminal, mayMake: true }
  const isNew =
    !(await isServed(path)) && (await withDeployment(options, async (opened) => opened.isNew))
  const place = placeOf(config, path)
  const next = calledAs(terminal.program, "`postern user add NAME` adds a user.")
  terminal.print(isNew ? `Set up ${place}. ${next}\n` : `${place} is set up already.\n`)
  return exitCodes.done
}
