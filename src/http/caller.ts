// Who sent a request.

import type { Caller } from "../domain/caller.ts"
import { ownText } from "../system/own_text.ts"
import type { RequestHead } from "./message.ts"

const userAgentLengthMax = 200

/** The caller of a request. */
export function callerOf({ id, clientAddress, headers }: RequestHead): Caller {
  const header = headers.get("user-agent") ?? ""
  const start = header.slice(0, userAgentLengthMax).replace(/[^\x20-\x7e]/g, "?")
  // A slice would keep the whole header in memory for as long as a session keeps the slice.
  const userAgent = header.length > userAgentLengthMax ? ownText(start) : start
  return { requestId: id, address: clientAddress, userAgent }
}
