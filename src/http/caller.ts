// Who sent a request, as far as it can be told: for the audit trail, and for people to recognise
// their sessions by.

import type { HttpRequest } from "./message.ts"

/** Where a request came from. */
export interface HttpCaller {
  readonly requestId: string
  readonly address: string
  /** What the client calls itself: printable ASCII, cut short, perhaps empty. */
  readonly userAgent: string
}

const userAgentLengthMax = 200

/** The caller of a request. */
export function callerOf({ id, remoteAddress, headers }: HttpRequest): HttpCaller {
  const userAgent = (headers.get("user-agent") ?? "")
    .slice(0, userAgentLengthMax)
    .replace(/[^\x20-\x7e]/g, "?")
  return { requestId: id, address: remoteAddress, userAgent }
}
