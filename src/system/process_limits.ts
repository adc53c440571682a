// What the system lets this process have, as far as it bounds how many clients it can serve. Node
// tells both, also under its permission model.

import { getHeapStatistics } from "node:v8"

/** What the heap may grow to before the process ends: `--max-old-space-size` and what Node adds. */
export function heapBytesMax(): number {
  return getHeapStatistics().heap_size_limit
}

/**
 * How many files and sockets may be open at a time (RLIMIT_NOFILE; Node raises it to the hard limit
 * when it starts). Infinite where there is no limit, or none that is told.
 */
export function descriptorsMax(report: object = process.report.getReport()): number {
  const { userLimits } = report as { userLimits?: { open_files?: { soft?: unknown } } }
  const soft = userLimits?.open_files?.soft
  return typeof soft === "number" ? soft : Number.POSITIVE_INFINITY
}
