// Reads HTTP/1.1 responses out of what a connection gives, with as little work as can be: status
// and length are looked at, the rest only handed on. The length is that of Content-Length, or of
// the chunks (RFC 9112 §7.1), without trailers. A 204 has neither.
//
//   HTTP/1.1 200 OK\r\n…Content-Length: 25\r\n…\r\n\r\n{"logged_in_as":"alice"}\n

/** Told of each response that is complete. The body is good until the next chunk. */
export type OnResponse = (status: number, body: Buffer) => void

interface Body {
  readonly bytes: Buffer
  /** Where the next response begins. */
  readonly end: number
}

const lineEnd = Buffer.from("\r\n")
const headEnd = Buffer.from("\r\n\r\n")
const statusAt = "HTTP/1.1 ".length
const zero = 48
const noContent = 204

/** The responses of one connection. */
export class ResponseReader {
  readonly #onResponse: OnResponse
  /** How this server writes the header's name. */
  #lengthHeader: Buffer | null = null
  #rest: Buffer | null = null

  constructor(onResponse: OnResponse) {
    this.#onResponse = onResponse
  }

  /**
   * Takes what arrived.
   * @throws Error when it is no such response
   */
  push(chunk: Buffer): void {
    let bytes = this.#rest === null ? chunk : Buffer.concat([this.#rest, chunk])
    this.#rest = null
    while (bytes.byteLength > 0) {
      const end = bytes.indexOf(headEnd)
      const body = end === -1 ? null : this.#bodyOf(bytes, end)
      if (body === null) break
      this.#onResponse(statusOf(bytes), body.bytes)
      bytes = bytes.subarray(body.end)
    }
    // The chunk's memory is used again for the next.
    if (bytes.byteLength > 0) this.#rest = Buffer.from(bytes)
  }

  /** Null until it is there. */
  #bodyOf(bytes: Buffer, headLength: number): Body | null {
    const at = headLength + headEnd.byteLength
    this.#lengthHeader ??= findLengthHeader(bytes.toString("latin1", 0, headLength))
    const found = this.#lengthHeader === null ? -1 : bytes.indexOf(this.#lengthHeader)
    if (this.#lengthHeader === null || found === -1 || found > headLength) {
      if (statusOf(bytes) === noContent) return { bytes: bytes.subarray(at, at), end: at }
      const head = bytes.toString("latin1", 0, headLength)
      if (!/\r\ntransfer-encoding: *chunked/i.test(head)) {
        throw new Error("A response without a Content-Length")
      }
      return readChunks(bytes, at)
    }
    let length = 0
    for (let digitAt = found + this.#lengthHeader.byteLength; digitAt < headLength; digitAt += 1) {
      const digit = (bytes[digitAt] ?? 0) - zero
      if (digit < 0 || digit > 9) break
      length = length * 10 + digit
    }
    const end = at + length
    return bytes.byteLength < end ? null : { bytes: bytes.subarray(at, end), end }
  }
}

function findLengthHeader(head: string): Buffer | null {
  const found = /\r\ncontent-length: */i.exec(head)?.[0]
  return found === undefined ? null : Buffer.from(found)
}

function readChunks(bytes: Buffer, start: number): Body | null {
  const parts: Buffer[] = []
  let at = start
  while (true) {
    const sizeEnd = bytes.indexOf(lineEnd, at)
    if (sizeEnd === -1) return null
    const size = Number.parseInt(bytes.toString("latin1", at, sizeEnd), 16)
    if (Number.isNaN(size)) throw new Error("A chunk without a size")
    const from = sizeEnd + lineEnd.byteLength
    at = from + size + lineEnd.byteLength
    if (bytes.byteLength < at) return null
    if (size === 0) return { bytes: Buffer.concat(parts), end: at }
    parts.push(bytes.subarray(from, from + size))
  }
}

function statusOf(bytes: Buffer): number {
  const digit = (at: number) => (bytes[statusAt + at] ?? 0) - zero
  return digit(0) * 100 + digit(1) * 10 + digit(2)
}
