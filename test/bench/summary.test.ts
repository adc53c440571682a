import assert from "node:assert/strict"
import { test } from "node:test"
import { drawChart } from "../../bench/chart.ts"
import { type Machine, writeReport } from "../../bench/report.ts"
import { type Sample, summarize, type Telling } from "../../bench/summary.ts"

const telling: Telling = {
  ...{ name: "hot", title: "Guarded GET", floor: "bare", control: "bare again" },
  ...{ ratioOf: "perSecond", lessIsBetter: false, notes: ["A note."] },
  columns: [{ key: "perSecond", head: "requests/s", digits: 0 }],
}
const order = ["bare", "bare again", "Postern", "<other> & co", "absent"]
const samples: readonly Sample[] = [
  ...round(0, [1000, 1100, 800, 40]),
  ...round(1, [500, 450, 450, 20]),
  ...round(2, [2000, 2000, 1200, 100]),
]
const machine: Machine = {
  ...{ node: "20.1.2", processor: "A processor", cores: 2, system: "Linux", date: "2026-01-02" },
  ...{ pinned: true, seconds: 1, rounds: 3, connections: 32 },
}

test("summarize() takes ratios within a round, then their median", () => {
  const { rows } = summarize(samples, telling, order)
  assert.deepEqual(rows, [
    row("bare", [1, 1, 1], [1000, 500, 2000]),
    row("bare again", [1, 0.9, 1.1], [1100, 450, 2000]),
    row("Postern", [0.8, 0.6, 0.9], [800, 450, 1200]),
    row("<other> & co", [0.04, 0.04, 0.05], [40, 20, 100]),
  ])
})

test("summarize() gives no ratio without a floor", () => {
  const { rows } = summarize(samples, { ...telling, floor: null }, order)
  assert.deepEqual(
    rows.map(({ ratio }) => ratio),
    [null, null, null, null],
  )
})

test("writeReport() writes ratios first, then numbers, and the noise", () => {
  const report = writeReport({ machine, summaries: [summarize(samples, telling, order)] })
  const expected = [
    "2026-01-02, Node 20.1.2, Linux, 2 cores, A processor.",
    "Noise: the same server once more is between 0.90 and 1.10 of itself.",
    "| | ratio | requests/s |\n| --- | ---: | ---: |\n| bare | 1.00 | 1,000 |",
    "| Postern | **0.80** (0.60–0.90) | 800 |",
    "| <other> & co | **0.040** (0.040–0.050) | 40 |",
  ]
  for (const text of expected) assert.ok(report.includes(text), `${text}\n\nnot in\n\n${report}`)
})

test("writeReport() compares processor time with the floor's", () => {
  const columns = [...telling.columns, { key: "processor", head: "CPU µs", digits: 1 }]
  const both = samples.map((sample) => {
    const processor = sample.server === "Postern" ? 40 : 20
    return { ...sample, numbers: { ...sample.numbers, processor } }
  })
  const summary = summarize(both, { ...telling, columns }, order)
  const report = writeReport({ machine, summaries: [summary] })
  assert.match(report, /^\| \| ratio \| by CPU \| requests\/s \| CPU µs \|$/m)
  assert.ok(report.includes("| Postern | **0.80** (0.60–0.90) | 0.50 | 800 | 40.0 |"), report)
})

test("writeReport() says when cores were shared, and what is not available", () => {
  const unknown = samples.map((sample) => ({ ...sample, numbers: { perSecond: Number.NaN } }))
  const summary = summarize(unknown, { ...telling, floor: null }, order)
  const report = writeReport({ machine: { ...machine, pinned: false }, summaries: [summary] })
  assert.match(report, /could not be kept on different cores \(no taskset\)/)
  assert.match(report, /^\| \| requests\/s \|\n.*\n\| bare \| – \|$/m)
  assert.doesNotMatch(report, /results\.svg/)
})

test("drawChart() draws bars as long as their ratios", () => {
  const chart = drawChart([summarize(samples, telling, order)])
  const widths = [...chart.matchAll(/<rect class="(\w+)" [^>]*width="([\d.]+)"/g)]
  const [bare, again, own] = widths.map(([, kind, width]) => [kind, Number(width)] as const)
  assert.deepEqual([bare?.[0], again?.[0], own?.[0]], ["bare", "bare", "own"])
  assert.ok(Math.abs((own?.[1] ?? 0) / (bare?.[1] ?? 1) - 0.8) < 0.01)
  assert.match(chart, /&lt;other&gt; &amp; co/)
  assert.doesNotMatch(chart, /<other>|NaN|undefined/)
})

test("drawChart() leaves out rows of different work", () => {
  const summary = summarize(samples, telling, order)
  const others = [
    { ...summary, name: "refresh" as const },
    { ...summary, floor: null },
  ]
  assert.doesNotMatch(drawChart(others), /class="title"/)
})

function round(number: number, values: readonly number[]): readonly Sample[] {
  return values.map((perSecond, at) => {
    return { server: order[at] ?? "", round: number, numbers: { perSecond } }
  })
}

type Three = readonly [median: number, min: number, max: number]

function row(server: string, [median, min, max]: Three, numbers: readonly number[]) {
  const [least = 0, middle = 0, most = 0] = numbers.toSorted((one, other) => one - other)
  const perSecond = { median: middle, min: least, max: most }
  return { server, ratio: { median, min, max }, numbers: { perSecond } }
}
