// /verify/proxy: for proxies that pass every answer but 200 on to their client: Caddy, Traefik,
// HAProxy.

import type { Handler } from "../../http/guard.ts"
import { readForwardedRequest } from "../../http/original_request.ts"
import { answering, type VerifyParts } from "./answer.ts"

/** Answers such a proxy. */
export function verifyProxy(parts: VerifyParts): Handler {
  return answering("proxy", (head) => readForwardedRequest(head), parts)
}
