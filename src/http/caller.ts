// Who sent a request.

import type { Caller } from "../caller.ts"
import type { RequestHead } from "./message.ts"

const userAgentLengthMax = 200

/** The caller of a request. */
export function callerOf({ id, clientAddress, headers }: RequestHead): Caller {
  const userAgent = (headers.get("user-agent") ?? "")
    .slice(0, userAgentLengthMax)
    .replace(/[^\x20-\x7e]/g, "?")
  return { requestId: id, address: clientAddress, userAgent }
}
