// Checks what comes before a body: version, headers, target. Node's parser has refused the worst
// already; what it lets through and should not is refused here. Pure: from plain values to plain
// values.

import { headerBytes } from "./held_memory.ts"
import type { RefusalText, RequestRefusalReason } from "./refusals.ts"

/** The parts of a request's head as Node gives them. */
export interface RawHead {
  readonly httpVersion: string
  readonly target: string
  /** Names and values in turn, as they were sent. */
  readonly rawHeaders: readonly string[]
}

/** A head that may be answered. */
export interface Head {
  readonly path: string
  readonly query: string
  readonly headers: ReadonlyMap<string, string>
  /** From Content-Length; 0 without one. */
  readonly declaredBytes: number
  /** Whether the body comes in chunks. */
  readonly isChunked: boolean
  /** Whether the body is sent only after `100 Continue`. */
  readonly awaitsContinue: boolean
  /** Nothing follows this head (RFC 9112 §6.3). */
  readonly isBodyless: boolean
}

/** The memory that headers take, names and values in turn. */
export function bytesOf(rawHeaders: readonly string[]): number {
  let bytes = (rawHeaders.length / 2) * headerBytes
  for (const text of rawHeaders) bytes += text.length
  return bytes
}

/** More are refused. */
export const headersMax = 100
const targetLengthMax = 2048

/** Headers that may stand once. Of two, Node would silently keep the first or join them. */
const singleHeaders = new Set([
  "authorization",
  "content-encoding",
  "content-length",
  "content-type",
  "expect",
  "host",
  "if-none-match",
  "origin",
  "transfer-encoding",
])

/** The answer names the codings that are taken (RFC 9110 §15.5.16): none. */
const unsupportedCoding: RefusalText = Object.freeze({
  reason: "content_coding",
  code: "unsupported_media_type",
  msg: "No content coding is taken",
  headers: { "Accept-Encoding": "identity" },
})

const hostPattern = /^(?:\[[0-9a-f:.]{2,45}\]|[a-z0-9_.-]{1,255})(?::\d{1,5})?$/i

/**
 * Reads a head, or tells why not. HTTP/1.0 is taken if it names a host: nginx speaks it to what is
 * behind it unless told otherwise, and a body with a length ends where one of HTTP/1.1 does.
 */
export function readHead({ httpVersion, target, rawHeaders }: RawHead): Head | RefusalText {
  if (httpVersion !== "1.1" && httpVersion !== "1.0") {
    const code = "http_version_not_supported"
    return { reason: "http_version", code, msg: "Speak HTTP/1.1" }
  }
  const headers = readHeaders(rawHeaders)
  if ("code" in headers) return headers
  const refusal = refuseHeaders(headers, httpVersion)
  if (refusal !== null) return refusal
  if (target.length > targetLengthMax) {
    const msg = `The request target may have ${targetLengthMax} bytes`
    return { reason: "target_too_long", code: "uri_too_long", msg }
  }
  // No proxy (`http://…`) and no server-wide OPTIONS (`*`).
  if (!target.startsWith("/")) {
    return invalid("target", "The request target must start with '/'")
  }
  const mark = target.indexOf("?")
  const declaredBytes = Number(headers.get("content-length") ?? 0)
  // In HTTP/1.0 the expectation has no meaning (RFC 9110 §10.1.1).
  const awaitsContinue = httpVersion === "1.1" && headers.has("expect")
  const isChunked = headers.has("transfer-encoding")
  return {
    path: mark === -1 ? target : target.slice(0, mark),
    query: mark === -1 ? "" : target.slice(mark + 1),
    headers,
    declaredBytes,
    isChunked,
    awaitsContinue,
    isBodyless: declaredBytes === 0 && !isChunked,
  }
}

function readHeaders(rawHeaders: readonly string[]): Map<string, string> | RefusalText {
  if (rawHeaders.length / 2 > headersMax) {
    const msg = `A request may have ${headersMax} headers`
    return { reason: "too_many_headers", code: "header_fields_too_large", msg }
  }
  const headers = new Map<string, string>()
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = String(rawHeaders[at]).toLowerCase()
    const value = String(rawHeaders[at + 1])
    const before = headers.get(name)
    if (before !== undefined && singleHeaders.has(name)) {
      return invalid("duplicate_header", `The header '${name}' may stand once`)
    }
    headers.set(name, before === undefined ? value : `${before}, ${value}`)
  }
  return headers
}

function refuseHeaders(
  headers: ReadonlyMap<string, string>,
  httpVersion: string,
): RefusalText | null {
  if (!hostPattern.test(headers.get("host") ?? "")) {
    return invalid("host", "The header 'host' is missing or not valid")
  }
  const coding = headers.get("transfer-encoding")
  if (coding !== undefined && coding.toLowerCase() !== "chunked") {
    return invalid("transfer_coding", "The only transfer coding taken is chunked")
  }
  // Who speaks 1.0 may not know where such a body ends (RFC 9112 §6.1).
  if (coding !== undefined && httpVersion === "1.0") {
    return invalid("transfer_coding", "HTTP/1.0 has no transfer codings")
  }
  if (headers.has("content-encoding")) {
    return unsupportedCoding
  }
  return null
}

function invalid(reason: RequestRefusalReason, msg: string): RefusalText {
  return { reason, code: "invalid_request", msg }
}
