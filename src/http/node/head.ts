// Checks the head of a request: version, headers, target. Node's parser has refused malformed heads
// already. This refuses the heads that Node accepts and Postern does not. Pure.

import type { Asker } from "../message.ts"
import { headerBytes } from "./held_memory.ts"
import { headTooLarge, type RefusalText, type RequestRefusalReason } from "./refusals.ts"

/** The parts of a request's head as Node gives them. */
export interface RawHead {
  /** Who asks at this target. */
  readonly asker: Asker
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
  /** The memory that the headers take. */
  readonly headersBytes: number
  /** From Content-Length; 0 without one. */
  readonly declaredBytes: number
  /** Whether the body is chunked. */
  readonly isChunked: boolean
  /** Whether the body is sent only after `100 Continue`. */
  readonly awaitsContinue: boolean
  /** Nothing follows this head (RFC 9112 §6.3). */
  readonly isBodyless: boolean
}

/** The part of a target that finds its route. */
export function pathOf(target: string): string {
  const mark = target.indexOf("?")
  return mark === -1 ? target : target.slice(0, mark)
}

/** A request with more headers is refused. */
export const headersMax = 100

/** The longest target, by who asks. A proxy may ask with the target of another request in its own. */
const targetLengthMax: Readonly<Record<Asker, number>> = {
  ...{ client: 2048, proxy: 8192, nginx: 8192 },
}

/** Headers that must not be repeated. Node would keep the first silently, or join them. */
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

/** The reply names the supported codings (RFC 9110 §15.5.16): none. */
const unsupportedCoding: RefusalText = Object.freeze({
  reason: "content_coding",
  code: "unsupported_media_type",
  msg: "Unsupported Content-Encoding header: send the body uncompressed",
  headers: { "Accept-Encoding": "identity" },
})

const hostPattern = /^(?:\[[0-9a-f:.]{2,45}\]|[a-z0-9_.-]{1,255})(?::\d{1,5})?$/i

/**
 * Reads a head, or gives the refusal. HTTP/1.0 with a host is accepted: nginx sends it to its
 * upstream by default, and a body with a length is framed as in HTTP/1.1.
 * @param headBytesMax the longest head of a client
 */
export function readHead(raw: RawHead, headBytesMax: number): Head | RefusalText {
  const { asker, httpVersion, target, rawHeaders } = raw
  if (httpVersion !== "1.1" && httpVersion !== "1.0") {
    const code = "http_version_not_supported"
    return { reason: "http_version", code, msg: "Use HTTP/1.1" }
  }
  const headers = readHeaders(rawHeaders)
  if ("code" in headers) return headers
  const refusal = findHeaderFault(headers, raw)
  if (refusal !== null) return refusal
  const lengthMax = targetLengthMax[asker]
  if (target.length > lengthMax) {
    const msg = `The request target is longer than ${lengthMax} bytes`
    return { reason: "target_too_long", code: "uri_too_long", msg }
  }
  const headersLength = lengthOf(rawHeaders)
  // Node's limit is the server's, so for proxies.
  const isTooLarge = target.length + headersLength >= headBytesMax
  if (asker === "client" && isTooLarge) return headTooLarge
  // No proxy (`http://…`) and no server-wide OPTIONS (`*`).
  if (!target.startsWith("/")) {
    return invalid("target", "The request target must start with '/'")
  }
  const path = pathOf(target)
  const declaredBytes = Number(headers.get("content-length") ?? 0)
  // In HTTP/1.0 the expectation has no meaning (RFC 9110 §10.1.1).
  const awaitsContinue = httpVersion === "1.1" && headers.has("expect")
  const isChunked = headers.has("transfer-encoding")
  return {
    path,
    query: target.slice(path.length + 1),
    headers,
    headersBytes: (rawHeaders.length / 2) * headerBytes + headersLength,
    declaredBytes,
    isChunked,
    awaitsContinue,
    isBodyless: declaredBytes === 0 && !isChunked,
  }
}

function readHeaders(rawHeaders: readonly string[]): Map<string, string> | RefusalText {
  if (rawHeaders.length / 2 > headersMax) {
    const msg = `The request has more than ${headersMax} headers`
    return { reason: "too_many_headers", code: "header_fields_too_large", msg }
  }
  const headers = new Map<string, string>()
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = String(rawHeaders[at]).toLowerCase()
    const value = String(rawHeaders[at + 1])
    const before = headers.get(name)
    if (before !== undefined && singleHeaders.has(name)) {
      return invalid("duplicate_header", `Duplicate header '${name}'`)
    }
    // A proxy of HTTP/2 may send each cookie in a header of its own (RFC 9113 §8.2.3).
    const separator = name === "cookie" ? "; " : ", "
    headers.set(name, before === undefined ? value : `${before}${separator}${value}`)
  }
  return headers
}

function findHeaderFault(
  headers: ReadonlyMap<string, string>,
  { httpVersion, asker }: Pick<RawHead, "httpVersion" | "asker">,
): RefusalText | null {
  if (!hostPattern.test(headers.get("host") ?? "")) {
    return invalid("host", "The header 'host' is missing or invalid")
  }
  const coding = headers.get("transfer-encoding")
  if (coding !== undefined && coding.toLowerCase() !== "chunked") {
    return invalid(
      "transfer_coding",
      "Unsupported Transfer-Encoding header: only chunked is supported",
    )
  }
  // An HTTP/1.0 client or proxy may not know where a chunked body ends (RFC 9112 §6.1).
  if (coding !== undefined && httpVersion === "1.0") {
    return invalid("transfer_coding", "HTTP/1.0 does not allow Transfer-Encoding")
  }
  // A proxy passes on what its client said about a body that stays there.
  if (headers.has("content-encoding") && asker === "client") return unsupportedCoding
  return null
}

function lengthOf(rawHeaders: readonly string[]): number {
  let length = 0
  for (const text of rawHeaders) length += text.length
  return length
}

function invalid(reason: RequestRefusalReason, msg: string): RefusalText {
  return { reason, code: "invalid_request", msg }
}
