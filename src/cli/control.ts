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
import { machineDisk } from "../system/disk.ts"
import type { Log } from "../telemetry/log.ts"
import type { Terminal } from "./terminal.ts"
import { logAt } from "./terminal_log.ts"

/** What to do about a refusal, by its code. */
export type Hints = Partial<Record<ErrorCode, string>>

const busy =
  "Nothing was changed. Too many logins, a full disk, a data directory that was replaced? " +
  "The log says more."

/** What a command goes by: the settings, where it prints, and what to say about a refusal. */
interface ControlParts {
  readonly config: Config
  readonly terminal: Terminal
  readonly hints: Hints
}

/** The path of the data directory. */
export async function dataDirectoryOf({ dataDirectory }: Config): Promise<string> {
  return (await findDataDirectory(dataDirectory, machineDisk)).path
}

/**
 * Makes sure that no service uses a data directory.
 * @throws OperatorError with that hint when one does
 */
export async function requireUnserved(directory: string, hint: string): Promise<void> {
  if (!(await isServed(directory))) return
  throw new OperatorError(`A service is using the data directory '${directory}'`, {
    ...{ hint, exitCode: exitCodes.inUse },
  })
}

/**
 * Makes sure that the data directory is set up, before a command asks questions.
 * @throws OperatorError when nothing is set up
 */
export async function requireDeployment(config: Config): Promise<void> {
  // Whether a database is set up is seen when it is opened.
  if (config.database !== null) return
  const path = await dataDirectoryOf(config)
  if (!(await isDeployed(path, machineDisk)) && !(await isServed(path))) throw nothingThere(path)
}

/**
 * Runs a command and gives its value, with a note where it was changed without a service; empty
 * when a service did it.
 * @throws OperatorError when it was refused, or when nothing is set up
 */
export async function runControlCommand(
  command: Command,
  { config, terminal, hints }: ControlParts,
): Promise<{ readonly value: unknown; readonly note: string }> {
  const path = await dataDirectoryOf(config)
  const answered = await askService(path, command)
  const answer =
    answered ??
    (await withDeployment({ config, terminal, mayMake: false }, (deployment, log) =>
      execute({ ...command }, { ...deployment, log }),
    ))
  if (!answer.ok) throw refusal(answer, hints)
  return { value: answer.value, note: answered === null ? writtenTo(config, path) : "" }
}

/**
 * Runs a command with a long answer. `use` gets what was answered first, and reads the pieces
 * behind it to their end.
 * @throws OperatorError when it was refused, when nothing is set up, or when the answer is cut off
 */
export async function runLongCommand<T>(
  command: LongCommand,
  { config, terminal, hints }: ControlParts,
  use: (value: unknown, pieces: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<T> {
  const path = await dataDirectoryOf(config)
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
  return database === null ? `'${path}'` : `the ${database.place}`
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
  const options = { isService: false, mayMake }
  const deployment = await compose(config, log, options).catch(failFor(config.database))
  try {
    return await use(deployment, log)
  } finally {
    await deployment.close()
  }
}

/** Throws the error of a database that does not answer in words for the operator. */
export function failFor(database: DatabaseSettings | null): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof Unavailable) || database === null) throw error
    throw new OperatorError(`The ${database.place} does not answer`, {
      hint: "Nothing was changed. Check POSTERN_STORE, the network, and whether the server runs.",
      exitCode: exitCodes.unavailable,
      cause: error,
    })
  }
}
