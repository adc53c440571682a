// How long something took, counted by fixed bounds: what a histogram of Prometheus is made of. To
// add one costs a few comparisons.

/** The counts so far, to be read and not to be changed. */
export interface DurationCounts {
  /** Upper bounds in seconds, the lowest first. */
  readonly bounds: readonly number[]
  /** How many took at most each bound, and more than the bound before; the last took longer. */
  readonly counts: readonly number[]
  readonly sumSeconds: number
}

/** From a memory access to a disk that hangs. */
const defaultBounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

/** Counts durations. */
export class Durations implements DurationCounts {
  readonly bounds: readonly number[]
  readonly #counts: number[]
  #sum = 0

  constructor(bounds: readonly number[] = defaultBounds) {
    this.bounds = bounds
    this.#counts = Array.from({ length: bounds.length + 1 }, () => 0)
  }

  get counts(): readonly number[] {
    return this.#counts
  }

  get sumSeconds(): number {
    return this.#sum
  }

  /** Counts one. */
  add(seconds: number): void {
    const { bounds } = this
    let at = 0
    while (at < bounds.length && seconds > (bounds[at] as number)) at += 1
    this.#counts[at] = (this.#counts[at] as number) + 1
    this.#sum += seconds
  }
}
