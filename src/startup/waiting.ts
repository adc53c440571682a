// Waits at the start for a database that can't be reached yet. Meanwhile the service listens: it is
// live and not ready, and refuses every other request with 503.

import { setTimeout as pause } from "node:timers/promises"
import { Unavailable } from "../errors.ts"
import { liveReply, notReadyReply } from "../handlers/health.ts"
import type { HttpRequest, Reply } from "../http/message.ts"
import { randomBetween } from "../system/random.ts"
import type { Log } from "../telemetry/log.ts"

/** A server that only says that the service is not ready. */
export interface WaitingServer {
  readonly port: number
  drain(secondsMax: number): Promise<void>
}

/** How to wait. */
export interface Waiting<T> {
  readonly attempt: () => Promise<T>
  readonly listen: (handle: (request: HttpRequest) => Promise<Reply>) => Promise<WaitingServer>
  /** Ends the wait. */
  readonly stopped: Promise<void>
  readonly log: Log
}

const pauseMillis = { least: 500, most: 2_000 }

/**
 * Tries until an attempt succeeds, and gives its value and the port on which the service listened
 * meanwhile; null when the wait was ended.
 * @throws what an attempt throws, unless it is Unavailable
 */
export async function waitFor<T>(
  first: Unavailable,
  { attempt, listen, stopped, log }: Waiting<T>,
): Promise<{ readonly value: T; readonly port: number } | null> {
  log.warn("service.waiting", { message: `${first.message}: the start is tried again` })
  const server = await listen(answerWhileWaiting)
  let isStopped = false
  const stop = stopped.then(() => {
    isStopped = true
  })
  try {
    while (!isStopped) {
      await Promise.race([pause(randomBetween(pauseMillis.least, pauseMillis.most)), stop])
      if (isStopped) break
      try {
        return { value: await attempt(), port: server.port }
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error
      }
    }
    return null
  } finally {
    await server.drain(1)
  }
}

async function answerWhileWaiting({ path }: HttpRequest): Promise<Reply> {
  return path === "/livez" || path === "/healthz" ? liveReply() : notReadyReply()
}
