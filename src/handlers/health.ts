// GET /livez and GET /readyz, for whoever watches the process. They tell up or down, nothing else.

import type { Handler } from "../http/guard.ts"
import { json } from "../http/message.ts"
import { problem } from "../http/problem.ts"

/** Answers as long as the process can. */
export function livez(): Handler {
  return () => json(200, { status: "live" })
}

/** Answers 200 while requests should be sent here, else 503: still starting, or draining. */
export function readyz(isReady: () => boolean): Handler {
  return () =>
    isReady()
      ? json(200, { status: "ready" })
      : problem("temporarily_unavailable", "Not ready", { "Retry-After": "1" })
}
