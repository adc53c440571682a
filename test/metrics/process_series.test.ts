import assert from "node:assert/strict"
import { test } from "node:test"
import { processSeries } from "../../src/metrics/process_series.ts"
import { Durations } from "../../src/system/durations.ts"
import { numbersNamed, numbersOf } from "../support/metrics_service.ts"

test("processSeries() shows versions, CPU time and memory", async () => {
  const loopDelays = new Durations()
  for (const seconds of [0.0005, 0.0005, 0.7]) loopDelays.add(seconds)
  const series = processSeries({ version: "1.2.3", startedAt: 1_795_000_000, loopDelays })
  const before = process.cpuUsage()
  const numbers = await numbersOf(series)
  assert.deepEqual(numbersNamed(numbers, "postern_build_info"), {
    [`version=1.2.3,node=${process.version.slice(1)}`]: 1,
  })
  assert.equal(numbers["process_start_time_seconds"], 1_795_000_000)
  assert.equal(numbers['postern_event_loop_delay_seconds_bucket{le="0.001"}'], 2)
  assert.equal(numbers["postern_event_loop_delay_seconds_sum"], 0.701)
  const cpu = (kind: string) => numbers[`process_cpu_${kind}seconds_total`] ?? 0
  const within = (value: number, least: number) => value >= least && value < least + 5
  assert.ok(within(cpu("user_"), before.user / 1e6))
  assert.ok(within(cpu("system_"), before.system / 1e6))
  assert.ok(within(cpu(""), (before.user + before.system) / 1e6))
  const megabytes = (name: string) => (numbers[name] ?? 0) / 1024 / 1024
  for (const name of ["process_resident_memory_bytes", "nodejs_heap_size_total_bytes"]) {
    assert.ok(megabytes(name) > 10 && megabytes(name) < 4_000, name)
  }
  assert.ok(megabytes("nodejs_heap_size_used_bytes") > 1)
  assert.ok(megabytes("nodejs_external_memory_bytes") > 0.1)
})
