// A map with a fixed maximum of entries. A new entry in a full map replaces the one that was set
// longest ago. So invented names and addresses cost bounded memory. A limit that loses an entry
// forgets what it counted, and lets the client in.

/** A map of at most `entriesMax` entries. */
export class BoundedMap<V> {
  readonly #entries = new Map<string, V>()
  readonly #entriesMax: number

  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax
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
    this.#entries.delete(key)
    this.#entries.set(key, value)
    if (this.#entries.size <= this.#entriesMax) return
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest)
      return
    }
  }

  /** Removes an entry, if there is one. */
  delete(key: string): void {
    this.#entries.delete(key)
  }

  /** The keys, the one that was set longest ago first. */
  keys(): Iterable<string> {
    return this.#entries.keys()
  }
}
