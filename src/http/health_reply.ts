// What monitors get. The replies say only whether the service is up.

import { json, type Reply } from "./message.ts"
import { problem } from "./problem.ts"

/** The process runs. */
export function liveReply(): Reply {
  return json(200, { status: "live" })
}

/** The service takes requests. */
export function readyReply(): Reply {
  return json(200, { status: "ready" })
}

/** The service does not take requests now. */
export function notReadyReply(): Reply {
  return problem("temporarily_unavailable", "Not ready", { "Retry-After": "1" })
}
