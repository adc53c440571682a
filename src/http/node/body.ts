// Reads a request's body, up to a limit, into one buffer. Chunks are copied: kept as they come,
// each would take some hundred bytes beside its own, of which there may be one.

import type { Readable } from "node:stream"
import type { ChunkFlood } from "./chunk_flood.ts"
import type { Refusal } from "./refusal.ts"
import type { BodyRefusals } from "./refusals.ts"

/** A body that is being read. */
export interface BodyReading {
  /** The body; or what to answer without it; or null when there is nobody to answer. */
  readonly result: Promise<Buffer | Refusal | null>
  /** Gives up, with the answer to that, and drops what else comes. */
  giveUp(refusal: Refusal | null): void
}

/** What a body is held to. */
export interface BodyOptions {
  readonly bytesMax: number
  /** In how many pieces it may arrive, be they chunks or packets. */
  readonly chunksMax: number
  /** From Content-Length; 0 without one. */
  readonly declaredBytes: number
  readonly refusals: BodyRefusals
  /** Holds memory for so many bytes more, unless there is none. */
  readonly hold: (bytes: number) => boolean
  /** Counts the pieces, also those of a body that was refused. */
  readonly flood: Pick<ChunkFlood, "count">
  /** Called once when there are too many, whether it was refused before or not. */
  readonly stop: () => void
}

const nothing = Buffer.alloc(0)
/** What a length that was only announced is given at first. */
const firstBytesMax = 1024

/** Starts to read. */
export function readBody(source: Readable, options: BodyOptions): BodyReading {
  const { bytesMax, chunksMax, declaredBytes, refusals, flood, hold } = options
  let resolve: (outcome: Buffer | Refusal | null) => void = () => {}
  const result = new Promise<Buffer | Refusal | null>((settle) => {
    resolve = settle
  })
  /** Null when it is over. */
  let body: Buffer | null = nothing
  let bytes = 0
  let chunks = 0

  const end = (outcome: Buffer | Refusal | null) => {
    body = null
    resolve(outcome)
  }
  /** A buffer for so many bytes with what has come so far, or null. */
  const grown = (from: Buffer, bytesMin: number): Buffer | null => {
    const usual = Math.max(2 * from.byteLength, Math.min(declaredBytes, firstBytesMax))
    const size = Math.max(bytesMin, Math.min(usual, bytesMax))
    if (!hold(size - from.byteLength)) return null
    // Not from Node's pool, where a few bytes keep eight KiB.
    const larger = Buffer.allocUnsafeSlow(size)
    from.copy(larger)
    return larger
  }

  const take = (chunk: Buffer) => {
    flood.count()
    chunks += 1
    if (chunks === chunksMax + 1) {
      options.stop()
      end(refusals.tooManyChunks)
    }
    if (body === null) return
    const total = bytes + chunk.byteLength
    if (total > bytesMax) return end(refusals.tooLarge)
    if (total > body.byteLength) body = grown(body, total)
    if (body === null) return end(refusals.noRoom)
    chunk.copy(body, bytes)
    bytes = total
  }
  // Chunks are taken as Node's parser hands them to the stream. As events Node 26 would queue all
  // of the 64 KiB that it reads at once before the first is looked at.
  const push = source.push.bind(source)
  source.push = (chunk: Buffer | null) => {
    if (chunk === null) return push(null)
    take(chunk)
    return true
  }
  source.on("data", take)
  source.on("end", () => end(body === null ? null : body.subarray(0, bytes)))
  source.on("error", () => end(null))
  source.on("close", () => end(null))
  return { result, giveUp: end }
}
