// The results as a page of text: for each scenario first the ratios, then the numbers.

import type { Spread } from "./statistics.ts"
import type { Row, Summary } from "./summary.ts"

/** On what was measured, and how. */
export interface Machine {
  readonly node: string
  readonly processor: string
  readonly cores: number
  readonly system: string
  readonly date: string
  readonly pinned: boolean
  readonly seconds: number
  readonly rounds: number
  readonly connections: number
}

/** Everything that is told. */
export interface Results {
  readonly machine: Machine
  readonly summaries: readonly Summary[]
}

/** Writes results.md. */
export function writeReport({ machine, summaries }: Results): string {
  const chart = summaries.some(isCharted) ? "![Requests a second, relative](results.svg)\n\n" : ""
  return `# Results\n\n${describe(machine)}\n\n${chart}${summaries.map(writeSection).join("\n")}`
}

/** Whether a scenario's ratios are drawn: where they are of the same work. */
export function isCharted({ name, floor }: Pick<Summary, "name" | "floor">): boolean {
  return floor !== null && name !== "refresh" && name !== "store"
}

function describe(machine: Machine): string {
  const { node, processor, cores, system, date, pinned, seconds, rounds, connections } = machine
  const cut = pinned
    ? "The load generator had the last core to itself, the servers the rest."
    : "Servers and load generator could not be kept on different cores (no taskset): they disturbed each other."
  return [
    `${date}, Node ${node}, ${system}, ${cores} cores, ${processor}.`,
    `${rounds} rounds of ${seconds} s for each server, in rotating order, ${connections} connections.`,
    cut,
    "A ratio is the median of the ratios of the rounds, least and most in brackets; other numbers are medians.",
    "The ratio by CPU is that of the processor time of a request, the floor's to the server's: it holds when others use the machine, too.",
  ].join("\n")
}

/** A scenario as text: what it is, and its table. */
export function writeSection(summary: Summary): string {
  const { title, rows, columns, notes, floor } = summary
  const ratioHeads = floor === null ? [] : ["ratio"]
  const processorOf = processorRatios(summary)
  if (processorOf !== null) ratioHeads.push("by CPU")
  const heads = [...ratioHeads, ...columns.map(({ head }) => head)]
  const lines = rows.map(({ server, ratio, numbers }) => {
    const ratios = floor === null ? [] : [ratioText(ratio)]
    if (processorOf !== null) ratios.push(numberText(processorOf(numbers), 2))
    const cells = columns.map(({ key, digits }) => numberText(numbers[key]?.median, digits))
    return `| ${[server, ...ratios, ...cells].join(" | ")} |`
  })
  return [
    `## ${title}`,
    "",
    ...[...notes, noiseText(summary)].filter((text) => text !== "").flatMap((text) => [text, ""]),
    `| | ${heads.join(" | ")} |`,
    `| --- |${heads.map(() => " ---: |").join("")}`,
    ...lines,
    "",
  ].join("\n")
}

/** How little processor time a request takes beside the floor's, where there is such a column. */
function processorRatios({ rows, floor, columns }: Summary) {
  const ofFloor = rows.find(({ server }) => server === floor)?.numbers["processor"]?.median
  if (!columns.some(({ key }) => key === "processor") || !Number.isFinite(ofFloor)) return null
  return (numbers: Row["numbers"]) => Number(ofFloor) / (numbers["processor"]?.median ?? Number.NaN)
}

function noiseText({ rows, control, floor, ratioOf, lessIsBetter, columns }: Summary): string {
  const ratio = rows.find(({ server }) => server === control)?.ratio
  if (!ratio) return ""
  const what = columns.find(({ key }) => key === ratioOf)?.head
  const better = lessIsBetter ? "less is better" : "more is better"
  const own = `between ${ratio.min.toFixed(2)} and ${ratio.max.toFixed(2)}`
  return `Ratio of ${what} to ${floor}; ${better}. Noise: the same server once more is ${own} of itself.`
}

/** A ratio as it is told. */
export function ratioText(ratio: Spread | null): string {
  if (ratio === null) return ""
  const digits = ratio.median < 0.1 ? 3 : 2
  const [median, min, max] = [ratio.median, ratio.min, ratio.max].map((one) => one.toFixed(digits))
  return ratio.min === ratio.max ? String(median) : `**${median}** (${min}–${max})`
}

function numberText(value: number | undefined, digits: number): string {
  if (value === undefined || !Number.isFinite(value)) return "–"
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits }
  return value.toLocaleString("en", options)
}
