// postern serve and postern demo: run the service until a signal, or the terminal's end, ends it.

import { systemClock } from "../clock.ts"
import { loadConfig } from "../config.ts"
import { readOperatorFile, withTemporaryDirectory } from "../disk.ts"
import { type ExitCode, exitCodes } from "../errors.ts"
import { createLineBatch } from "../line_batch.ts"
import { createLog, createLossLine, errorText } from "../log.ts"
import { secretNames } from "../settings.ts"
import { startService } from "../start.ts"
import type { Terminal } from "./terminal.ts"

const demoUsers = "alice:wonderland,bob:builder"
const stopMillisMax = 9_500

/** Serves until SIGTERM or SIGINT. */
export async function runServe(terminal: Terminal): Promise<ExitCode> {
  const config = loadConfig(terminal.environment, readOperatorFile)
  // So that nothing that dumps the environment later shows them. /proc still does: NAME_FILE.
  for (const name of secretNames) delete terminal.environment[name]
  const form = { clock: systemClock, forPeople: process.stdout.isTTY === true }
  const lines = createLineBatch(terminal, createLossLine(form))
  process.on("exit", lines.flush)
  const log = createLog({ ...form, level: config.logLevel, write: lines.write })
  // A bug that nobody caught: what the process holds may be half done, so it ends and starts anew.
  // Everything that was acknowledged is on disk.
  const crash = (error: unknown) => {
    log.error("process.crashed", { error: errorText(error) })
    process.exit(exitCodes.refused)
  }
  process.on("uncaughtException", crash)
  process.on("unhandledRejection", crash)

  const stopped = signalled()
  const service = await startService(config, log)
  await stopped
  const timer = setTimeout(() => process.exit(exitCodes.unavailable), stopMillisMax)
  await service.stop()
  clearTimeout(timer)
  return exitCodes.done
}

/** Serves two well-known users out of a directory that is removed afterwards. */
export function runDemo(terminal: Terminal): Promise<ExitCode> {
  return withTemporaryDirectory("postern-demo-", (directory) => {
    delete terminal.environment["POSTERN_SEED_USERS_FILE"]
    Object.assign(terminal.environment, {
      POSTERN_DATA_DIR: directory,
      POSTERN_SEED_USERS: demoUsers,
    })
    return runServe(terminal)
  })
}

function signalled(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.once(signal, () => resolve())
  })
}
