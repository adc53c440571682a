// Bounded concurrency for password hashing. Hashing, signature checks and file writes share libuv's
// thread pool: a hash holds its thread for tens of milliseconds, so with hashes on every thread
// each token check waits for a hash to end. The lane always leaves threads to the others, and its
// queue has an end, because every login that waits in it holds memory and a client.

import { Unavailable } from "../errors.ts"

/** Runs work when there is room. */
export interface HashingLane {
  /** @throws Unavailable at once when as many wait as may wait, or after five seconds of waiting */
  run<T>(work: () => Promise<T>): Promise<T>
}

const waitingMax = 200

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

/**
 * How many hashes may run at a time: half of the pool's threads, and no more than there are cores.
 * A pool of one thread has none to leave free; the settings refuse it.
 */
export function laneWidth(machine: { readonly threads: number; readonly cores: number }): number {
  return Math.max(1, Math.min(machine.cores, Math.floor(machine.threads / 2)))
}

/** Makes a lane of `width` places and a queue before it. */
export function createHashingLane(options: {
  readonly width: number
  readonly waitingMax?: number
}): HashingLane {
  const mayWait = options.waitingMax ?? waitingMax
  const waiting = new Set<() => void>()
  let running = 0

  return {
    async run(work) {
      if (running < options.width) running += 1
      else if (waiting.size >= mayWait) throw tooMany()
      else await turn()
      try {
        return await work()
      } finally {
        // The place is handed on, so that nobody can take it in between.
        const [next] = waiting
        if (next === undefined) running -= 1
        else next()
      }
    },
  }

  function turn(): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = () => {
        clearTimeout(timer)
        waiting.delete(enter)
        resolve()
      }
      const timer = setTimeout(() => {
        waiting.delete(enter)
        reject(tooMany())
      }, waitMillisMax)
      waiting.add(enter)
    })
  }
}

function tooMany(): Unavailable {
  return new Unavailable("Too many logins at a time")
}
