// The socket of a lock (lock.ts), which answers for as long as its owner lives.
//
//   lock-<random>.sock    appears already listened on, under a name that is never used again
//   .lock-<random>.sock   its name until then; .ctrl-<random>.sock is that of the control socket

import { join } from "node:path"
import { OperatorError, systemCode } from "../../errors.ts"
import type { Disk } from "../../system/disk.ts"
import { randomName } from "../../system/random.ts"
import { knock, type LocalSocket, listenLocally } from "../../system/unix_socket.ts"

/** A socket that is up. */
export interface LockSocket {
  readonly name: string
  /** Which file it is. */
  readonly identity: string
  takeDown(): Promise<void>
}

/** Whether a name is a lock's, or of a socket that had not got its name yet; null for any other. */
export function isLockSocket(name: string): "named" | "unnamed" | null {
  const kind = /^(lock|\.lock|\.ctrl)-[\w-]{22}\.sock$/.exec(name)?.[1]
  if (kind === undefined) return null
  return kind === "lock" ? "named" : "unnamed"
}

/**
 * Puts up a socket. Gives the reason where sockets don't work, and null when the owner of the lock
 * removed the socket before it had its name: try again then. It is listened on before it has its
 * name, so a name at which nobody listens is always a leftover.
 * @throws OperatorError when the path is too long: the unnamed name is the longer of the two
 */
export async function putUpSocket(
  directory: string,
  disk: Disk,
): Promise<LockSocket | string | null> {
  const name = `lock-${randomName()}.sock`
  const path = join(directory, name)
  const unnamed = join(directory, `.${name}`)
  let socket: LocalSocket | null = null
  const takeDown = async () => {
    await disk.remove(path).catch(() => {})
    // Also removes the unnamed name, if it is still there.
    await socket?.close()
  }
  try {
    socket = await listenLocally(unnamed, async () => "locked")
    // Where a socket can't have a mode, the directory's keeps others out.
    await disk.chmod(unnamed, 0o600).catch(() => {})
    await disk.rename(unnamed, path)
    const found = await disk.inspect(path)
    // Where a socket that is listened on can't be reached, silence would prove nothing.
    if (found === null || (await knock(path)) !== "connected")
      throw new Error("it can't be reached")
    return { name, identity: found.identity, takeDown }
  } catch (error) {
    await takeDown()
    if (error instanceof OperatorError) throw error
    if (socket !== null && systemCode(error) === "ENOENT") return null
    // Some file systems make a file of another kind, and then refuse it.
    await disk.remove(unnamed).catch(() => {})
    return systemCode(error) ?? String(error)
  }
}
