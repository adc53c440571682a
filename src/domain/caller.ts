// Who asks, as far as it can be told: for the audit trail, for limits, and for people to recognise
// their sessions by.

/** Where a request came from. */
export interface Caller {
  readonly requestId: string
  readonly address: string
  /** What the client calls itself: printable ASCII, cut short, perhaps empty. */
  readonly userAgent: string
}
