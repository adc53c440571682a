// Bounds how many passwords are hashed at a time. Hashing, signature checks and file writes share
// the threads of libuv's pool. A hash holds a thread for tens of milliseconds. With a hash on every
// thread, each token check would wait for a hash. So the lane leaves threads to the other work.
//
// Waiters take turns by client and by account (fair_queue.ts). The queue is bounded, because every
// waiting login holds memory and a connection.
//
// A hash evicts everything else from the processor's caches. So the work after a hash (sign a
// token, write a session) is slow. While others wait, finished hashes are therefore released in
// groups. Measured with 8 logins in flight: 7 % less processor time per login.

import { monotonicMillis } from "../clock.ts"
import { Unavailable } from "../errors.ts"
import { type DurationCounts, Durations } from "../system/durations.ts"
import { type Asker, FairQueue } from "./fair_queue.ts"

/** Runs work when there is room. */
export interface HashingLane {
  /**
   * Waits for a turn, runs the work and gives its result. While others wait, the result comes up to
   * 50 milliseconds after the work has ended.
   * @throws Unavailable after five seconds of waiting, and when the queue is full and this asker's
   *   groups have the most waiters
   */
  run<T>(work: () => Promise<T>, asker: Asker): Promise<T>
  /** Its numbers now, and those since it was made. */
  figures(): LaneFigures
}

/** The numbers of a lane, for monitoring. */
export interface LaneFigures {
  readonly width: number
  readonly running: number
  readonly waiting: number
  /** How long each that got a turn waited for it. */
  readonly waits: DurationCounts
  /** How many had to leave because the queue was full, and how many because they waited too long. */
  readonly refusals: { readonly full: number; readonly late: number }
}

const waitingMaxDefault = 200
/** The size of a group, and the longest time for which its first member is held. */
const groupSizeMax = 4
const heldMillisMax = 50
/** Well below the time after which the HTTP server closes a silent connection. */
const waitMillisMax = 5_000
const threadsDefault = 4
const threadsMax = 1024

/** Size of libuv's thread pool, read as libuv reads UV_THREADPOOL_SIZE. */
export function threadPoolSize(setting: string | undefined): number {
  if (setting === undefined) return threadsDefault
  const size = Number.parseInt(setting, 10)
  return Math.min(Math.max(Number.isNaN(size) ? 1 : size, 1), threadsMax)
}

/** Memory of the process without its hashes in a flood of logins. Measured: 46 to 49 MiB. */
const ownBytes = 56 * 1024 * 1024

/**
 * How many hashes may run at a time: half of the pool's threads, at most one per core, and at most
 * what fits into memory. 0 when the memory is too small for one hash.
 *
 * The event loop shares the cores with the hashes. Measured on two cores: one hash fewer gives
 * fewer logins and hardly shorter waits. One hash more gives few more logins and longer waits, and
 * needs the memory of a hash.
 *
 * The settings refuse a pool of one thread, because a hash would block all other work.
 */
export function laneWidth(machine: {
  readonly threads: number
  readonly cores: number
  /** All memory that the process may use: the machine's, or the container's limit. */
  readonly memoryBytes: number
  /** The memory of one hash. */
  readonly hashBytes: number
}): number {
  const { threads, cores, memoryBytes, hashBytes } = machine
  const fitting = Math.max(0, Math.floor((memoryBytes - ownBytes) / hashBytes))
  return Math.min(Math.max(1, Math.min(cores, Math.floor(threads / 2))), fitting)
}

/** The memory of one hash of another system; no setting allows more. */
const foreignBytesMax = 256 * 1024 * 1024

/**
 * The most memory that a hash of another system may take. One such hash at a time is compared
 * beside hashes of `hashBytes` (hash.ts).
 */
export function largestHashBytes(machine: {
  readonly width: number
  readonly memoryBytes: number
  readonly hashBytes: number
}): number {
  const { width, memoryBytes, hashBytes } = machine
  const room = memoryBytes - ownBytes - (width - 1) * hashBytes
  return Math.max(hashBytes, Math.min(room, foreignBytesMax))
}

/** A call that waits for its turn. It ends by `enter` or by `leave`. */
interface Waiter {
  enter(): void
  leave(): void
}

/** Makes a lane of `width` places with a queue in front of it. */
export function createHashingLane({
  width,
  waitingMax = waitingMaxDefault,
  millis = monotonicMillis,
}: {
  readonly width: number
  readonly waitingMax?: number
  /** Reads a clock that is never set. */
  readonly millis?: () => number
}): HashingLane {
  const queue = new FairQueue<Waiter>(waitingMax)
  const group = createGroup()
  const waits = new Durations()
  const refusals = { full: 0, late: 0 }
  let running = 0

  return {
    async run(work, asker) {
      if (running < width) {
        running += 1
        waits.add(0)
      } else await turn(asker)
      try {
        return await work()
      } finally {
        // Give the place to the next waiter directly, so that no new call can take it.
        const next = queue.takeNext()
        if (next === null) running -= 1
        else next.enter()
        await group.release({ othersWait: queue.size > 0 })
      }
    },
    figures: () => ({ width, running, waiting: queue.size, waits, refusals }),
  }

  function turn(asker: Asker): Promise<void> {
    const cameAt = millis()
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        enter() {
          clearTimeout(timer)
          waits.add((millis() - cameAt) / 1000)
          resolve()
        },
        leave() {
          clearTimeout(timer)
          reject(new Unavailable("Too many logins at a time"))
        },
      }
      const timer = setTimeout(() => {
        queue.remove(waiter)
        refusals.late += 1
        waiter.leave()
      }, waitMillisMax)
      const leaving = queue.add(waiter, asker)
      if (leaving === null) return
      refusals.full += 1
      leaving.leave()
    })
  }
}

/** Holds finished work until the group is full, its time is over, or nobody waits. */
function createGroup() {
  let held: (() => void)[] = []
  let timer: NodeJS.Timeout | undefined
  const releaseAll = () => {
    clearTimeout(timer)
    for (const release of held) release()
    held = []
  }
  return {
    release: ({ othersWait }: { readonly othersWait: boolean }) =>
      new Promise<void>((resolve) => {
        held.push(resolve)
        if (!othersWait || held.length === groupSizeMax) releaseAll()
        else if (held.length === 1) timer = setTimeout(releaseAll, heldMillisMax)
      }),
  }
}
