// /verify/envoy/…: for Envoy's `ext_authz`, which puts a prefix before the target of a request and
// leaves the rest as it is.

import type { Handler } from "../../http/guard.ts"
import { readPrefixedRequest } from "../../http/original_request.ts"
import { answering, type VerifyParts } from "./answer.ts"

/** Answers Envoy. */
export function verifyEnvoy(parts: VerifyParts): Handler {
  return answering("proxy", readPrefixedRequest, parts)
}
