// Counts by labels. The words of a label come from short lists in the code; if there were ever more
// of them, the further ones would be counted together.

import type { Labels, NumberSeries, Sample } from "./series.ts"

const setsMax = 100
const others = "other"

interface Count {
  readonly labels: Labels
  value: number
}

/** Counts by labels, whose sets are bounded in number. */
export class Counts {
  readonly #names: readonly string[]
  readonly #counts = new Map<string, Count>()

  /** `known` sets are there from the beginning: an increase from nothing would go unseen. */
  constructor(names: readonly string[], known: readonly (readonly string[])[] = []) {
    this.#names = names
    for (const words of known) this.#find(words)
  }

  /** Counts one. The words are those of the labels, in order. */
  add(...words: readonly string[]): void {
    this.#find(words).value += 1
  }

  /** The counts so far. */
  samples(): readonly Sample[] {
    return [...this.#counts.values()]
  }

  /** The counter that shows them. */
  series(name: string, help: string): NumberSeries {
    return { kind: "counter", name, help, labels: this.#names, read: () => this.samples() }
  }

  #find(words: readonly string[]): Count {
    const known = this.#counts.get(words.join(" "))
    if (known !== undefined) return known
    const fitting = this.#counts.size < setsMax ? words : this.#names.map(() => others)
    const key = fitting.join(" ")
    const labels = Object.fromEntries(this.#names.map((name, at) => [name, String(fitting[at])]))
    const count = this.#counts.get(key) ?? { labels, value: 0 }
    this.#counts.set(key, count)
    return count
  }
}
