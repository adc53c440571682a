// What Node's HTTP parser refuses, as replies.

import type { Reply } from "./message.ts"
import { problem } from "./problem.ts"

/** The reply for an error of Node's parser, by its code. */
export function parserProblem(code: string | undefined): Reply {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return problem("header_fields_too_large", "The request's head is too large")
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return problem("content_too_large", "The body's chunk extensions are too large")
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return problem("request_timeout", "The request took too long to arrive")
    default:
      return problem("invalid_request", "The request is not valid HTTP/1.1")
  }
}
