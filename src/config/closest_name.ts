// What a mistyped name may have meant: the nearest of the names that there are.

const editsMax = 2

/** The closest of the names by insertions, deletions and replacements, or null when none is close. */
export function closestName(typed: string, names: readonly string[]): string | null {
  const near = names
    .map((name) => ({ name, edits: editsBetween(typed.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, edits }) => edits <= editsMax && edits <= name.length / 2)
  return near.sort((a, b) => a.edits - b.edits)[0]?.name ?? null
}

/** The Levenshtein distance, row by row. */
function editsBetween(one: string, other: string): number {
  // What is much longer is not close, and comparing it would take long.
  if (Math.abs(one.length - other.length) > editsMax) return Number.POSITIVE_INFINITY
  let above = Array.from({ length: other.length + 1 }, (_, at) => at)
  for (const [row, letter] of [...one].entries()) {
    const here = [row + 1]
    for (let column = 1; column <= other.length; column += 1) {
      const replaced = (above[column - 1] ?? 0) + (letter === other[column - 1] ? 0 : 1)
      const inserted = Math.min(above[column] ?? 0, here[column - 1] ?? 0) + 1
      here.push(Math.min(replaced, inserted))
    }
    above = here
  }
  return above.at(-1) ?? 0
}
