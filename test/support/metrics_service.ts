// The service of tests with the wing of metrics, and what Prometheus would read of it.

import type { TestContext } from "node:test"
import { createExposition } from "../../src/metrics/exposition.ts"
import type { Series } from "../../src/metrics/series.ts"
import { Durations } from "../../src/system/durations.ts"
import { createMetrics, type Metrics, type MetricsSources } from "../../src/wings/metrics.ts"
import { createTestService, type TestService, type TestServiceOptions } from "./test_service.ts"

/** A service whose numbers can be read. */
export interface MetricsService extends TestService {
  readonly metrics: Metrics
  readonly sources: MetricsSources
  /** The numbers now, by name and labels as the text has them. */
  readonly read: () => Promise<Numbers>
}

/** Numbers by `name{label="word"}`. */
export type Numbers = Readonly<Record<string, number>>

/** Makes a service as `createTestService` does. `changes` replaces what the series are read from. */
export async function createMetricsService(
  t: TestContext,
  options: TestServiceOptions = {},
  changes: Partial<MetricsSources> = {},
): Promise<MetricsService> {
  const metrics = createMetrics({ host: "127.0.0.1", port: 0 })
  const { hear, answered } = metrics
  const service = await createTestService(t, {
    ...options,
    app: { ...options.app, answered },
    hear,
  })
  const { sessions, store, keys, lane, clock } = service
  const sources: MetricsSources = {
    ...{ store, keys, lane, clock, verified: sessions.verifiedFigures },
    ...{ isReady: async () => service.ready, losses: () => ({}), auditFile: null },
    ...{ rotationSeconds: null, server: () => ({ connections: 0, connectionsMax: 8 }) },
    ...changes,
  }
  const series = metrics.series(sources, new Durations())
  return Object.assign(service, { metrics, sources, read: () => numbersOf(series) })
}

/** The numbers that some series show. */
export async function numbersOf(series: readonly Series[]): Promise<Numbers> {
  return readNumbers(await createExposition(series)())
}

/** Reads the text of metrics. */
export function readNumbers(text: string): Numbers {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"))
  return Object.fromEntries(
    lines.map((line) => {
      const end = line.lastIndexOf(" ")
      return [line.slice(0, end), Number(line.slice(end + 1))]
    }),
  )
}

/** The numbers of one series that are not 0, by their labels without the braces. */
export function numbersNamed(numbers: Numbers, name: string): Numbers {
  const own = Object.entries(numbers).filter(([key]) => key === name || key.startsWith(`${name}{`))
  const labelsOf = (key: string) => key.slice(name.length + 1, -1).replaceAll('"', "")
  const shown = own.filter(([, value]) => value !== 0)
  return Object.fromEntries(shown.map(([key, value]) => [labelsOf(key), value]))
}
