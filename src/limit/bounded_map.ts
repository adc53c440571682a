// A map that never grows beyond a bound: the entry that was touched longest ago makes room. So
// names and addresses that anybody can make up cost bounded memory, and what is forgotten is
// forgiven: nobody is kept out by what others fill it with.

/** A map of at most so many entries. */
export class BoundedMap<V> {
  readonly #entries = new Map<string, V>()
  readonly #entriesMax: number

  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax
  }

  /** How many entries there are. */
  get size(): number {
    return this.#entries.size
  }

  /** The value of a key, or null. Does not count as a touch. */
  get(key: string): V | null {
    return this.#entries.get(key) ?? null
  }

  /** Sets a value, which is the last touched then. */
  set(key: string, value: V): void {
    this.#entries.delete(key)
    this.#entries.set(key, value)
    if (this.#entries.size <= this.#entriesMax) return
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest)
      return
    }
  }

  delete(key: string): void {
    this.#entries.delete(key)
  }

  /** The keys, the one touched longest ago first. */
  keys(): Iterable<string> {
    return this.#entries.keys()
  }
}
