// How large, how slow and how many: what one client may cost the HTTP server.

/** Limits of a server. Tests give shorter times. */
export interface HttpLimits {
  readonly bodyBytesMax: number
  readonly headBytesMax: number
  readonly headersMillisMax: number
  /** For head and body together. */
  readonly requestMillisMax: number
  readonly keepAliveMillis: number
  /**
   * Ends a client that never reads its answer, after two of these: what the system buffers of that
   * looks like a sign of life, once. More than the time for a request, or else who sends nothing
   * more would not be told why.
   */
  readonly socketIdleMillisMax: number
  /** How long what a refused client still sends is read and dropped. */
  readonly lingerMillisMax: number
  /** How often Node looks for requests that take too long. */
  readonly checkIntervalMillis: number
  readonly requestsPerSocketMax: number
  readonly connectionsMax: number
}

/** The limits of the service. */
export const httpLimits: HttpLimits = Object.freeze({
  bodyBytesMax: 16 * 1024,
  headBytesMax: 16 * 1024,
  headersMillisMax: 10_000,
  requestMillisMax: 10_000,
  keepAliveMillis: 5_000,
  socketIdleMillisMax: 12_000,
  lingerMillisMax: 1_000,
  checkIntervalMillis: 1_000,
  requestsPerSocketMax: 10_000,
  connectionsMax: 8_192,
})
