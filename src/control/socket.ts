// The control socket beside the store, control.sock, mode 0600 in a directory of mode 0700: how the
// command line reaches a running service, which owns the store. Who may open the socket may read
// the store's files as well, so it asks for nothing more.

import { join } from "node:path"
import type { Disk } from "../disk.ts"
import { exitCodes, OperatorError, systemCode } from "../errors.ts"
import { askLocally, type LocalSocket, listenLocally, NobodyListens } from "../local_socket.ts"
import { readJsonObject } from "../strict_json.ts"
import { fileFailure, fileHint } from "../system_failure.ts"
import { type Answer, type Command, type CommandParts, execute } from "./commands.ts"

const socketName = "control.sock"

/** Listens for commands. The caller holds the store's lock, so a socket that is there is a leftover. */
export async function openControl(
  options: CommandParts & { readonly directory: string; readonly disk: Disk },
): Promise<LocalSocket> {
  const { directory, disk } = options
  const path = join(directory, socketName)
  try {
    await disk.remove(path)
    const socket = await listenLocally(path, async (line) => {
      const command = readJsonObject(Buffer.from(line)).value
      return JSON.stringify(await execute(command, options))
    })
    await disk.chmod(path, 0o600)
    return socket
  } catch (cause) {
    throw fileFailure(cause, {
      message: `The control socket '${path}' can't be made`,
      setting: "POSTERN_DATA_DIR",
      exitCode: exitCodes.damagedData,
    })
  }
}

/** Has the running service run a command, or gives null when none runs. */
export async function askService(directory: string, command: Command): Promise<Answer | null> {
  try {
    return JSON.parse(
      await askLocally(join(directory, socketName), JSON.stringify(command)),
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
