// Runs a control command in the running service or, while no service runs, in this process on the
// data directory.

import { type Answer, type Command, execute } from "../admin/commands.ts"
import { executeLong, type LongAnswer, type LongCommand } from "../admin/long_commands.ts"
import { askService, askServiceLong, isServed } from "../admin/socket.ts"
import type { Deployment } from "../compose.ts"
import type { DatabaseSettings } from "../config/database.ts"
import type { Config } from "../config/load.ts"
import { type ErrorCode, exitCodes, OperatorError, Unavailable } from "../errors.ts"
import { findDataDirectory, isDeployed, nothingThere } from "../store/data_directory.ts"
import { nameOf } from "../store/store_location.ts"
import { machineDisk } from "../system/disk.ts"
import type { Log } from "../telemetry/log.ts"
import type { Terminal } from "./terminal.ts"
import { logAt } from "./terminal_log.ts"

/** What to do about a refusal, by its code. */
export type Hints = Partial<Record<ErrorCode, string>>

const busy =
  "Nothing was changed. Too many logins, a full disk, a data directory that was replaced? " +
  "The log says more."

/** The result of a command. */
export interface CommandOutcome {
  readonly value: unknown
  /** Where a change was made without a service; empty when a service made it. */
  readonly note: string
}

/**
 * Makes sure that the data directory is set up, before a command asks questions.
 * @throws OperatorError when nothing is set up
 */
export async function requireDeployment({ dataDirectory, database }: Config): Promise<void> {
  // Whether a database is set up is seen when it is opened.
  if (database !== null) return
  const { path } = await findDataDirectory(dataDirectory, machineDisk)
  if (!(await isDeployed(path, machineDisk)) && !(await isServed(path))) throw nothingThere(path)
}

/**
 * Runs a command and gives its value.
 * @throws OperatorError when it was refused, or when nothing is set up
 */
export async function runControlCommand(
  command: Command,
  { config, terminal, hints }: { config: Config; terminal: Terminal; hints: Hints },
): Promise<CommandOutcome> {
  const { path } = await findDataDirectory(config.dataDirectory, machineDisk)
  const answered = await askService(path, command)
  const answer =
    answered ??
    (await withDeployment({ config, terminal, mayMake: false }, (deployment, log) =>
      execute({ ...command }, { ...deployment, log }),
    ))
  if (!answer.ok) throw refusal(answer, hints)
  return { value: answer.value, note: answered === null ? writtenTo(config, path) : "" }
}

/** What was answered first, and the pieces behind it. */
export type UseLongAnswer<T> = (value: unknown, pieces: AsyncIterable<Uint8Array>) => Promise<T>

/**
 * Runs a command with a long answer, which `use` reads to its end.
 * @throws OperatorError when it was refused, when nothing is set up, or when the answer is cut off
 */
export async function runLongCommand<T>(
  command: LongCommand,
  { config, terminal, hints }: { config: Config; terminal: Terminal; hints: Hints },
  use: UseLongAnswer<T>,
): Promise<T> {
  const { path } = await findDataDirectory(config.dataDirectory, machineDisk)
  const take = ({ answer, pieces }: LongAnswer) => {
    if (pieces === null) throw refusal(answer, hints)
    return use(answer.value, pieces)
  }
  const answered = await askServiceLong(path, command)
  if (answered !== null) return take(answered)
  return withDeployment({ config, terminal, mayMake: false }, async (deployment, log) =>
    take(await executeLong(command, { ...deployment, log })),
  )
}

function refusal(
  { code, msg }: Extract<Answer, { readonly ok: false }>,
  hints: Hints,
): OperatorError {
  const isBusy = code === "temporarily_unavailable"
  return new OperatorError(msg, {
    hint: isBusy ? busy : (hints[code] ?? "The log of the service says more."),
    exitCode: isBusy ? exitCodes.unavailable : exitCodes.refused,
  })
}

/** Names the store of the settings, in a sentence. `path` is the data directory. */
export function placeOf({ database }: Config, path: string): string {
  return database === null ? `'${path}'` : `the ${nameOf(database.location)}`
}

/** The sentence that says which store a command changed while no service ran. */
export function writtenTo(config: Config, path: string): string {
  const place = `Written to ${placeOf(config, path)}`
  return config.database === null
    ? `${place}, since no service runs there.\n`
    : `${place}. Its services go by it from now on.\n`
}

/**
 * Opens the data directory in this process, for as long as `use` runs. Warnings go to the terminal.
 * Without `mayMake` a directory in which nothing is set up is refused.
 */
export async function withDeployment<T>(
  { config, terminal, mayMake }: { config: Config; terminal: Terminal; mayMake: boolean },
  use: (deployment: Deployment, log: Log) => Promise<T>,
): Promise<T> {
  const { compose } = await import("../compose.ts")
  const log = logAt(terminal)
  const deployment = await compose(config, log, { isService: false, mayMake }).catch((error) => {
    throw databaseFailure(error, config.database)
  })
  try {
    return await use(deployment, log)
  } finally {
    await deployment.close()
  }
}

/** The error of a database that does not answer, in words for the operator. */
export function databaseFailure(error: unknown, database: DatabaseSettings | null): unknown {
  if (!(error instanceof Unavailable) || database === null) return error
  const { location } = database
  return new OperatorError(`The ${nameOf(location)} does not answer`, {
    hint: "Nothing was changed. Check POSTERN_STORE, the network, and whether the server runs.",
    exitCode: exitCodes.unavailable,
    cause: error,
  })
}
