// What clients that send bodies in chunks of one byte cost a service: how much memory it takes, and
// how long others wait meanwhile.

import type { StatusCounts } from "./chunk_clients.ts"
import { type Probe, type Probes, probeUntil } from "./probes.ts"
import { forgetPeak, memoryOf } from "./process_gauge.ts"
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
  /** The longest that any probe waited. */
  readonly waitMillis: number
  readonly answers: StatusCounts
}

/** Starts an attack and asks the service questions until that is over. */
export async function measureChunkFlood(
  { port, pid }: Attacked,
  questions: Readonly<Record<string, Probe>>,
  attack: () => Promise<StatusCounts>,
): Promise<ChunkOutcome> {
  const before = forgetPeak(pid)
  const attacked = attack()
  const probes = await probeUntil(port, questions, attacked)
  const grownMib = memoryOf(pid).most - before
  const waitMillis = Math.max(...Object.values(probes).map((times) => percentile(times, 100)))
  return { probes, grownMib, waitMillis, answers: await attacked }
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
