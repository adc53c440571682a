// From what was measured, round by round, to what is told: ratios to the floor, each of one round's
// two measurements, then their median; and the numbers themselves.

import { type Spread, spreadOf } from "./statistics.ts"

/** What one server did in one round. */
export interface Sample {
  readonly server: string
  readonly round: number
  readonly numbers: Readonly<Record<string, number>>
}

/** A number that is told of each server. */
export interface Column {
  readonly key: string
  readonly head: string
  readonly digits: number
}

/** How a scenario's samples are told. */
export interface Telling {
  readonly name: string
  readonly title: string
  /** The server that ratios are of; null where there is none to compare with. */
  readonly floor: string | null
  /** The floor once more, which tells the noise. */
  readonly control: string | null
  /** The column that the ratio is of. */
  readonly ratioOf: string
  readonly lessIsBetter: boolean
  readonly columns: readonly Column[]
  readonly notes: readonly string[]
}

/** What is told of a server. */
export interface Row {
  readonly server: string
  readonly ratio: Spread | null
  readonly numbers: Readonly<Record<string, Spread>>
}

/** What is told of a scenario. */
export type Summary = Telling & {
  readonly rows: readonly Row[]
  /** What they were made of. */
  readonly samples: readonly Sample[]
}

/** Summarizes samples; servers stand in the order in which they first come. */
export function summarize(
  samples: readonly Sample[],
  telling: Telling,
  order: readonly string[],
): Summary {
  const { floor, ratioOf, columns } = telling
  const floors = new Map(
    samples
      .filter(({ server }) => server === floor)
      .map(({ round, numbers }) => [round, numbers[ratioOf] ?? Number.NaN]),
  )
  const present = order.filter((name) => samples.some(({ server }) => server === name))
  const rows = present.map((server) => {
    const own = samples.filter((sample) => sample.server === server)
    const ratios = own
      .map(({ round, numbers }) => (numbers[ratioOf] ?? Number.NaN) / (floors.get(round) ?? 0))
      .filter(Number.isFinite)
    const numbers = Object.fromEntries(
      columns.map(({ key }) => [key, spreadOf(own.map((one) => one.numbers[key] ?? Number.NaN))]),
    )
    return { server, ratio: ratios.length === 0 ? null : spreadOf(ratios), numbers }
  })
  return { ...telling, rows, samples }
}
