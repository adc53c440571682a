// A map whose entries weigh no more than a fixed sum. A new entry in a full map replaces those that
// were set longest ago. So invented names, addresses and tokens cost bounded memory. A limit that
// loses an entry forgets what it counted, and lets the client in.

/** A map of entries that weigh at most `weightMax` together. One entry is always kept. */
export class BoundedMap<V> {
  readonly #entries = new Map<string, V>()
  readonly #weightMax: number
  readonly #weightOf: (value: V) => number
  #weight = 0

  /** `weightOf` gives the same number for a value each time; by default each entry weighs 1. */
  constructor(weightMax: number, weightOf: (value: V) => number = () => 1) {
    this.#weightMax = weightMax
    this.#weightOf = weightOf
  }

  /** The number of entries. */
  get size(): number {
    return this.#entries.size
  }

  /** The value of a key, or null. Does not change the order of the entries. */
  get(key: string): V | null {
    return this.#entries.get(key) ?? null
  }

  /** Sets a value. The entry becomes the last one to be replaced. */
  set(key: string, value: V): void {
    this.delete(key)
    this.#entries.set(key, value)
    this.#weight += this.#weightOf(value)
    for (const oldest of this.#entries.keys()) {
      if (this.#weight <= this.#weightMax || this.#entries.size === 1) return
      this.delete(oldest)
    }
  }

  /** Removes an entry, if there is one. */
  delete(key: string): void {
    const value = this.#entries.get(key)
    if (value === undefined) return
    this.#entries.delete(key)
    this.#weight -= this.#weightOf(value)
  }

  /** Removes all entries. */
  clear(): void {
    this.#entries.clear()
    this.#weight = 0
  }

  /** The keys, the one that was set longest ago first. */
  keys(): Iterable<string> {
    return this.#entries.keys()
  }
}
