// /verify/nginx: for nginx's `auth_request`, which takes 401 and 403 for refusals, and everything
// else but 2xx for a failure. So a redirect is a 401 with a Location.

import { AuthError } from "../../errors.ts"
import type { Handler } from "../../http/guard.ts"
import { isSentTo, readForwardedRequest } from "../../http/original_request.ts"
import { answering, type VerifyParts } from "./answer.ts"

/** Answers nginx. */
export function verifyNginx(parts: VerifyParts): Handler {
  return answering(
    "nginx",
    (head) => {
      const original = readForwardedRequest(head)
      if (isSentTo(head, original.host)) return original
      // A client can send a request line with one host and a Host header with another: `$host` is
      // what nginx goes by, `$http_host` is not.
      const message = "'Host' and 'X-Forwarded-Host' name different hosts: set both from $host"
      throw new AuthError("access_denied", message, { reason: "other_host" })
    },
    parts,
  )
}
