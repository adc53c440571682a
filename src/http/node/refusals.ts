// Refusals that the server makes before any route is looked for: the reply for the client, and a
// reason for the log. The reasons are a closed list, so nothing that a client sends is logged as a
// reason. Other refusals are in head.ts and parser_refusal.ts.

import type { ErrorCode } from "../../errors.ts"
import type { Reply } from "../message.ts"
import { problem } from "../problem.ts"

/** The `reason` of `request.refused`. The reasons for refused tokens are in errors.ts. */
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

/** A refusal in words: code and sentence for the client, the reason for the log. */
export interface RefusalText {
  readonly reason: RequestRefusalReason
  readonly code: ErrorCode
  readonly msg: string
  readonly headers?: Reply["headers"]
}

/** A refusal with its reply. */
export interface Refusal {
  readonly reason: RequestRefusalReason
  readonly reply: Reply
}

/** Makes the reply of a refusal. */
export function refusalOf({ reason, code, msg, headers }: RefusalText): Refusal {
  return { reason, reply: problem(code, msg, headers) }
}

/** The limit is that of Node's parser, or of head.ts where the parser's is higher. */
export const headTooLarge: RefusalText = {
  reason: "headers_too_large",
  code: "header_fields_too_large",
  msg: "The request's head is too large",
}

/** The server holds as much memory as it may (held_memory.ts). */
export const noMemory = refusalOf({
  reason: "no_memory",
  code: "temporarily_unavailable",
  msg: "Too many requests at a time",
  headers: { "Retry-After": "1" },
})

/** A chunked body during a flood of small chunks (chunk_flood.ts). */
export const chunkFlood = refusalOf({
  reason: "chunk_flood",
  code: "temporarily_unavailable",
  msg: "Too many small chunks at a time: send a Content-Length, or try again",
  headers: { "Retry-After": "1" },
})

/** An `Expect` other than `100-continue`. */
export const unsupportedExpect = refusalOf({
  reason: "expectation",
  code: "expectation_failed",
  msg: "Unsupported Expect header",
})

/** CONNECT. */
export const noProxy = refusalOf({
  reason: "connect",
  code: "method_not_allowed",
  msg: "This server is not a proxy",
  headers: { Allow: "" },
})

/** A body that is longer than the limit. */
export function bodyTooLarge(bytesMax: number): Refusal {
  return refusalOf({
    reason: "body_too_large",
    code: "content_too_large",
    msg: `The body is larger than ${bytesMax} bytes`,
  })
}

/** A body in more chunks or packets than the limit. */
export function tooManyChunks(chunksMax: number): Refusal {
  return refusalOf({
    reason: "too_many_chunks",
    code: "content_too_large",
    msg: `The body arrived in more than ${chunksMax} pieces`,
  })
}
