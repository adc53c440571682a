// Who sent a request, by its headers and its socket.

import type { Caller } from "../caller.ts"
import type { HttpRequest } from "./message.ts"

const userAgentLengthMax = 200

/** The caller of a request. */
export function callerOf({ id, remoteAddress, headers }: HttpRequest): Caller {
  const userAgent = (headers.get("user-agent") ?? "")
    .slice(0, userAgentLengthMax)
    .replace(/[^\x20-\x7e]/g, "?")
  return { requestId: id, address: remoteAddress, userAgent }
}
