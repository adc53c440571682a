// Detects floods of bodies in very small chunks. Node makes an object of each chunk, and parses all
// that it has read of a connection before it serves another: 10,000 chunks of one byte take 10 ms,
// and 300 such connections three seconds. Nothing stops the parser within a body (`makeStoppable`
// in connection.ts does before one). So a flood ends the chunked bodies that are being read, before
// their connections are read again, and chunked bodies are refused at their head while it lasts.
// Few clients send chunked bodies. They get 503 and try again.

/** Chunks in one turn of the event loop: some milliseconds, or 16 bodies with the most chunks. */
const chunksOfTurnMax = 4096

/** Counts the chunks of all connections. */
export class ChunkFlood {
  readonly #millis: number
  #chunks = 0
  #ending: NodeJS.Timeout | null = null
  /** How to end each chunked body that is being read. */
  readonly #bodies = new Set<() => void>()

  /** @param millis how long a flood lasts after the last turn with too many chunks */
  constructor(millis: number) {
    this.#millis = millis
  }

  /** Whether there is a flood. */
  get isOn(): boolean {
    return this.#ending !== null
  }

  /** Has `end` called when a flood starts. Gives the function that takes this back. */
  watch(end: () => void): () => void {
    this.#bodies.add(end)
    return () => this.#bodies.delete(end)
  }

  /** Counts a chunk. */
  count(): void {
    if (this.#chunks === 0) {
      setImmediate(() => {
        this.#chunks = 0
      })
    }
    this.#chunks += 1
    if (this.#chunks === chunksOfTurnMax) this.#start()
  }

  #start(): void {
    const end = () => {
      this.#ending = null
    }
    if (this.#ending !== null) clearTimeout(this.#ending)
    this.#ending = setTimeout(end, this.#millis).unref()
    const bodies = [...this.#bodies]
    this.#bodies.clear()
    for (const endBody of bodies) endBody()
  }
}
