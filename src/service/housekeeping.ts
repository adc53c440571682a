// Runs tasks at an interval: deleting what has expired, rotating keys.

import { errorText, type Log } from "../telemetry/log.ts"

/** A task and its name in the log. */
export type Task = readonly [name: string, run: () => Promise<unknown>]

/** Housekeeping that runs until it is stopped. */
export interface Housekeeping {
  /** Starts no further round, and waits for the present one. */
  stop(): Promise<void>
}

/** Runs the tasks one after the other, at once and at each interval. A failure is logged. */
export function startHousekeeping(
  tasks: readonly Task[],
  { everySeconds, log }: { readonly everySeconds: number; readonly log: Log },
): Housekeeping {
  let stopped = false
  let round: Promise<void> | null = null
  start()
  const timer = setInterval(start, everySeconds * 1000)
  return {
    async stop() {
      stopped = true
      clearInterval(timer)
      await round
    },
  }

  function start(): void {
    round ??= run().finally(() => {
      round = null
    })
  }

  async function run(): Promise<void> {
    for (const [task, work] of tasks) {
      if (stopped) break
      try {
        await work()
      } catch (error) {
        log.error("housekeeping.failed", { task, error: errorText(error) })
      }
    }
  }
}
