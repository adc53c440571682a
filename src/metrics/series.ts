// What a series of metrics is: a name, a help text, and a function that reads its numbers when
// Prometheus asks. Nothing is pushed. Labels have words of short lists: never a user, a token, an
// address or a text that a client sent.

import type { DurationCounts } from "../system/durations.ts"

/** The labels of one number. */
export type Labels = Readonly<Record<string, string>>

/** One number of a series. */
export interface Sample {
  readonly labels?: Labels
  readonly value: number
}

/** The durations of a series for one set of labels. */
export interface DurationSample {
  readonly labels?: Labels
  readonly durations: DurationCounts
}

interface Named {
  readonly name: string
  readonly help: string
  /** The names of its labels. */
  readonly labels: readonly string[]
}

/** A series of numbers: a counter never goes down but by a restart. */
export interface NumberSeries extends Named {
  readonly kind: "counter" | "gauge"
  readonly read: () => readonly Sample[] | Promise<readonly Sample[]>
}

/** A series of durations. */
export interface DurationSeries extends Named {
  readonly kind: "histogram"
  readonly read: () => readonly DurationSample[]
}

/** A series. */
export type Series = NumberSeries | DurationSeries

type Read = () => number | null | Promise<number | null>

/** A counter without labels. While `read` gives null, it has no number. */
export function counter(name: string, help: string, read: Read): NumberSeries {
  return { kind: "counter", name, help, labels: [], read: async () => samplesOf(await read()) }
}

/** The same as a gauge. */
export function gauge(name: string, help: string, read: Read): NumberSeries {
  return { ...counter(name, help, read), kind: "gauge" }
}

/** A histogram without labels. */
export function histogram(name: string, help: string, read: () => DurationCounts): DurationSeries {
  return { kind: "histogram", name, help, labels: [], read: () => [{ durations: read() }] }
}

/** Numbers by the words of one label. */
export function byLabel(label: string, numbers: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(numbers).map(([word, value]) => ({ labels: { [label]: word }, value }))
}

function samplesOf(value: number | null): readonly Sample[] {
  return value === null ? [] : [{ value }]
}
