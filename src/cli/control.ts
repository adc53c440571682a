// Runs a control command for the command line: in the running service or, while none runs, here, on
// the data directory itself.

import { systemClock } from "../clock.ts"
import type { Config } from "../config.ts"
import { type Answer, type Command, execute } from "../control/commands.ts"
import { askService } from "../control/socket.ts"
import { type ErrorCode, exitCodes, OperatorError } from "../errors.ts"
import { createLog } from "../log.ts"
import type { Terminal } from "./terminal.ts"

/** What to do about a refusal, by its code. */
export type Hints = Partial<Record<ErrorCode, string>>

const busy = "Nothing was changed. Too many logins, or a full disk? The log says more."

/**
 * Runs a command and gives its value.
 * @throws OperatorError when it was refused
 */
export async function runControlCommand(
  command: Command,
  { config, terminal, hints }: { config: Config; terminal: Terminal; hints: Hints },
): Promise<unknown> {
  const answer =
    (await askService(config.dataDirectory, command)) ?? (await runAlone(command, config, terminal))
  if (answer.ok) return answer.value
  const isBusy = answer.code === "temporarily_unavailable"
  throw new OperatorError(answer.msg, {
    hint: isBusy ? busy : (hints[answer.code] ?? "The log of the service says more."),
    exitCode: isBusy ? exitCodes.unavailable : exitCodes.refused,
  })
}

async function runAlone(command: Command, config: Config, terminal: Terminal): Promise<Answer> {
  const log = createLog({
    level: "warn",
    clock: systemClock,
    forPeople: true,
    write: (line) => terminal.complain(line()),
  })
  const { openDeployment } = await import("../open_deployment.ts")
  const deployment = await openDeployment(config, log, { auditToLog: false })
  try {
    return await execute({ ...command }, { ...deployment, log })
  } finally {
    await deployment.close()
  }
}
