// How many password hashes may run at a time: limited by cores, thread pool and memory of the
// machine or the container.

import { availableParallelism, totalmem } from "node:os"
import { laneWidth, threadPoolSize } from "../password/hashing_lane.ts"
import type { ReadableValues } from "./settings.ts"
import type { ReportMistake } from "./values.ts"

/** The resources for hashing. */
export interface HashingMachine {
  readonly cores: number
  readonly memoryBytes: number
}

/** The resources of this process. In a container its limits count, not the machine's. */
export function thisMachine(): HashingMachine {
  // Without a limit Node gives 0, or more than the machine has.
  const limit = process.constrainedMemory() || Number.POSITIVE_INFINITY
  return { cores: availableParallelism(), memoryBytes: Math.min(limit, totalmem()) }
}

/** The number of hashes at a time. Reports a mistake when not even one has room. */
export function hashesAtATime(
  { hashMemoryKib = 0 }: ReadableValues,
  poolSize: string | undefined,
  { cores, memoryBytes }: HashingMachine,
  report: ReportMistake,
): number {
  const threads = threadPoolSize(poolSize)
  if (threads < 2) {
    const hint = "Set at least 2, one for hashing and one for everything else, or unset it for 4"
    report("UV_THREADPOOL_SIZE", `It gives ${threads} thread`, hint)
  }
  const width = laneWidth({ threads, cores, memoryBytes, hashBytes: hashMemoryKib * 1024 })
  if (width === 0) {
    const has = Math.floor(memoryBytes / 1024 ** 2)
    const hint = "Lower it, or give the process or its container more memory"
    report("POSTERN_HASH_MEMORY", `No hash of that size fits into ${has} MiB`, hint)
  }
  return width
}
