// Rows of text under one another, and numbers, for people.

import { printable } from "../telemetry/log.ts"

/** A longer cell moves the rest of its own line instead of that of all lines. */
const widthMax = 64

/** Lines in which each column is as wide as its widest cell, up to a limit. */
export function inColumns(cells: readonly (readonly string[])[]): string {
  const rows = cells.map((row) => row.map(printable))
  // Not by Math.max of them all: a call takes no hundred thousand arguments.
  const widths = (rows[0] ?? []).map((_, column) =>
    rows.reduce((width, row) => Math.min(widthMax, Math.max(width, row[column]?.length ?? 0)), 0),
  )
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd()
  return `${rows.map(line).join("\n")}\n`
}

/** A number with its thousands grouped. */
export function grouped(count: number): string {
  return count.toLocaleString("en-US")
}

/** A number of things: `1 user`, `1,234 users`. */
export function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? "" : "s"}`
}

const largestUnit = ["GiB", 1024 ** 3] as const
const byteUnits = [["KiB", 1024], ["MiB", 1024 ** 2], largestUnit] as const

/** A number of bytes for people. */
export function inBytes(bytes: number): string {
  if (bytes < 10_000) return `${bytes} bytes`
  const [unit, size] = byteUnits.find(([, one]) => bytes < 10_000 * one) ?? largestUnit
  return `${grouped(Math.round(bytes / size))} ${unit}`
}
