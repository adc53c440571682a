// The control socket, control.sock beside the store, by which the command line reaches a running
// service. Its mode is 0600, in a directory of mode 0700. A process that may open it may also read
// the store's files, so the socket asks for no password.

import { join } from "node:path"
import { readJsonObject } from "../domain/strict_json.ts"
import { exitCodes, OperatorError, systemCode } from "../errors.ts"
import type { Disk } from "../system/disk.ts"
import { fileFailure, fileHint } from "../system/failure.ts"
import { randomName } from "../system/random.ts"
import {
  askLocally,
  knock,
  type LocalSocket,
  listenLocally,
  NobodyListens,
} from "../system/unix_socket.ts"
import { type Answer, type Command, type CommandParts, execute } from "./commands.ts"

/** Name of the socket in the data directory. */
export const controlSocketName = "control.sock"

/** Error codes of file systems on which no socket can be made. */
const noSocketCodes: readonly string[] = [
  ...["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EINVAL", "EIO", "ENXIO", "EAFNOSUPPORT"],
]

/** Where to listen, and what for. */
export interface ControlOptions extends CommandParts {
  readonly directory: string
  readonly disk: Disk
  /** Whether the directory is still this process's: else the socket there may be another's. */
  readonly isInPlace: () => boolean
}

/**
 * Listens for commands. The caller holds the store's lock, so a socket that is there is a leftover.
 * Where the file system has no sockets the service goes without, and the log says so.
 */
export async function openControl(options: ControlOptions): Promise<LocalSocket> {
  const { directory, disk, log } = options
  const path = join(directory, controlSocketName)
  try {
    await disk.remove(path)
    return await putUp(path, options)
  } catch (cause) {
    if (noSocketCodes.includes(systemCode(cause) ?? "")) {
      const why = `No Unix socket can be made in '${directory}' (${systemCode(cause)})`
      const message = `${why}: commands can't reach this service. Stop it before you run one`
      log.warn("control.none", { message })
      return { close: async () => {} }
    }
    throw fileFailure(cause, {
      message: `The control socket '${path}' can't be made`,
      setting: "POSTERN_DATA_DIR",
      exitCode: exitCodes.damagedData,
    })
  }
}

// Bound under a name of its own and then renamed. Closing removes the name that was bound, and by
// then `path` may belong to another service that took over the directory.
async function putUp(path: string, options: ControlOptions): Promise<LocalSocket> {
  const { directory, disk, isInPlace } = options
  const unnamed = join(directory, `.ctrl-${randomName()}.sock`)
  const socket = await listenLocally(unnamed, async (line) => {
    const command = readJsonObject(Buffer.from(line)).value
    return JSON.stringify(await execute(command, options))
  }).catch(async (error) => {
    // Some file systems make a file of another kind, and then refuse it.
    await disk.remove(unnamed).catch(() => {})
    throw error
  })
  try {
    await disk.chmod(unnamed, 0o600)
    await disk.rename(unnamed, path)
  } catch (error) {
    await socket.close()
    throw error
  }
  const own = (await disk.inspect(path))?.identity
  return {
    async close() {
      const found = isInPlace() ? await disk.inspect(path).catch(() => null) : null
      if (found !== null && found.identity === own) await disk.remove(path)
      await socket.close()
    },
  }
}

/** Whether a service listens for commands. */
export async function isServed(directory: string): Promise<boolean> {
  return (await knock(join(directory, controlSocketName))) === "connected"
}

/** Has the running service run a command, or gives null when none runs. */
export async function askService(directory: string, command: Command): Promise<Answer | null> {
  try {
    return JSON.parse(
      await askLocally(join(directory, controlSocketName), JSON.stringify(command)),
    ) as Answer
  } catch (error) {
    if (error instanceof NobodyListens) return null
    throw error instanceof OperatorError ? error : notReached(directory, error)
  }
}

function notReached(directory: string, cause: unknown): OperatorError {
  const message = cause instanceof Error ? cause.message : String(cause)
  return new OperatorError(`The service of '${directory}' can't be reached: ${message}`, {
    hint: notReachedHint(systemCode(cause), cause),
    exitCode: exitCodes.unavailable,
    cause,
  })
}

function notReachedHint(code: string | null, cause: unknown): string {
  if (code === "EACCES" || code === "EPERM") {
    return "Run the command as the user that the service runs as. Is POSTERN_DATA_DIR the service's?"
  }
  if (code !== null) return fileHint(cause, "POSTERN_DATA_DIR")
  return "Is POSTERN_DATA_DIR the service's? Its log says more."
}
