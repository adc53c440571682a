// What clients that send bodies in chunks of one byte cost a service: how much memory it takes, and
// how long others wait meanwhile.

import type { StatusCounts } from "./chunk_clients.ts"
import { type Probe, type Probes, probeUntil } from "./probes.ts"
import { forgetPeak, memoryOf, processorMicros } from "./process_gauge.ts"
import { percentile } from "./statistics.ts"

/** What a service may take for such clients. */
export const chunkGoals = { grownMib: 100, waitMillis: 100 } as const

/** The service that is attacked. */
export interface Attacked {
  readonly port: number
  readonly pid: number
}

/** What came of it. */
export interface ChunkOutcome {
  readonly probes: Probes
  /** The most memory meanwhile beyond what was resident before, in MiB. */
  readonly grownMib: number
  /** The longest that any probe waited; no end of it when one got another answer than 200. */
  readonly waitMillis: number
  /** Which answer that was, or null. */
  readonly failure: string | null
  /** Processor time of the service meanwhile, which tells more on a machine that others use. */
  readonly processorMillis: number
  readonly answers: StatusCounts
}

/**
 * Starts an attack and asks the service questions until that is over.
 * @throws Error when the attack does: the service is gone
 */
export async function measureChunkFlood(
  { port, pid }: Attacked,
  questions: Readonly<Record<string, Probe>>,
  attack: () => Promise<StatusCounts>,
): Promise<ChunkOutcome> {
  const before = forgetPeak(pid)
  const usedBefore = processorMicros(pid)
  const attacked = attack()
  const asked = probeUntil(port, questions, attacked).catch((error: Error) => error)
  const answers = await attacked
  const probes = await asked
  const grownMib = memoryOf(pid).most - before
  const processorMillis = (processorMicros(pid) - usedBefore) / 1000
  const both = { grownMib, processorMillis, answers }
  if (probes instanceof Error) {
    return { ...both, probes: {}, waitMillis: Number.POSITIVE_INFINITY, failure: probes.message }
  }
  const waitMillis = Math.max(...Object.values(probes).map((times) => percentile(times, 100)))
  return { ...both, probes, waitMillis, failure: null }
}

/** Whether each goal holds, in a line each. What can't be measured does not hold. */
export function judgeChunkFlood(outcomes: readonly ChunkOutcome[]): {
  readonly isHeld: boolean
  readonly lines: readonly string[]
} {
  const mostOf = (key: "grownMib" | "waitMillis") => Math.max(...outcomes.map((one) => one[key]))
  const [grown, longest] = [mostOf("grownMib"), mostOf("waitMillis")]
  const judge = (what: string, { value, max, unit }: Goal) => {
    const isHeld = value < max
    const verdict = isHeld ? "goal holds" : "GOAL MISSED"
    return { isHeld, line: `${verdict}: ${what}: ${value.toFixed(1)} ${unit}, below ${max} wanted` }
  }
  const { grownMib, waitMillis } = chunkGoals
  const verdicts = [
    judge("memory that the service gained", { value: grown, max: grownMib, unit: "MiB" }),
    judge("longest wait of others", { value: longest, max: waitMillis, unit: "ms" }),
  ]
  return {
    isHeld: verdicts.every(({ isHeld }) => isHeld),
    lines: verdicts.map(({ line }) => line),
  }
}

interface Goal {
  readonly value: number
  readonly max: number
  readonly unit: string
}
