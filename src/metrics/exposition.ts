// Writes series in Prometheus' text format, version 0.0.4
// (prometheus.io/docs/instrumenting/exposition_formats):
//
//   # HELP postern_logins_total Logins by their outcome.
//   # TYPE postern_logins_total counter
//   postern_logins_total{outcome="succeeded"} 3

import type { DurationSample, Labels, Series } from "./series.ts"

/** The `Content-Type` of the text. */
export const expositionType = "text/plain; version=0.0.4; charset=utf-8"

/** Makes the function that reads all series. Calls during a reading get the text of that reading. */
export function createExposition(series: readonly Series[]): () => Promise<string> {
  let reading: Promise<string> | null = null
  return () => {
    reading ??= read(series).finally(() => {
      reading = null
    })
    return reading
  }
}

async function read(series: readonly Series[]): Promise<string> {
  return (await Promise.all(series.map(textOf))).join("\n")
}

async function textOf(series: Series): Promise<string> {
  const { kind, name, help } = series
  const head = `# HELP ${name} ${escaped(help)}\n# TYPE ${name} ${kind}\n`
  const lines =
    series.kind === "histogram"
      ? series.read().flatMap((sample) => histogramLines(name, sample))
      : (await series.read()).map(({ labels, value }) => lineOf(name, value, labels))
  return `${head}${lines.join("")}`
}

/** A bucket counts all durations up to its bound `le`, those of the smaller buckets included. */
function histogramLines(name: string, { labels, durations }: DurationSample): readonly string[] {
  const { bounds, counts, sumSeconds } = durations
  let total = 0
  const buckets = counts.map((count, at) => {
    total += count
    return lineOf(`${name}_bucket`, total, { le: String(bounds[at] ?? "+Inf"), ...labels })
  })
  return [
    ...buckets,
    lineOf(`${name}_sum`, sumSeconds, labels),
    lineOf(`${name}_count`, total, labels),
  ]
}

function lineOf(name: string, value: number, labels: Labels = {}): string {
  const pairs = Object.entries(labels).map(
    ([label, word]) => `${label}="${escaped(word).replaceAll('"', '\\"')}"`,
  )
  return `${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${value}\n`
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")
}
