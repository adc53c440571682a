// Writes series in Prometheus' text format 0.0.4, by `prom-client`. Of that package only the parts
// that write are loaded, not what sends, traces or collects: the whole takes 124 ms and 10 MB, the
// parts take 3 ms. This is the only file that loads it.

import type { Metric } from "prom-client"
import type { DurationSample, DurationSeries, NumberSeries, Sample, Series } from "./series.ts"

/** Reads all series. */
export interface Exposition {
  readonly contentType: string
  /** The text of all series now. Those who ask at once get the same one. */
  readonly text: () => Promise<string>
}

/** Makes the exposition of some series. */
export type CreateExposition = (series: readonly Series[]) => Exposition

type Parts = Awaited<ReturnType<typeof loadParts>>

/** Loads what makes expositions. */
export async function loadExposition(): Promise<CreateExposition> {
  const parts = await loadParts()
  return (series) => createExposition(series, parts)
}

function createExposition(series: readonly Series[], parts: Parts): Exposition {
  const registry = new parts.Registry()
  for (const one of series) {
    registry.registerMetric(one.kind === "histogram" ? histogramOf(one) : numberOf(one, parts))
  }
  let reading: Promise<string> | null = null
  return {
    contentType: registry.contentType,
    text() {
      reading ??= registry.metrics().finally(() => {
        reading = null
      })
      return reading
    },
  }
}

async function loadParts() {
  const [registry, counter, gauge] = await Promise.all([
    import("prom-client/lib/registry.js"),
    import("prom-client/lib/counter.js"),
    import("prom-client/lib/gauge.js"),
  ])
  return { Registry: registry.default, Counter: counter.default, Gauge: gauge.default }
}

function numberOf(series: NumberSeries, { Counter, Gauge }: Parts): Metric<string> {
  const { kind, name, help, labels, read } = series
  // Not in the package's own registry.
  const options = { name, help, labelNames: labels, registers: [] }
  const set = (metric: { reset(): void; remove(...labels: string[]): void }, add: Add) => {
    const give = (samples: readonly Sample[]) => {
      metric.reset()
      // Without labels it would begin with 0.
      if (labels.length === 0) metric.remove()
      for (const { labels: own = {}, value } of samples) add(own, value)
    }
    const samples = read()
    return samples instanceof Promise ? samples.then(give) : give(samples)
  }
  if (kind === "counter") {
    return new Counter({
      ...options,
      collect() {
        return set(this, (own, value) => this.inc(own, value))
      },
    })
  }
  return new Gauge({
    ...options,
    collect() {
      return set(this, (own, value) => this.set(own, value))
    },
  })
}

type Add = (labels: Readonly<Record<string, string>>, value: number) => void

// The package's own histograms can only be observed into, value by value, not read from counts.
function histogramOf({ kind: type, name, help, read }: DurationSeries): Metric<string> {
  const getForPromString = async () => {
    const values = read().flatMap((sample) => bucketsOf(name, sample))
    return { name, help, type, values }
  }
  return { name, help, getForPromString } as unknown as Metric<string>
}

const noLabels = {}

function bucketsOf(name: string, { labels: sharedLabels = noLabels, durations }: DurationSample) {
  const { bounds, counts, sumSeconds } = durations
  let count = 0
  const buckets = counts.map((own, at) => {
    count += own
    const labels = { le: at < bounds.length ? String(bounds[at]) : "+Inf" }
    return { metricName: `${name}_bucket`, labels, sharedLabels, value: count }
  })
  const ofAll = { labels: noLabels, sharedLabels }
  return [
    ...buckets,
    { metricName: `${name}_sum`, ...ofAll, value: sumSeconds },
    { metricName: `${name}_count`, ...ofAll, value: count },
  ]
}
