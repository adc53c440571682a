// How large, how slow and how many: what one client may cost the HTTP server.

/** Limits of a server. Tests give shorter times. */
export interface HttpLimits {
  readonly bodyBytesMax: number
  /** In how many pieces a body may arrive, be they chunks or packets. */
  readonly bodyChunksMax: number
  /** For how long chunked bodies are refused after a flood of small chunks. */
  readonly floodMillis: number
  readonly headBytesMax: number
  readonly headersMillisMax: number
  /** For head and body together. */
  readonly requestMillisMax: number
  /** How long a connection is kept for a next request, at least; clients are told whole seconds. */
  readonly keepAliveMillis: number
  /** The same for connections of trusted proxies. */
  readonly proxyKeepAliveMillis: number
  /**
   * Ends a client that never reads its answer, after two of these: what the system buffers of that
   * looks like a sign of life, once.
   */
  readonly unreadMillisMax: number
  /** How long what a refused client still sends is read and dropped. */
  readonly lingerMillisMax: number
  /** How often requests that take too long are looked for, and connections where nobody acts. */
  readonly checkIntervalMillis: number
  readonly requestsPerSocketMax: number
  /** Memory of requests under way and answers that wait to be read (held_memory.ts). */
  readonly heldBytesMax: number
  readonly connectionsMax: number
  /** What `connectionsMax` follows. */
  readonly connectionsBound: ConnectionsBound
}

/** What bounds the number of connections: the service itself, its memory, or RLIMIT_NOFILE. */
export type ConnectionsBound = "service" | "memory" | "open_files"

/** The limits of the service. */
export const httpLimits: HttpLimits = Object.freeze({
  bodyBytesMax: 16 * 1024,
  bodyChunksMax: 256,
  floodMillis: 1_000,
  headBytesMax: 16 * 1024,
  headersMillisMax: 10_000,
  requestMillisMax: 10_000,
  keepAliveMillis: 5_000,
  proxyKeepAliveMillis: 75_000,
  unreadMillisMax: 12_000,
  lingerMillisMax: 1_000,
  checkIntervalMillis: 1_000,
  requestsPerSocketMax: 10_000,
  heldBytesMax: 64 * 1024 * 1024,
  connectionsMax: 8_192,
  connectionsBound: "service",
})

/** What the rest of the process takes while passwords are hashed; see password/hashing_lane.ts. */
const ownBytes = 96 * 1024 * 1024
/** A connection with the longest head half read (measured: 23 KiB of heap and 10 beside it). */
const connectionBytes = 40 * 1024
const connectionsMin = 256
const heldBytesMin = 8 * 1024 * 1024

/** What the store, the log and the control socket may open beside connections. */
const ownDescriptors = 128

/** What a process may use. */
export interface ProcessLimits {
  /** Of the machine or the container, and of the heap, whichever is less. */
  readonly memoryBytes: number
  /** Files and sockets at a time. */
  readonly descriptors: number
}

/** How long connections are kept for a next request. */
export interface KeepAlive {
  readonly clientSeconds: number
  readonly proxySeconds: number
}

/**
 * The limits for such a process: half of the memory that the rest leaves is for connections, half
 * for requests under way and answers that wait to be read.
 */
export function limitsFor(
  { memoryBytes, descriptors }: ProcessLimits,
  { clientSeconds, proxySeconds }: KeepAlive,
): HttpLimits {
  const share = Math.floor((memoryBytes - ownBytes) / 2)
  const byMemory = Math.max(connectionsMin, Math.floor(share / connectionBytes))
  const byDescriptors = descriptors - Math.min(ownDescriptors, Math.ceil(descriptors / 2))
  const connectionsMax = Math.min(httpLimits.connectionsMax, byMemory, byDescriptors)
  const others = connectionsMax === byDescriptors ? "open_files" : "memory"
  return Object.freeze({
    ...httpLimits,
    keepAliveMillis: clientSeconds * 1000,
    proxyKeepAliveMillis: proxySeconds * 1000,
    heldBytesMax: Math.min(httpLimits.heldBytesMax, Math.max(heldBytesMin, share)),
    connectionsMax,
    connectionsBound: connectionsMax === httpLimits.connectionsMax ? "service" : others,
  })
}
