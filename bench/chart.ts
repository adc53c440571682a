// The ratios as a picture: for each scenario a group of horizontal bars, with the least and the most
// of the rounds as a thin line, and a rule where the floor is. Plain SVG, read in light and dark.

import { isCharted } from "./report.ts"
import type { Row, Summary } from "./summary.ts"

const width = 860
const barsAt = 270
const barsWidth = 470
const rowHeight = 20
const titleHeight = 44
const margin = 20
const fonts = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif"

const styles = `
  svg { background: #ffffff; font: 12px ${fonts}; }
  text { fill: #1f2328; }
  .title { font-size: 15px; font-weight: 600; }
  .note { fill: #59636e; }
  .bar { fill: #9aa4b0; }
  .own { fill: #1f6feb; }
  .bare { fill: #d0d7de; }
  .range { stroke: #1f2328; stroke-width: 1.2; }
  .rule { stroke: #cf222e; stroke-width: 1; stroke-dasharray: 3 3; }`

/** Draws the scenarios whose ratios are of the same work. */
export function drawChart(summaries: readonly Summary[]): string {
  let y = margin
  const groups: string[] = []
  for (const summary of summaries.filter(isCharted)) {
    groups.push(group(summary, y))
    y += titleHeight + summary.rows.length * rowHeight + margin
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${y}" viewBox="0 0 ${width} ${y}">`,
    `<style>${styles}\n</style>`,
    `<rect width="${width}" height="${y}" fill="#ffffff"/>`,
    ...groups,
    "</svg>\n",
  ].join("\n")
}

function group({ title, rows, floor, ratioOf, lessIsBetter, columns }: Summary, y: number): string {
  // By the medians: a range that goes far beyond them is cut off.
  const most = Math.max(1, ...rows.map(({ ratio }) => ratio?.median ?? 0)) * 1.1
  const scale = barsWidth / most
  const what = columns.find(({ key }) => key === ratioOf)?.head ?? ratioOf
  const note = `${what}, ratio to ${floor}; ${lessIsBetter ? "shorter" : "longer"} is better`
  const top = y + titleHeight
  const bottom = top + rows.length * rowHeight
  const ruleAt = round(barsAt + scale)
  return [
    `<text class="title" x="${margin}" y="${y + 15}">${escaped(title)}</text>`,
    `<text class="note" x="${margin}" y="${y + 33}">${escaped(note)}</text>`,
    ...rows.map((row, at) => bar(row, { y: top + at * rowHeight, scale })),
    `<line class="rule" x1="${ruleAt}" x2="${ruleAt}" y1="${top - 2}" y2="${bottom}"/>`,
  ].join("\n")
}

function bar(
  { server, ratio }: Row,
  { y, scale }: { readonly y: number; readonly scale: number },
): string {
  const label = `<text x="${barsAt - 8}" y="${y + 13}" text-anchor="end">${escaped(server)}</text>`
  if (ratio === null) return label
  const { median, min, max } = ratio
  const kind = server.startsWith("Postern") ? "own" : server.startsWith("bare") ? "bare" : "bar"
  const end = barsAt + Math.min(Math.max(median, max) * scale, barsWidth)
  const [from, to] = [min, max].map((one) => round(barsAt + Math.min(one * scale, barsWidth)))
  const middle = y + rowHeight / 2 - 1
  return [
    label,
    `<rect class="${kind}" x="${barsAt}" y="${y + 2}" width="${round(median * scale)}" height="14"/>`,
    `<line class="range" x1="${from}" x2="${to}" y1="${middle}" y2="${middle}"/>`,
    `<text x="${round(end + 6)}" y="${y + 13}">${median.toFixed(median < 0.1 ? 3 : 2)}</text>`,
  ].join("\n")
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
}
