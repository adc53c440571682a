// One writer: a data directory belongs to one process at a time. Two things say so.
//
//   lock-<random>.sock   a Unix socket that the owner listens on, under a name that is never used
//                        again: it answers for as long as the process lives
//   lock.json            who the owner is (lock_file.ts), renewed every second
//
// The socket decides where it can be seen: on one kernel, through one mount. Through a second mount
// of the same directory (FUSE, NFS, 9p, another machine) it looks like one that nobody listens on,
// and some file systems have no sockets. There the content decides: an owner that does not renew it
// for four seconds is gone. Nothing here asks of what type a file system is, and no pid is looked
// at: between containers every process is pid 1.
//
// To take the lock: put up a socket of one's own, then look at all others. Where one is listened
// on, take one's own down again and wait. Of two who do this at once, one at least sees the other.
// Then make lock.json, which one process alone can do. Where it is there already, its owner was
// killed if its socket, still the same file and bound since the kernel's same start, refuses. Else
// watch it, write over it, and see after a while that nobody else did.

import { join } from "node:path"
import { setTimeout as wait } from "node:timers/promises"
import { exitCodes, OperatorError } from "../../errors.ts"
import type { Disk } from "../../system/disk.ts"
import { randomBetween, randomName } from "../../system/random.ts"
import { isListenedOn } from "../../system/unix_socket.ts"
import {
  encodeLock,
  type LockOwner,
  lockFileName,
  makeLockFile,
  readBoot,
  readLock,
} from "./lock_file.ts"
import { isLockSocket, type LockSocket, putUpSocket, TidiedAway } from "./lock_socket.ts"

/** A lock that is held. */
export interface Lock {
  /**
   * Renews it. False when it is another's by now, or gone.
   * @throws the system's error when that can't be found out
   */
  renew(): Promise<boolean>
  release(): Promise<void>
}

/** What taking a lock needs. */
export interface LockOptions {
  readonly disk: Disk
  readonly warn: (event: string, message: string) => void
  readonly pauses?: LockPauses
}

/** How long to wait, in milliseconds. */
export interface LockPauses {
  /** For how long the content has to stay as it is: four times as long as an owner lets it. */
  readonly watch: number
  /** How long after writing over it nobody else may have done so. */
  readonly settle: number
}

const pausesOfOwners: LockPauses = { watch: 4000, settle: 1500 }
const tries = 8
const waitMillisMin = 50
const waitMillisMax = 250
const looksPerWatch = 16

const inUseHere = "Stop it first. User commands reach a running service by themselves."
const inUseElsewhere =
  "Stop it first. Commands can't reach it: it is on another machine or mount, or there are no sockets."

/**
 * Takes the lock of a directory, waiting a second for one that is about to be given back.
 * @throws OperatorError when another process keeps it, or when it can't be written
 */
export async function takeLock(directory: string, options: LockOptions): Promise<Lock> {
  for (let attempt = 1; attempt <= tries; attempt += 1) {
    const lock = await tryLock(directory, options)
    if (lock !== null) return lock
    await wait(randomBetween(waitMillisMin, waitMillisMax))
  }
  throw inUse(directory, inUseHere)
}

async function tryLock(directory: string, options: LockOptions): Promise<Lock | null> {
  const { disk, warn } = options
  const made = await putUpSocket(directory, disk).catch((error) => {
    if (error instanceof TidiedAway) return null
    throw error
  })
  if (made === null) return null
  const socket = typeof made === "string" ? null : made
  let lock: Lock | null = null
  try {
    const left = await findLeftSockets(directory, { own: socket?.name, disk })
    lock = left && (await takeContent(directory, { ...options, socket }))
    if (lock !== null) for (const path of left ?? []) await disk.remove(path)
  } catch (error) {
    await (lock === null ? socket?.takeDown() : lock.release())
    throw error
  }
  if (lock === null) await socket?.takeDown()
  else if (typeof made === "string") warn("store.no_sockets", withoutSockets(directory, made))
  return lock
}

function withoutSockets(directory: string, why: string): string {
  const what = `No Unix socket works in '${directory}' (${why})`
  return `${what}: commands can't reach a running service there, and a start after a crash takes 6 s`
}

/** The sockets on which nobody listens, or null when somebody listens on one. */
async function findLeftSockets(
  directory: string,
  { own, disk }: { readonly own: string | undefined; readonly disk: Disk },
): Promise<readonly string[] | null> {
  const left: string[] = []
  for (const name of await disk.list(directory)) {
    const kind = name === own ? null : isLockSocket(name)
    if (kind === null) continue
    const path = join(directory, name)
    if (kind === "named" && (await isListenedOn(path))) return null
    left.push(path)
  }
  return left
}

interface Taking extends LockOptions {
  readonly socket: LockSocket | null
}

async function takeContent(directory: string, taking: Taking): Promise<Lock | null> {
  const { disk, socket } = taking
  const path = join(directory, lockFileName)
  const owner: LockOwner = {
    id: randomName(),
    boot: await readBoot(disk),
    socket: socket === null ? null : { name: socket.name, identity: socket.identity },
  }
  const content = encodeLock(owner, 0)
  const made = await makeLockFile(path, content, disk)
  if (made === "taken") {
    const seen = await disk.read(path)
    if (seen === null) return null
    if (await isProvenDead(directory, { left: readLock(seen), boot: owner.boot, disk })) {
      await disk.overwrite(path, content)
    } else if (!(await outlast(directory, { ...taking, seen, content }))) {
      return null
    }
  }
  return heldLock(path, owner, { ...taking, isBlank: made === "blank" })
}

// A socket that was bound since this kernel started is the same object for everybody who sees it
// through the same mount, which the device in its identity tells; and as long as it is bound no
// other file gets its number. So if it refuses, the process that bound it is gone.
async function isProvenDead(
  directory: string,
  found: { readonly left: LockOwner | null; readonly boot: string | null; readonly disk: Disk },
): Promise<boolean> {
  const { left, boot, disk } = found
  if (left === null || left.socket === null || boot === null || left.boot !== boot) return false
  const { name, identity } = left.socket
  if (isLockSocket(name) !== "named") return false
  const path = join(directory, name)
  const socket = await disk.inspect(path)
  return socket?.identity === identity && !(await isListenedOn(path))
}

/** Waits until it is certain that nobody renews the content, and writes over it. */
async function outlast(
  directory: string,
  found: Taking & { readonly seen: Uint8Array; readonly content: Buffer },
): Promise<boolean> {
  const { disk, warn, seen, content, pauses = pausesOfOwners } = found
  const path = join(directory, lockFileName)
  const seconds = Math.ceil((pauses.watch + pauses.settle) / 1000)
  const why = `Making sure for ${seconds} s that no process uses '${directory}'`
  warn("store.lock_watched", `${why}: the last one did not give '${lockFileName}' back`)
  for (let look = 1; look <= looksPerWatch; look += 1) {
    await wait(pauses.watch / looksPerWatch)
    const now = await disk.read(path)
    if (now === null) return false
    if (!sameBytes(now, seen)) throw inUse(directory, inUseElsewhere)
  }
  await disk.overwrite(path, content)
  await wait(pauses.settle)
  const now = await disk.read(path)
  if (now === null || !sameBytes(now.subarray(0, content.byteLength), content)) {
    throw inUse(directory, inUseElsewhere)
  }
  return true
}

function heldLock(
  path: string,
  owner: LockOwner,
  { disk, socket, isBlank }: Taking & { readonly isBlank: boolean },
): Lock {
  let beat = 0
  let isWritten = !isBlank
  return {
    async renew() {
      if (!(await isOwn())) return false
      beat += 1
      await disk.overwrite(path, encodeLock(owner, beat))
      isWritten = true
      return true
    },
    async release() {
      // Before the socket: who sees neither may have the directory.
      try {
        if (await isOwn().catch(() => false)) await disk.remove(path)
      } finally {
        await socket?.takeDown()
      }
    },
  }

  async function isOwn(): Promise<boolean> {
    const found = await disk.read(path)
    if (found === null) return false
    return found.byteLength === 0 ? !isWritten : readLock(found)?.id === owner.id
  }
}

function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0
}

/** What a start says that took so long that another has taken its lock. */
export function takenMeanwhile(directory: string): OperatorError {
  return inUse(directory, inUseElsewhere)
}

function inUse(directory: string, hint: string): OperatorError {
  return new OperatorError(`Another process is using the data directory '${directory}'`, {
    hint,
    exitCode: exitCodes.inUse,
  })
}
