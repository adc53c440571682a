// Whether somebody sends bodies in ever so small chunks. Node makes an object of each, and goes
// through all that it has read of a connection before anybody else gets a turn: 10,000 chunks of
// one byte take it 10 ms, and 300 such connections three seconds. Nothing stops it within a body
// (stoppable.ts does before one). So after the first of these, chunked bodies are refused at their
// head for a moment. Hardly any client sends such bodies; one that does gets 503 and tries again.

/** Chunks in one turn of the event loop: some milliseconds. 16 bodies of the most that one may have. */
const chunksOfTurnMax = 4096

/** Counts the chunks of all connections. */
export class ChunkFlood {
  readonly #millis: number
  #chunks = 0
  #ending: NodeJS.Timeout | null = null

  /** @param millis for how long a flood is on after its last turn */
  constructor(millis: number) {
    this.#millis = millis
  }

  /** Whether there was one a moment ago. */
  get isOn(): boolean {
    return this.#ending !== null
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
  }
}
