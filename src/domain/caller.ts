// Who sent a request: for the audit trail, for limits, and for users to recognise their sessions.

/** Where a request came from. */
export interface Caller {
  readonly requestId: string
  readonly address: string
  /** The User-Agent header: printable ASCII, cut to a length, may be empty. */
  readonly userAgent: string
}
