// All series that there are, of either engine, as the page of metrics lists them.

import type { Series } from "../../src/metrics/series.ts"
import type { StoreFigures } from "../../src/store/figures.ts"
import { Durations } from "../../src/system/durations.ts"
import { createMetrics, type MetricsSources } from "../../src/wings/metrics.ts"

const writes = new Durations()
const both = {
  ...{ writes, changes: { done: 0, failed: 0 } },
  journal: { snapshot: {} },
  database: { view: {} },
} as unknown as StoreFigures
const sources = {
  store: { figures: () => both },
  lane: {},
} as unknown as MetricsSources

const metrics = createMetrics({ host: "127.0.0.1", port: 0 })

/** The series, in the order of the text that Prometheus reads. */
export const allSeries: readonly Series[] = metrics.series(sources, writes)

/** The rows of the page's table. */
export function seriesRows(): readonly (readonly string[])[] {
  return allSeries.map(({ name, kind, labels, help }) => [
    `\`${name}\``,
    kind,
    labels.map((label) => `\`${label}\``).join(" "),
    help,
  ])
}
