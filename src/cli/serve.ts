// postern serve and postern demo: run the service until a signal, or the terminal's end, ends it.

import { isatty } from "node:tty"
import { systemClock } from "../clock.ts"
import { secretNames, settingNames } from "../config/settings.ts"
import { type ExitCode, exitCodes } from "../errors.ts"
import { startService } from "../start.ts"
import { type Address, fromThisMachine, urlOf } from "../system/address.ts"
import { withTemporaryDirectory } from "../system/disk.ts"
import { createLineBatch } from "../telemetry/line_batch.ts"
import { createLog, createLossLine, errorText, type Log } from "../telemetry/log.ts"
import { inColumns } from "./columns.ts"
import type { Call } from "./command_row.ts"
import { loadSettings } from "./settings_options.ts"
import type { Terminal } from "./terminal.ts"

const demoUsers: readonly (readonly [username: string, password: string])[] = [
  ["alice", "wonderland"],
  ["bob", "builder"],
]
/** Leaves time for the last log lines: Docker kills after ten seconds. */
const stopMillisMax = 9_000

/** Serves until a signal. `greet` makes the greeting, once the address is known. */
export async function runServe(
  call: Call,
  terminal: Terminal,
  greet?: (address: Address) => string,
): Promise<ExitCode> {
  const config = loadSettings(call, terminal)
  // A later dump of the environment must not show secrets. /proc still does; NAME_FILE avoids that.
  for (const name of secretNames) delete terminal.environment[name]
  const form = { clock: systemClock, forPeople: process.stdout.isTTY === true }
  const lines = createLineBatch(terminal, createLossLine(form))
  process.on("exit", lines.flush)
  const log = createLog({ ...form, level: config.logLevel, write: lines.write })
  // After an uncaught error the state in memory can't be trusted, so the process ends. Everything
  // that was acknowledged is on disk.
  const crash = (error: unknown) => {
    log.error("process.crashed", { error: errorText(error) })
    process.exit(exitCodes.refused)
  }
  process.on("uncaughtException", crash)
  process.on("unhandledRejection", crash)

  const stopped = signalled(log)
  const { program } = terminal
  const service = await startService(config, log, { program, stopped, losses: lines.losses })
  if (greet !== undefined) {
    lines.flush()
    terminal.printError(greet({ host: config.host, port: service.port }))
  }
  await stopped
  const timer = setTimeout(() => process.exit(exitCodes.unavailable), stopMillisMax)
  await service.stop()
  lines.flush()
  clearTimeout(timer)
  return exitCodes.done
}

/** Serves two well-known users out of a directory that is removed afterwards. */
export function runDemo(call: Call, terminal: Terminal): Promise<ExitCode> {
  return withTemporaryDirectory("postern-demo-", (directory) => {
    delete terminal.environment["POSTERN_SEED_USERS_FILE"]
    for (const name of settingNames) {
      if (/^POSTERN_STORE|^POSTERN_STALENESS/.test(name)) delete terminal.environment[name]
    }
    Object.assign(terminal.environment, {
      POSTERN_DATA_DIR: directory,
      POSTERN_SEED_USERS: demoUsers.map((user) => user.join(":")).join(","),
    })
    return runServe(call, terminal, greetingOfDemo)
  })
}

function greetingOfDemo(address: Address): string {
  const url = urlOf(fromThisMachine(address))
  const users = demoUsers.map(([name, password]) => [`  ${name}`, password])
  const [username, password] = demoUsers[0] ?? []
  // Quoted, since shells read the brackets of an IPv6 address.
  const curl = `curl '${url}/login' -H 'Content-Type: application/json' -d '${JSON.stringify({ username, password })}'`
  return `Postern's demo is at ${url}, with these users and passwords:

${inColumns(users)}
Log in, in another terminal:

  ${curl}

Ctrl-C ends it, and removes its data.
`
}

/**
 * Waits for SIGTERM or SIGINT. SIGHUP ends the service only if it was started on a terminal, since
 * that terminal is closing. Under nohup or a supervisor SIGHUP is ignored; Node does not inherit
 * that, so whether a stream is a terminal decides. A second signal is ignored: npm and the terminal
 * each send one.
 */
function signalled(log: Log): Promise<void> {
  const isOnTerminal = [0, 1, 2].some((descriptor) => isatty(descriptor))
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => resolve())
    process.on("SIGHUP", () => {
      if (isOnTerminal) resolve()
      else log.info("signal.ignored", { signal: "SIGHUP", message: "There is nothing to reload" })
    })
  })
}
