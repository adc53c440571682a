// The process, under the names that the package prom-client made usual for Node. Nothing is read
// from /proc, which Node's permission model refuses in the image.

import type { DurationCounts } from "../system/durations.ts"
import { counter, gauge, histogram, type Series } from "./series.ts"

/** What is known of the process. */
interface ProcessParts {
  readonly version: string
  /** When it started, in epoch seconds. */
  readonly startedAt: number
  readonly loopDelays: DurationCounts
}

const microsPerSecond = 1_000_000

/** The series of the process. */
export function processSeries({ version, startedAt, loopDelays }: ProcessParts): readonly Series[] {
  const cpuSeconds = (of: (usage: NodeJS.CpuUsage) => number) => () =>
    of(process.cpuUsage()) / microsPerSecond
  return [
    {
      ...{ kind: "gauge", name: "postern_build_info" },
      help: "Always 1. The labels name the versions of Postern and of Node.",
      labels: ["version", "node"],
      read: () => [{ labels: { version, node: process.version.slice(1) }, value: 1 }],
    },
    histogram(
      "postern_event_loop_delay_seconds",
      "How late the event loop was, measured 20 times a second.",
      () => loopDelays,
    ),
    counter(
      "process_cpu_user_seconds_total",
      "Total user CPU time spent in seconds.",
      cpuSeconds(({ user }) => user),
    ),
    counter(
      "process_cpu_system_seconds_total",
      "Total system CPU time spent in seconds.",
      cpuSeconds(({ system }) => system),
    ),
    counter(
      "process_cpu_seconds_total",
      "Total user and system CPU time spent in seconds.",
      cpuSeconds(({ user, system }) => user + system),
    ),
    gauge("process_resident_memory_bytes", "Resident memory size in bytes.", () =>
      process.memoryUsage.rss(),
    ),
    gauge(
      "process_start_time_seconds",
      "Start time of the process since unix epoch in seconds.",
      () => startedAt,
    ),
    gauge(
      "nodejs_heap_size_total_bytes",
      "Process heap size from Node.js in bytes.",
      () => process.memoryUsage().heapTotal,
    ),
    gauge(
      "nodejs_heap_size_used_bytes",
      "Process heap size used from Node.js in bytes.",
      () => process.memoryUsage().heapUsed,
    ),
    gauge(
      "nodejs_external_memory_bytes",
      "Node.js external memory size in bytes.",
      () => process.memoryUsage().external,
    ),
  ]
}
