// One writer: a data directory belongs to one process at a time. Two things say so.
//
//   lock-<random>.sock   a Unix socket that the owner listens on, under a name that is never used
//                        again: it answers for as long as the process lives
//   lock.json            who the owner is (lock_file.ts), renewed every second
//
// The socket decides on one kernel and through one mount. Through a second mount of the directory
// (FUSE, NFS, 9p, another machine) nobody seems to listen on it, and some file systems have no
// sockets. There the content of lock.json decides: an owner that does not renew it for four seconds
// is gone. Pids prove nothing, because in containers every process is pid 1.
//
// A process takes the lock in these steps:
//   1. It puts up a socket of its own and connects to all others. If one is listened on, it takes
//      its own down and tries again later. Of two processes at once, at least one sees the other.
//   2. It makes lock.json, which only one process can do.
//   3. If lock.json is there already, its owner is dead if the owner's socket refuses, is still the
//      same file, and was bound since this kernel started. Else the process waits until the content
//      has not changed for a while, writes over it, and checks later that nobody else did.

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
import { isLockSocket, type LockSocket, putUpSocket } from "./lock_socket.ts"

/** A lock that is held. */
export interface Lock {
  /**
   * Renews it. False when another process has it, or when lock.json is gone.
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
interface LockPauses {
  /** How long the content must not change: four times as long as owners take to renew it. */
  readonly watch: number
  /** How long to wait after writing over the content, before checking that nobody else did. */
  readonly settle: number
}

const pausesDefault: LockPauses = { watch: 4000, settle: 1500 }
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
  const made = await putUpSocket(directory, disk)
  if (made === null) return null
  const socket = typeof made === "string" ? null : made
  let lock: Lock | null = null
  try {
    const left = await findLeftSockets(directory, { own: socket?.name, disk })
    lock = left && (await takeContent(directory, socket, options))
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

/** The sockets that nobody listens on, or null when a process listens on one. */
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

async function takeContent(
  directory: string,
  socket: LockSocket | null,
  options: LockOptions,
): Promise<Lock | null> {
  const { disk } = options
  const path = join(directory, lockFileName)
  const owner = {
    id: randomName(),
    boot: await readBoot(disk),
    socket: socket && { name: socket.name, identity: socket.identity },
  }
  const content = encodeLock(owner, 0)
  const made = await makeLockFile(path, content, disk)
  if (made === "taken") {
    const seen = await disk.read(path)
    if (seen === null) return null
    if (await isProvenDead(readLock(seen), { directory, boot: owner.boot, disk })) {
      await disk.overwrite(path, content)
    } else if (!(await outlast(directory, { ...options, seen, content }))) {
      return null
    }
  }
  return heldLock(path, owner, { disk, socket, isBlank: made === "blank" })
}

// The identity of a socket has the device of the mount, and no other file gets its number while it
// is bound. So if a socket of this identity, bound since this kernel started, refuses, the process
// that bound it is dead.
async function isProvenDead(
  left: LockOwner | null,
  here: { readonly directory: string; readonly boot: string | null; readonly disk: Disk },
): Promise<boolean> {
  if (!left?.socket || left.boot === null || left.boot !== here.boot) return false
  const { name, identity } = left.socket
  if (isLockSocket(name) !== "named") return false
  const path = join(here.directory, name)
  const socket = await here.disk.inspect(path)
  return socket?.identity === identity && !(await isListenedOn(path))
}

/** Waits until it is certain that nobody renews the content, and writes over it. */
async function outlast(
  directory: string,
  options: LockOptions & { readonly seen: Buffer; readonly content: Buffer },
): Promise<boolean> {
  const { seen, content, disk, warn, pauses = pausesDefault } = options
  const path = join(directory, lockFileName)
  const seconds = Math.ceil((pauses.watch + pauses.settle) / 1000)
  const why = `Making sure for ${seconds} s that no process uses '${directory}'`
  warn("store.lock_watched", `${why}: the last one did not give '${lockFileName}' back`)
  for (let look = 1; look <= looksPerWatch; look += 1) {
    await wait(pauses.watch / looksPerWatch)
    const now = await disk.read(path)
    if (now === null) return false
    if (!seen.equals(now)) throw inUse(directory, inUseElsewhere)
  }
  await disk.overwrite(path, content)
  await wait(pauses.settle)
  const now = await disk.read(path)
  if (!now?.subarray(0, content.byteLength).equals(content)) {
    throw inUse(directory, inUseElsewhere)
  }
  return true
}

function heldLock(
  path: string,
  owner: LockOwner,
  parts: { readonly disk: Disk; readonly socket: LockSocket | null; readonly isBlank: boolean },
): Lock {
  const { disk, socket } = parts
  let beat = 0
  let { isBlank } = parts
  return {
    async renew() {
      if (!(await isOwn())) return false
      beat += 1
      await disk.overwrite(path, encodeLock(owner, beat))
      isBlank = false
      return true
    },
    async release() {
      // Before the socket: a process that finds neither takes the lock.
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
    return found.byteLength === 0 ? isBlank : readLock(found)?.id === owner.id
  }
}

/** The error of a start during which another process took the lock over. */
export function takenMeanwhile(directory: string): OperatorError {
  return inUse(directory, inUseElsewhere)
}

function inUse(directory: string, hint: string): OperatorError {
  return new OperatorError(`Another process is using the data directory '${directory}'`, {
    hint,
    exitCode: exitCodes.inUse,
  })
}
