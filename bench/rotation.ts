// In which order servers have their turn: each round another one is first, and every second round
// they go backwards, so that no server always follows the same one.

/** The order of a round, from 0. */
export function orderOfRound<T>(items: readonly T[], round: number): readonly T[] {
  const { length } = items
  if (length === 0) return []
  const first = round % length
  const turned = [...items.slice(first), ...items.slice(0, first)]
  return round % 2 === 0 ? turned : turned.reverse()
}
