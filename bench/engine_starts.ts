// How long Postern takes to start over each of its engines, and how much memory it has then.

import type { BenchRun } from "./bench_run.ts"
import { jsonControlName, jsonName } from "./engine_kinds.ts"
import { startInTurn } from "./start.ts"
import { type Summary, summarize } from "./summary.ts"

const idleMillis = 1000

/** Measures starts over each engine. */
export async function measureEngineStarts(run: BenchRun): Promise<Summary> {
  const samples = await startInTurn(run, run.kinds, { rounds: run.options.rounds, idleMillis })
  return summarize(
    samples,
    {
      ...{ name: "start", title: "Start to the first 200", floor: jsonName },
      ...{ control: jsonControlName, ratioOf: "millis", lessIsBetter: true },
      columns: [
        { key: "millis", head: "ms", digits: 0 },
        { key: "work", head: "CPU ms", digits: 0 },
        { key: "resident", head: "resident MiB", digits: 1 },
        { key: "anonymous", head: "of them anonymous", digits: 1 },
      ],
      notes: [`The memory is that ${idleMillis / 1000} s after the first answer.`],
    },
    run.kinds.map(({ name }) => name),
  )
}
