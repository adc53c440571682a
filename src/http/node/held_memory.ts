// Counts the memory that requests and answers of one server hold: Node's own objects for a request,
// its head, the part of its body that has arrived, and its answer until the system has taken it.
// Connections are bounded by their number (limits.ts).
//
// One half is for all connections. The other half is for connections that hold nothing yet. Clients
// that pipeline, or do not read, can fill the first half only, so clients with one request at a
// time are still served.

/** A request and its response with a usual head (measured: 3 KiB, 6 with a body). */
export const requestBytes = 6 * 1024
/** What is left of that while the answer waits, beside its text (measured: 2.5 KiB). */
export const answerBytes = 4 * 1024
/** A header, beside its characters (measured: 125). */
export const headerBytes = 160

/** Counts bytes against a bound. */
export class HeldMemory {
  readonly #bytesMax: number
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** How many bytes are held. */
  get bytes(): number {
    return this.#bytes
  }

  /** Holds more bytes. False when there is no room. `isMore`: the connection holds some already. */
  take(bytes: number, isMore: boolean): boolean {
    const most = isMore ? this.#bytesMax / 2 : this.#bytesMax
    if (this.#bytes + bytes > most) return false
    this.#bytes += bytes
    return true
  }

  /** Gives back bytes that were held. */
  giveBack(bytes: number): void {
    this.#bytes -= bytes
  }
}
