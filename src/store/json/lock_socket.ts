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

/** The owner of the lock tidied the socket away before it had its name. */
export class TidiedAway extends Error {
  override readonly name = "TidiedAway"
}

/** Whether a name is a lock's, or of a socket that had not got its name yet; null for any other. */
export function isLockSocket(name: string): "named" | "unnamed" | null {
  const kind = /^(lock|\.lock|\.ctrl)-[\w-]{22}\.sock$/.exec(name)?.[1]
  if (kind === undefined) return null
  return kind === "lock" ? "named" : "unnamed"
}

/**
 * Puts up a socket, or gives why none can be had: the file system has none, or they don't work.
 * Listening comes before the name, so a name at which nobody listens is always a leftover.
 * @throws TidiedAway to be tried again
 * @throws OperatorError when the path is too long: the unnamed name is the longer of the two
 */
export async function putUpSocket(directory: string, disk: Disk): Promise<LockSocket | string> {
  const name = `lock-${randomName()}.sock`
  const unnamed = join(directory, `.${name}`)
  try {
    const socket = await listenLocally(unnamed, async () => "locked")
    try {
      const identity = await giveName(directory, name, disk)
      return { name, identity, takeDown: () => takeDown(join(directory, name), socket, disk) }
    } catch (error) {
      await takeDown(join(directory, name), socket, disk)
      throw error
    }
  } catch (error) {
    if (error instanceof OperatorError || error instanceof TidiedAway) throw error
    // Some file systems make a file of another kind, and then refuse it.
    await disk.remove(unnamed).catch(() => {})
    return systemCode(error) ?? String(error)
  }
}

async function giveName(directory: string, name: string, disk: Disk): Promise<string> {
  const unnamed = join(directory, `.${name}`)
  const path = join(directory, name)
  try {
    // Where a socket can't have a mode, the directory's keeps others out.
    await disk.chmod(unnamed, 0o600).catch(() => {})
    await disk.rename(unnamed, path)
  } catch (error) {
    if (systemCode(error) === "ENOENT") throw new TidiedAway()
    throw error
  }
  const found = await disk.inspect(path)
  // Where a socket that is listened on can't be reached, silence would prove nothing.
  if (found !== null && (await knock(path)) === "connected") return found.identity
  throw new Error("it can't be reached")
}

// Closing it removes the name that it was made with, if it still has that.
async function takeDown(path: string, socket: LocalSocket, disk: Disk): Promise<void> {
  await disk.remove(path).catch(() => {})
  await socket.close()
}
