// GET /livez and GET /readyz, for monitors.

import type { Handler } from "../http/guard.ts"
import { liveReply, notReadyReply, readyReply } from "../http/health_reply.ts"

/** Answers 200 while the process runs. */
export function livez(): Handler {
  return () => liveReply()
}

/**
 * Answers 200 when the service takes requests, otherwise 503: while it starts or drains, and while
 * its store can't be used.
 */
export function readyz(isReady: () => Promise<boolean>): Handler {
  return async () => ((await isReady()) ? readyReply() : notReadyReply())
}
