// The control socket: the command line reaches a running service through control.sock in the data
// directory. The socket has mode 0600 and the directory 0700. A process that can open the socket
// can also read the store's files, so the socket needs no password.

import { join } from "node:path"
import { readJsonObject } from "../domain/strict_json.ts"
import { exitCodes, OperatorError, systemCode } from "../errors.ts"
import type { Disk } from "../system/disk.ts"
import { fileFailure, fileHint } from "../system/failure.ts"
import { randomName } from "../system/random.ts"
import {
  askForPieces,
  askLocally,
  knock,
  type LocalSocket,
  listenLocally,
  NobodyListens,
} from "../system/unix_socket.ts"
import type { CommandParts } from "./admin_command.ts"
import { type Answer, type Command, execute } from "./commands.ts"
import { executeLong, isLongCommand, type LongAnswer, type LongCommand } from "./long_commands.ts"
import type { RequestWatch, WatchCommand } from "./request_watch.ts"
import type { StatusAnswer, StatusCommand } from "./status_answer.ts"
import type { ImportCommand } from "./user_import.ts"

/** Name of the socket in the data directory. */
export const controlSocketName = "control.sock"

/** Error codes of file systems without sockets. */
const noSocketCodes: readonly string[] = [
  ...["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EINVAL", "EIO", "ENXIO", "EAFNOSUPPORT"],
]

/** Where to listen, and what commands work with. */
export interface ControlOptions extends CommandParts {
  readonly directory: string
  readonly disk: Disk
  /** Whether this process still owns the directory. If not, the socket may be another's. */
  readonly isInPlace: () => boolean
  /** Answers `postern doctor`. */
  readonly watch?: Pick<RequestWatch, "answer">
  /** Answers `postern status`. */
  readonly status?: () => Promise<StatusAnswer>
}

/**
 * Listens for commands. The caller holds the store's lock, so an existing socket is a leftover and
 * is removed. If the file system has no sockets, the service runs without one and logs a warning.
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

// Binds a random name and then renames it. Node removes the bound name when the socket closes. By
// then `path` may be the socket of another service that took over the directory.
async function putUp(path: string, options: ControlOptions): Promise<LocalSocket> {
  const { directory, disk, isInPlace } = options
  const unnamed = join(directory, `.ctrl-${randomName()}.sock`)
  const socket = await listenLocally(unnamed, async (line) => {
    const command = readJsonObject(Buffer.from(line)).value
    const seen = options.watch?.answer(command)
    if (seen !== undefined) return JSON.stringify({ ok: true, value: seen } satisfies Answer)
    if (command["command"] === "status" && options.status !== undefined) {
      return JSON.stringify({ ok: true, value: await options.status() } satisfies Answer)
    }
    if (!isLongCommand(command)) return JSON.stringify(await execute(command, options))
    const { answer, pieces } = await executeLong(command, options)
    const text = JSON.stringify(answer)
    return pieces === null ? text : { line: text, pieces }
  }).catch(async (error) => {
    // Some file systems make a file that is not a socket, and then fail.
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

/** Sends a command to the running service. Gives null when no service runs. */
export async function askService(
  directory: string,
  command: Command | WatchCommand | ImportCommand | StatusCommand,
): Promise<Answer | null> {
  return reached(directory, async (path) => {
    return JSON.parse(await askLocally(path, JSON.stringify(command))) as Answer
  })
}

/** The same for a command with a long answer. */
export async function askServiceLong(
  directory: string,
  command: LongCommand,
): Promise<LongAnswer | null> {
  return reached(directory, async (path) => {
    const { line, pieces } = await askForPieces(path, JSON.stringify(command))
    const answer = JSON.parse(line) as Answer
    return answer.ok ? { answer, pieces: whole(directory, pieces) } : { answer, pieces: null }
  })
}

async function* whole(
  directory: string,
  pieces: AsyncIterable<Uint8Array>,
): AsyncIterable<Uint8Array> {
  try {
    yield* pieces
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new OperatorError(`The service of '${directory}' gave only a part: ${message}`, {
      hint: "Its log says more. Did it stop? Try again.",
      exitCode: exitCodes.unavailable,
      cause,
    })
  }
}

async function reached<T>(directory: string, ask: (path: string) => Promise<T>): Promise<T | null> {
  try {
    return await ask(join(directory, controlSocketName))
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
