// CSV (RFC 4180) of which each record is a line: cells are separated by commas, and may stand in
// double quotes, in which a quote is doubled.
//
// A spreadsheet takes a cell that begins with = + - or @ for a formula, and runs it. Such a cell is
// written with an apostrophe before it, which spreadsheets hide and `readCell` takes away.

const formula = /^[=+\-@']/
const guarded = /^'(?=[=+\-@'])/

/** The cells of a line, or null when its quotes are not paired. */
export function readCells(line: string): readonly string[] | null {
  const cells: string[] = []
  // Each turn takes one cell and the comma after it. The pattern takes linear time.
  const cell = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y
  for (let separator: string | undefined = ","; separator === ","; ) {
    const found = cell.exec(line)
    if (found === null) return null
    const [, quoted, plain = ""] = found
    separator = found[3]
    cells.push(readCell(quoted?.replaceAll('""', '"') ?? plain))
  }
  return cells
}

function readCell(text: string): string {
  return text.replace(guarded, "")
}

/** A line with these cells, without its end. */
export function writeCells(cells: readonly string[]): string {
  return cells.map(writeCell).join(",")
}

function writeCell(cell: string): string {
  const text = formula.test(cell) ? `'${cell}` : cell
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
