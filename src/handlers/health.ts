// GET /livez and GET /readyz, for monitors. The replies say only whether the service is up.

import type { Handler } from "../http/guard.ts"
import { json, type Reply } from "../http/message.ts"
import { problem } from "../http/problem.ts"

/** Answers 200 while the process runs. */
export function livez(): Handler {
  return liveReply
}

/**
 * Answers 200 when the service takes requests, otherwise 503: while it starts or drains, and while
 * its store can't be used.
 */
export function readyz(isReady: () => Promise<boolean>): Handler {
  return async () => ((await isReady()) ? json(200, { status: "ready" }) : notReadyReply())
}

/** The process runs. */
export function liveReply(): Reply {
  return json(200, { status: "live" })
}

/** The service does not take requests now. */
export function notReadyReply(): Reply {
  return problem("temporarily_unavailable", "Not ready", { "Retry-After": "1" })
}
