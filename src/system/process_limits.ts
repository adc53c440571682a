// The limits of this process that bound how many clients it can serve. Node gives both under its
// permission model too.

import { getHeapStatistics } from "node:v8"

/** The largest heap: `--max-old-space-size` and what Node adds. */
export function heapBytesMax(): number {
  return getHeapStatistics().heap_size_limit
}

/** A report of an error without a stack: for the stack Node would read the source map. */
function readReport(): object {
  return process.report.getReport({ name: "Error", message: "", stack: "" })
}

/**
 * How many files and sockets may be open at a time (RLIMIT_NOFILE; Node raises it to the hard limit
 * when it starts). Infinite when there is no limit or none is known.
 */
export function descriptorsMax(report: object = readReport()): number {
  const { userLimits } = report as { userLimits?: { open_files?: { soft?: unknown } } }
  const soft = userLimits?.open_files?.soft
  return typeof soft === "number" ? soft : Number.POSITIVE_INFINITY
}
