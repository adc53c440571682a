// Bounded concurrency for password hashing. Hashing, signature checks and file writes share libuv's
// thread pool: a hash holds its thread for tens of milliseconds, so with hashes on every thread
// each token check waits for a hash to end. The lane always leaves threads to the others. Its queue
// is shared out by client and by account (fair_queue.ts), and has an end, because every login that
// waits in it holds memory and a client.
//
// A hash leaves nothing of others in the processor's caches: what follows one (a token to sign, a
// session to write) takes up to a seventh of its time right after it, and a third less after the
// same for others. So while others wait, those whose turn is over go on several at a time.

import { Unavailable } from "../errors.ts"
import { type Asker, createFairQueue } from "./fair_queue.ts"

/** Runs work when there is room. */
export interface HashingLane {
  /**
   * Gives what the work gave; while others wait, up to 50 milliseconds later: who gives a promise
   * in it sees to it that it can fail meanwhile.
   * @throws Unavailable when too many wait and most of them with it, at once or later; and after
   *   five seconds of waiting
   */
  run<T>(work: () => Promise<T>, asker: Asker): Promise<T>
}

const waitingMax = 200

/** How many go on together, and how long the first of them is held back at most. */
const groupMax = 4
const heldMillisMax = 50

/** Well below the time after which the HTTP server takes a connection for dead. */
const waitMillisMax = 5_000
const threadsDefault = 4
const threadsMax = 1024

/** Size of libuv's thread pool, read as libuv reads UV_THREADPOOL_SIZE. */
export function threadPoolSize(setting: string | undefined): number {
  if (setting === undefined) return threadsDefault
  const size = Number.parseInt(setting, 10)
  return Math.min(Math.max(Number.isNaN(size) ? 1 : size, 1), threadsMax)
}

/** What the process needs beside its hashes in a flood of logins: 46 to 49 MiB, measured. */
const ownBytes = 56 * 1024 * 1024

/**
 * How many hashes may run at a time: half of the pool's threads, no more than there are cores, and
 * no more than there is memory for. 0 when not even one has room.
 *
 * The event loop has no core of its own beside them: while logins flood, everybody waits for the
 * scheduler. On two cores one hash fewer would cost logins and make few of these waits shorter; one
 * more would add some logins, for longer waits and the memory of a hash.
 *
 * A pool of one thread has none to leave free; the settings refuse it.
 */
export function laneWidth(machine: {
  readonly threads: number
  readonly cores: number
  /** What the process may use in all: the container's limit, where there is one. */
  readonly memoryBytes: number
  /** What a hash takes. */
  readonly hashBytes: number
}): number {
  const { threads, cores, memoryBytes, hashBytes } = machine
  const fitting = Math.max(0, Math.floor((memoryBytes - ownBytes) / hashBytes))
  return Math.min(Math.max(1, Math.min(cores, Math.floor(threads / 2))), fitting)
}

/** Makes a lane of `width` places and a queue before it. */
export function createHashingLane(options: {
  readonly width: number
  readonly waitingMax?: number
}): HashingLane {
  const queue = createFairQueue<Waiter>(options.waitingMax ?? waitingMax)
  const group = createGroup()
  let running = 0

  return {
    async run(work, asker) {
      if (running < options.width) running += 1
      else await turn(asker)
      try {
        return await work()
      } finally {
        // The place is handed on, so that nobody can take it in between.
        const next = queue.takeNext()
        if (next === null) running -= 1
        else next.enter()
        await group.leave({ othersWait: queue.size > 0 })
      }
    },
  }

  function turn(asker: Asker): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        enter() {
          clearTimeout(timer)
          resolve()
        },
        leave() {
          clearTimeout(timer)
          reject(tooMany())
        },
      }
      const timer = setTimeout(() => {
        queue.remove(waiter)
        waiter.leave()
      }, waitMillisMax)
      queue.add(waiter, asker)?.leave()
    })
  }
}

/** One that waits, and how its waiting ends. */
interface Waiter {
  enter(): void
  leave(): void
}

/** Holds back whose turn is over until there are several, or nobody is left to wait for. */
function createGroup() {
  let held: (() => void)[] = []
  let timer: NodeJS.Timeout | undefined
  const goOn = () => {
    clearTimeout(timer)
    for (const leave of held) leave()
    held = []
  }
  return {
    leave: ({ othersWait }: { readonly othersWait: boolean }) =>
      new Promise<void>((resolve) => {
        held.push(resolve)
        if (!othersWait || held.length === groupMax) goOn()
        else if (held.length === 1) timer = setTimeout(goOn, heldMillisMax)
      }),
  }
}

function tooMany(): Unavailable {
  return new Unavailable("Too many logins at a time")
}
