// GET /livez and GET /readyz, for monitors. The replies say only whether the service is up.

import type { Handler } from "../http/guard.ts"
import { json } from "../http/message.ts"
import { problem } from "../http/problem.ts"

/** Answers 200 while the process runs. */
export function livez(): Handler {
  return () => json(200, { status: "live" })
}

/** Answers 200 when the service takes requests. Answers 503 while it starts or drains. */
export function readyz(isReady: () => boolean): Handler {
  return () =>
    isReady()
      ? json(200, { status: "ready" })
      : problem("temporarily_unavailable", "Not ready", { "Retry-After": "1" })
}
