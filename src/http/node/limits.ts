// The limits of the HTTP server: sizes, times and numbers.

/** Limits of a server. Tests give shorter times. */
export interface HttpLimits {
  readonly bodyBytesMax: number
  /** In how many pieces a body may arrive: chunks or packets. */
  readonly bodyChunksMax: number
  /** For how long chunked bodies are refused after a flood of small chunks. */
  readonly floodMillis: number
  readonly headBytesMax: number
  /** The same where proxies ask about other requests; null where none do. */
  readonly forwardedHeadBytesMax: number | null
  readonly headersMillisMax: number
  /** For head and body together. */
  readonly requestMillisMax: number
  /** How long an idle connection is kept, at least. The Keep-Alive header has whole seconds. */
  readonly keepAliveMillis: number
  /** The same for connections of trusted proxies. */
  readonly proxyKeepAliveMillis: number
  /**
   * How long a client may not read its answer. It may take twice as long to end the connection:
   * bytes that the system buffers look like progress, once.
   */
  readonly unreadMillisMax: number
  /** How long the bytes of a refused client are read and dropped. */
  readonly lingerMillisMax: number
  /** How often slow requests and idle connections are looked for. */
  readonly checkIntervalMillis: number
  readonly requestsPerSocketMax: number
  /** Memory for requests under way and answers that are not read yet (held_memory.ts). */
  readonly heldBytesMax: number
  readonly connectionsMax: number
  /** Which resource decided `connectionsMax`. */
  readonly connectionsBound: ConnectionsBound
}

/** The resource that bounds connections: the service itself, its memory, or RLIMIT_NOFILE. */
export type ConnectionsBound = "service" | "memory" | "open_files"

/** The limits of the service. */
export const httpLimits: HttpLimits = Object.freeze({
  bodyBytesMax: 16 * 1024,
  bodyChunksMax: 256,
  floodMillis: 1_000,
  headBytesMax: 16 * 1024,
  forwardedHeadBytesMax: null,
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

/** What the rest of the process takes while passwords are hashed (password/hashing_lane.ts). */
const ownBytes = 96 * 1024 * 1024
/** A connection with the longest head half read (measured: 23 KiB of heap and 10 beside it). */
const connectionBytes = 40 * 1024
/** A target of 8 KiB and headers of 32 KiB; and a connection with such a head half read (45 and 22). */
const forwardedHeadBytesMax = 40 * 1024
const forwardingConnectionBytes = 80 * 1024
const connectionsMin = 256
const heldBytesMin = 8 * 1024 * 1024

/** For the store, the log and the control socket. */
const ownDescriptors = 128

/** What the process may use. */
interface ProcessLimits {
  /** The least of the machine, the container and the heap. */
  readonly memoryBytes: number
  /** Files and sockets at a time. */
  readonly descriptors: number
}

/** How long idle connections are kept. */
export interface KeepAlive {
  readonly clientSeconds: number
  readonly proxySeconds: number
}

/**
 * The limits for a process. `takesForwardedHeads`: proxies ask about other requests, whose heads
 * are longer. Half of the memory beyond its own is for connections, half for requests under way and
 * answers that are not read yet.
 */
export function limitsFor(
  { memoryBytes, descriptors }: ProcessLimits,
  {
    clientSeconds,
    proxySeconds,
    takesForwardedHeads,
  }: KeepAlive & { readonly takesForwardedHeads: boolean },
): HttpLimits {
  const share = Math.floor((memoryBytes - ownBytes) / 2)
  const bytes = takesForwardedHeads ? forwardingConnectionBytes : connectionBytes
  const byMemory = Math.max(connectionsMin, Math.floor(share / bytes))
  const byDescriptors = descriptors - Math.min(ownDescriptors, Math.ceil(descriptors / 2))
  const connectionsMax = Math.min(httpLimits.connectionsMax, byMemory, byDescriptors)
  const others = connectionsMax === byDescriptors ? "open_files" : "memory"
  return Object.freeze({
    ...httpLimits,
    forwardedHeadBytesMax: takesForwardedHeads ? forwardedHeadBytesMax : null,
    keepAliveMillis: clientSeconds * 1000,
    proxyKeepAliveMillis: proxySeconds * 1000,
    heldBytesMax: Math.min(httpLimits.heldBytesMax, Math.max(heldBytesMin, share)),
    connectionsMax,
    connectionsBound: connectionsMax === httpLimits.connectionsMax ? "service" : others,
  })
}
