// The other end: asks the running service, over its control socket, to note marked requests, and
// reads what it noted.

import type { Seen, WatchStarted } from "../../admin/request_watch.ts"
import { askService } from "../../admin/socket.ts"
import { systemClock } from "../../clock.ts"
import { OperatorError } from "../../errors.ts"
import { findDataDirectory } from "../../store/data_directory.ts"
import { machineDisk } from "../../system/disk.ts"

/** What the running service says over its control socket. */
export interface ServiceSide {
  readonly facts: WatchStarted
  /** How many seconds the service's clock is ahead of this one. */
  readonly secondsAhead: number
  /** What was noted; null when another watch has taken over, or the service has gone. */
  readonly read: () => Promise<Seen | null>
}

/** Starts a watch. Text says why there is none. */
export async function watchService(
  dataDirectory: string,
  marker: string,
): Promise<ServiceSide | string> {
  try {
    const { path } = await findDataDirectory(dataDirectory, machineDisk)
    const answer = await askService(path, { command: "doctor.watch", marker })
    if (answer === null) return `No service runs on the data directory '${path}'`
    if (!answer.ok) return `The service of '${path}' runs another version of Postern`
    const read = async () => {
      const seen = await askService(path, { command: "doctor.seen", marker }).catch(() => null)
      return seen?.ok ? (seen.value as Seen | null) : null
    }
    const facts = answer.value as WatchStarted
    return { facts, secondsAhead: facts.now - systemClock.now(), read }
  } catch (error) {
    return error instanceof OperatorError ? error.message : String(error)
  }
}
