// Why the server itself refuses a request, before any route is looked for: the reply for the
// client, and a word for the log. The words are a closed list, so that nothing a client sends is
// ever logged as a reason.

import type { ErrorCode } from "../../errors.ts"
import type { Reply } from "../message.ts"
import { problem } from "../problem.ts"

/** The words, as `reason` of `request.refused` has them; those for tokens are errors.ts's. */
export type RequestRefusalReason =
  | "proxy_protocol"
  | "http2"
  | "tls"
  | "method"
  | "target"
  | "target_too_long"
  | "http_version"
  | "header"
  | "duplicate_header"
  | "headers_too_large"
  | "too_many_headers"
  | "host"
  | "framing"
  | "transfer_coding"
  | "content_coding"
  | "expectation"
  | "body_too_large"
  | "too_many_chunks"
  | "chunk_extensions"
  | "chunk_flood"
  | "timeout"
  | "cut_off"
  | "connect"
  | "no_memory"
  | "not_http"

/** A refusal in words: its code and sentence are for the client, its reason is for the log. */
export interface RefusalText {
  readonly reason: RequestRefusalReason
  readonly code: ErrorCode
  readonly msg: string
  readonly headers?: Reply["headers"]
}

/** A refusal as it is answered. */
export interface Refusal {
  readonly reason: RequestRefusalReason
  readonly reply: Reply
}

/** Makes the answer. */
export function refusalOf({ reason, code, msg, headers }: RefusalText): Refusal {
  return { reason, reply: problem(code, msg, headers) }
}
