// What others notice while a service is busy: a few questions, each asked again and again, one of
// each kind on its way at a time.

import { Agent } from "node:http"
import { setTimeout as wait } from "node:timers/promises"
import { ask, type Question } from "./running_server.ts"
import { percentile } from "./statistics.ts"

const millisBetweenProbes = 5
const keeping = new Agent({ keepAlive: true })

/** How long each probe took, in milliseconds, by what was asked. */
export type Probes = Readonly<Record<string, number[]>>

/** Of a question: by default it goes over a connection that is kept. */
export interface Probe extends Question {
  readonly isNewConnection?: boolean
}

/** The probes that every service can answer; the guarded GET needs a token. */
export function usualProbes(token: string): Readonly<Record<string, Probe>> {
  const headers = { Authorization: `Bearer ${token}` }
  return {
    "/livez": { method: "GET", path: "/livez" },
    "/protected": { method: "GET", path: "/protected", headers },
  }
}

/**
 * Asks all questions again and again until something is over.
 * @throws Error for an answer that is not 200
 */
export async function probeUntil(
  port: number,
  questions: Readonly<Record<string, Probe>>,
  until: Promise<unknown>,
): Promise<Probes> {
  let isOver = false
  const end = until.finally(() => {
    isOver = true
  })
  const asked = Object.entries(questions).map(async ([name, { isNewConnection, ...question }]) => {
    const agent = isNewConnection ? false : keeping
    const times: number[] = []
    while (!isOver) {
      const startedAt = performance.now()
      const { status } = await ask(port, { ...question, agent })
      if (status !== 200) throw new Error(`${name} answered ${status}`)
      times.push(performance.now() - startedAt)
      await wait(millisBetweenProbes)
    }
    return [name, times] as const
  })
  const [probes] = await Promise.all([Promise.all(asked), end])
  return Object.fromEntries(probes)
}

/** The head of a table of probes. */
export const probesHead = ["milliseconds", "asked", "p50", "p99", "max"] as const

/** Its rows. */
export function probeRows(when: string, probes: Probes): readonly string[][] {
  return Object.entries(probes).map(([name, times]) => [
    `${name}, ${when}`,
    String(times.length),
    ...[50, 99, 100].map((percent) => percentile(times, percent).toFixed(2)),
  ])
}

/** Closes the connections that were kept. */
export function endProbes(): void {
  keeping.destroy()
}
