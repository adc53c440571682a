// The memory that requests and answers of one server hold, by what is known of each: what Node
// keeps for a request, its head, as much of its body as has come, and its answer until the system
// has taken it. Connections are bounded by their number (limits.ts).
//
// One half is for everybody. The other half is only for who holds nothing yet: those who pipeline,
// or do not read, fill the first half, and whoever asks for one thing at a time still gets it.

/** A request and its response, a usual head among them (measured: 3 KiB, 6 where a body comes). */
export const requestBytes = 6 * 1024
/** What stays of that while the answer waits to be read, beside its text (measured: 2.5 KiB). */
export const answerBytes = 4 * 1024
/** What a header takes beside its characters (measured: 125). */
export const headerBytes = 160

/** Counts bytes against a bound. */
export class HeldMemory {
  readonly #bytesMax: number
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** How many are held. */
  get bytes(): number {
    return this.#bytes
  }

  /** Holds so many more, unless there is no room for them. `isMore` is for who holds some already. */
  take(bytes: number, isMore: boolean): boolean {
    const most = isMore ? this.#bytesMax / 2 : this.#bytesMax
    if (this.#bytes + bytes > most) return false
    this.#bytes += bytes
    return true
  }

  /** Gives back what was held. */
  giveBack(bytes: number): void {
    this.#bytes -= bytes
  }
}
