// One writer: a data directory belongs to one process at a time. The lock is a Unix socket that its
// owner listens on, so it is held exactly as long as the process lives: after `kill -9` nobody
// listens there, and it takes no pid to find that out, which says nothing between containers where
// every process is pid 1. The directory has to be on this machine.
//
//   lock-<random>.sock    appears already listened on, under a name that is never used again
//
// To take the lock: put up a socket of one's own, then look at all others. Where one is listened
// on, take one's own down again and wait. The rest are leftovers, and are removed. Of two who do
// this at once, one at least sees the other, so never do both own the directory.

import { join } from "node:path"
import { setTimeout as wait } from "node:timers/promises"
import type { Disk } from "../disk.ts"
import { exitCodes, OperatorError, systemCode } from "../errors.ts"
import { isListenedOn, type LocalSocket, listenLocally } from "../local_socket.ts"
import { randomBetween, randomName } from "../random.ts"
import { fileHint } from "../system_failure.ts"

/** A lock that is held. */
export interface Lock {
  release(): Promise<void>
}

const lockName = /^lock-[\w-]{22}\.sock$/
const temporaryName = /^\.lock-[\w-]{22}\.sock$/
const tries = 8
const waitMillisMin = 50
const waitMillisMax = 250

/**
 * Takes the lock of a directory, waiting a second for one that is about to be given back.
 * @throws OperatorError when another process keeps it
 */
export async function takeLock(directory: string, disk: Disk): Promise<Lock> {
  for (let attempt = 1; attempt <= tries; attempt += 1) {
    const lock = await tryLock(directory, disk)
    if (lock !== null) return lock
    await wait(randomBetween(waitMillisMin, waitMillisMax))
  }
  throw new OperatorError(`Another process is using the data directory '${directory}'`, {
    hint: "Stop it first. User commands reach a running service by themselves.",
    exitCode: exitCodes.inUse,
  })
}

async function tryLock(directory: string, disk: Disk): Promise<Lock | null> {
  const name = `lock-${randomName()}.sock`
  const path = join(directory, name)
  const socket = await putUp(directory, path, disk)
  if (socket === null) return null
  const lock = { release: () => takeDown(socket, path, disk) }
  try {
    if (!(await isTakenByAnother(directory, name, disk))) return lock
  } catch (error) {
    await lock.release()
    throw error
  }
  await lock.release()
  return null
}

/** Looks at all other locks, and removes what is left of those that nobody holds. */
async function isTakenByAnother(directory: string, own: string, disk: Disk): Promise<boolean> {
  const others = (await disk.list(directory)).filter((other) => other !== own)
  for (const other of others.filter((found) => lockName.test(found))) {
    if (await isListenedOn(join(directory, other))) return true
    await disk.remove(join(directory, other))
  }
  for (const other of others.filter((found) => temporaryName.test(found))) {
    await disk.remove(join(directory, other))
  }
  return false
}

// Listening comes before the name: a name at which nobody listens is always a leftover. Null when
// the owner of the lock tidied the temporary name away. That name is the longer of the two: if it
// fits into a socket's address, so do the names of all locks.
async function putUp(directory: string, path: string, disk: Disk): Promise<LocalSocket | null> {
  const temporary = join(directory, `.lock-${randomName()}.sock`)
  let socket: LocalSocket
  try {
    socket = await listenLocally(temporary, async () => "locked")
  } catch (cause) {
    if (cause instanceof OperatorError) throw cause
    throw new OperatorError(
      `No Unix socket can be made in the data directory '${directory}' (${systemCode(cause)})`,
      {
        hint: fileHint(cause, "POSTERN_DATA_DIR"),
        exitCode: exitCodes.unavailable,
        cause,
      },
    )
  }
  try {
    await disk.chmod(temporary, 0o600)
    await disk.rename(temporary, path)
    return socket
  } catch (error) {
    await socket.close()
    if (systemCode(error) === "ENOENT") return null
    throw error
  }
}

async function takeDown(socket: LocalSocket, path: string, disk: Disk): Promise<void> {
  await disk.remove(path)
  await socket.close()
}
