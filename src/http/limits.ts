// How large, how slow and how many: what one client may cost the HTTP server.

/** Limits of a server. Tests give shorter times. */
export interface HttpLimits {
  readonly bodyBytesMax: number
  readonly headBytesMax: number
  readonly headersMillisMax: number
  /** For head and body together. */
  readonly requestMillisMax: number
  /** How long a connection is kept for a next request, at least; clients are told whole seconds. */
  readonly keepAliveMillis: number
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
  /** Requests under way and answers owed on all connections, before those that pipeline are cut. */
  readonly exchangesMax: number
  readonly connectionsMax: number
}

/** The limits of the service. */
export const httpLimits: HttpLimits = Object.freeze({
  bodyBytesMax: 16 * 1024,
  headBytesMax: 16 * 1024,
  headersMillisMax: 10_000,
  requestMillisMax: 10_000,
  keepAliveMillis: 5_000,
  unreadMillisMax: 12_000,
  lingerMillisMax: 1_000,
  checkIntervalMillis: 1_000,
  requestsPerSocketMax: 10_000,
  exchangesMax: 6_144,
  connectionsMax: 8_192,
})

/** What the rest of the process takes while passwords are hashed; see password/hashing_lane.ts. */
const ownBytes = 96 * 1024 * 1024
/** A head and a body of the longest, or a token that is being verified, with what Node keeps. */
const bytesOfEach = 40 * 1024
const fewest = 256

/**
 * The limits for a process that may use so much memory: half of what the rest leaves for
 * connections, half for requests under way.
 */
export function limitsFor(memoryBytes: number): HttpLimits {
  const fitting = Math.max(fewest, Math.floor((memoryBytes - ownBytes) / 2 / bytesOfEach))
  return Object.freeze({
    ...httpLimits,
    connectionsMax: Math.min(httpLimits.connectionsMax, fitting),
    exchangesMax: Math.min(httpLimits.exchangesMax, fitting),
  })
}
