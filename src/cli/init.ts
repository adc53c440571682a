// postern init: makes a data directory, its store and its keys on purpose, before the first start:
// so that users can be added before anybody can log in.

import { isServed } from "../admin/socket.ts"
import { loadConfig } from "../config/load.ts"
import { type ExitCode, exitCodes } from "../errors.ts"
import { findDataDirectory } from "../store/data_directory.ts"
import { machineDisk } from "../system/disk.ts"
import { readOperatorFile } from "../system/operator_file.ts"
import { createTerminalLog } from "./control.ts"
import type { Terminal } from "./terminal.ts"

/** Makes what is missing. Exits 0 as well where everything is there already. */
export async function runInit(terminal: Terminal): Promise<ExitCode> {
  const config = loadConfig(terminal.environment, readOperatorFile)
  const { path } = await findDataDirectory(config.dataDirectory, machineDisk)
  const isNew = !(await isServed(path)) && (await make())
  terminal.print(
    isNew
      ? `Set up '${path}'. Add a user: postern user add NAME\n`
      : `'${path}' is set up already.\n`,
  )
  return exitCodes.done

  async function make(): Promise<boolean> {
    const { openDeployment } = await import("../compose.ts")
    const log = createTerminalLog(terminal)
    const opened = await openDeployment(config, log, { auditToLog: false, mayMake: true })
    await opened.close()
    return opened.isNew
  }
}
