// Reads the head and the body of one request, within limits, into a plain record. A header is
// trusted for its own meaning only, and a header about the client's address only when a trusted
// proxy sends it.

import type { Readable } from "node:stream"
import { type ForwardedHeader, type Peer, unreadHeader } from "../client_address.ts"
import type { App, HttpRequest } from "../message.ts"
import type { ChunkFlood } from "./chunk_flood.ts"
import type { PendingRequest } from "./connection.ts"
import { type Head, pathOf, readHead } from "./head.ts"
import type { HeldMemory } from "./held_memory.ts"
import type { HttpLimits } from "./limits.ts"
import {
  bodyTooLarge,
  chunkFlood,
  noMemory,
  type Refusal,
  refusalOf,
  tooManyChunks,
} from "./refusals.ts"
import type { ServerLog } from "./server_log.ts"

/** What reading needs. */
export interface ReadOptions extends Pick<App, "takesBody" | "askerAt"> {
  /** Gives the client's address. */
  readonly clientAddressOf: (headers: Head["headers"], peer: Peer) => string
  /** The header in which proxies name the client. */
  readonly forwardedHeader: ForwardedHeader
  readonly limits: Pick<HttpLimits, "bodyBytesMax" | "bodyChunksMax" | "headBytesMax">
  readonly memory: HeldMemory
  readonly flood: ChunkFlood
  readonly log: ServerLog
}

const noBody = Buffer.alloc(0)
/** A head of this size is counted with the request (held_memory.ts). */
const usualHeadBytes = 2048
/** What a body gets at first, whatever length it announces. */
const firstBytesMax = 1024

/**
 * The request, at once unless it has a body to read; or its refusal; or null when the client has
 * gone. A body that the route does not take is left, and `pending` says so.
 */
export function readRequest(
  pending: PendingRequest,
  options: ReadOptions,
): HttpRequest | Refusal | null | Promise<HttpRequest | Refusal | null> {
  const { incoming, outgoing, id, connection } = pending
  const { httpVersion, rawHeaders, method = "", url: target = "" } = incoming
  const { limits, clientAddressOf, forwardedHeader: header, flood, log } = options
  const asker = options.askerAt({ method, path: pathOf(target) })
  const head = readHead({ asker, httpVersion, rawHeaders, target }, limits.headBytesMax)
  if ("reason" in head) return refusalOf(head)
  const { path, query, headers } = head
  // The upgrade is ignored, but Node's parser drops what arrived along with such a request.
  if (headers.has("upgrade")) connection.requestsMax = pending.number
  const { peer } = connection
  const unread = unreadHeader(headers, { peer, header })
  if (unread !== null) log.forwarded({ peer, header }, unread)
  const clientAddress = clientAddressOf(headers, peer)
  pending.clientAddress = clientAddress
  const isForwarded = asker !== "client"
  if (head.declaredBytes > limits.bodyBytesMax && !isForwarded) {
    return bodyTooLarge(limits.bodyBytesMax)
  }
  const { headersBytes } = head
  if (headersBytes > usualHeadBytes && !hold(pending, headersBytes, options.memory)) return noMemory
  if (head.isChunked && flood.isOn && !isForwarded) {
    // The parser drops the chunks that arrived with this head.
    connection.isStopped = true
    return chunkFlood
  }
  const isProxied = peer.isTrusted
  const request = { id, method, path, query, headers, clientAddress, isProxied, body: noBody }
  // Most proxies send no body when they ask, even if the head says that one follows.
  if (isForwarded) {
    if (!head.isBodyless) leaveBody(pending, head)
    return request
  }
  // A chunked body is read for every route: a malformed one gets 400, whatever the route.
  if (!head.isBodyless && !head.isChunked && !options.takesBody(request)) {
    leaveBody(pending, head)
    return request
  }
  const reading = head.isBodyless ? null : takeBody(pending, { request, head }, options)
  if (head.awaitsContinue) outgoing.writeContinue()
  return reading ?? request
}

/** Leaves a body, or what follows in its place: no request on this connection is taken after it. */
function leaveBody(pending: PendingRequest, head: Head): void {
  const { incoming, connection } = pending
  pending.isBodyLeft = true
  connection.requestsMax = pending.number
  // The parser drops the chunks that arrived with this head.
  if (head.isChunked) connection.isStopped = true
  // The body is dropped as it arrives.
  else incoming.resume()
}

async function takeBody(
  pending: PendingRequest,
  { request, head }: { readonly request: HttpRequest; readonly head: Head },
  { limits, memory, flood }: ReadOptions,
): Promise<HttpRequest | Refusal | null> {
  const { incoming, connection } = pending
  const stop = () => {
    connection.isStopped = true
    incoming.socket.pause()
  }
  const { result, giveUp } = readBody(incoming, {
    ...{ bytesMax: limits.bodyBytesMax, chunksMax: limits.bodyChunksMax },
    ...{ declaredBytes: head.declaredBytes, flood, stop },
    hold: (bytes) => hold(pending, bytes, memory),
  })
  const endInFlood = () => {
    stop()
    giveUp(chunkFlood)
  }
  const unwatch = head.isChunked ? flood.watch(endInFlood) : null
  const reading = { incoming, giveUp }
  connection.reading = reading
  const body = await result
  unwatch?.()
  // Otherwise the connection would keep the body in memory until its next one. That one may be
  // under way already, when the client sent both at once.
  if (connection.reading === reading) connection.reading = null
  connection.bytesTaken = incoming.socket.bytesRead
  return Buffer.isBuffer(body) ? { ...request, body } : body
}

/** Holds more memory for a request until it is handled. False when there is none. */
function hold(pending: PendingRequest, bytes: number, memory: HeldMemory): boolean {
  const isHeld = memory.take(bytes, pending.connection.owed > 1)
  if (isHeld) pending.held += bytes
  return isHeld
}

/** A body that is being read. */
interface BodyReading {
  /** The body; or its refusal; or null when the client has gone. */
  readonly result: Promise<Buffer | Refusal | null>
  /** Ends the reading with this result, and drops what else arrives. */
  giveUp(refusal: Refusal | null): void
}

/** The limits of a body. */
export interface BodyOptions {
  readonly bytesMax: number
  /** In how many pieces the body may arrive: chunks or packets. */
  readonly chunksMax: number
  /** From Content-Length; 0 without one. */
  readonly declaredBytes: number
  /** Holds so many more bytes of memory. False when there are none. */
  readonly hold: (bytes: number) => boolean
  /** Counts all pieces, also those of a refused body. */
  readonly flood: Pick<ChunkFlood, "count">
  /** Called once, when there are too many pieces. */
  readonly stop: () => void
}

/**
 * Reads a body into one buffer, within limits. Chunks are copied: a chunk of one byte, kept as it
 * arrives, would take some hundred bytes.
 */
export function readBody(source: Readable, options: BodyOptions): BodyReading {
  const { bytesMax, chunksMax, declaredBytes, flood, hold } = options
  let resolve: (outcome: Buffer | Refusal | null) => void = () => {}
  const result = new Promise<Buffer | Refusal | null>((settle) => {
    resolve = settle
  })
  /** Null when the reading has ended. */
  let body: Buffer | null = noBody
  let bytes = 0
  let chunks = 0

  const end = (outcome: Buffer | Refusal | null) => {
    body = null
    resolve(outcome)
  }
  /** A larger buffer with what has arrived so far. Null when there is no memory for it. */
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
      end(tooManyChunks(chunksMax))
    }
    if (body === null) return
    const total = bytes + chunk.byteLength
    if (total > bytesMax) return end(bodyTooLarge(bytesMax))
    if (total > body.byteLength) body = grown(body, total)
    if (body === null) return end(noMemory)
    chunk.copy(body, bytes)
    bytes = total
  }
  // Chunks are taken when Node's parser pushes them into the stream. As events, Node 26 would queue
  // all chunks of the 64 KiB that it reads at once before the first is counted.
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
