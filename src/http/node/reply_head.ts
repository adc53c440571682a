// A reply's head as it goes out: its status, its own headers, those that every reply has (OWASP
// HTTP Headers Cheat Sheet), its length and its request id.

import { type Clock, httpDate, timeText } from "../../clock.ts"
import type { Reply } from "../message.ts"

/** Names and values in turn, as Node takes them. */
type RawHeaders = readonly string[]

const everyReply: RawHeaders = [
  ["X-Content-Type-Options", "nosniff"],
  ["Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"],
  ["Referrer-Policy", "no-referrer"],
  ["Cross-Origin-Resource-Policy", "same-origin"],
].flat()
const strictTransportName = "Strict-Transport-Security"
const strictTransportValue = "max-age=31536000"
/** A header as it may be sent: nothing in it begins another line (RFC 9110 §5.1, §5.5). */
const headerLine = /^[!#$%&'*+.^`|~\w-]+: [\t -~]*$/

/** What all replies of a service have because of its settings. */
export interface HeaderOptions {
  /** How long a connection is kept for a next request. */
  readonly keepAliveMillis: number
  /** The same where a trusted proxy is at the other end. */
  readonly proxyKeepAliveMillis: number
  /** Tells browsers to come back over TLS only. For when the public address is https. */
  readonly strictTransport: boolean
  /** Tells them so for all names below that address, too: other services may be there. */
  readonly includeSubdomains: boolean
  /** Tells caches that replies differ by origin. For when scripts of some may read them. */
  readonly variesByOrigin: boolean
  readonly clock: Clock
  /** What a status line says after the status (RFC 9110 §15). */
  readonly statusTexts: Readonly<Record<string, string | undefined>>
}

/** What a reply's headers depend on beside the reply. */
export interface ReplyContext {
  /** Of the request. */
  readonly id: string
  /** Whether the connection ends with this reply. */
  readonly closes: boolean
  /** Whether a trusted proxy is at its other end. */
  readonly isProxied: boolean
}

/** Writes the heads of replies. Fails for a header that nobody may send. */
export interface HeadWriter {
  /** The headers for Node, which adds `Date` and `Connection: keep-alive` where needed. */
  headers(reply: Reply, context: ReplyContext): string[]
  /** The whole head as text, to the empty line (RFC 9112 §2.1). */
  text(reply: Reply, context: ReplyContext): string
}

/** Makes a writer. */
export function createHeadWriter(options: HeaderOptions): HeadWriter {
  const { strictTransport, variesByOrigin, clock, statusTexts } = options
  const scope = options.includeSubdomains ? "; includeSubDomains" : ""
  const always = [
    ...everyReply,
    ...(strictTransport ? [strictTransportName, `${strictTransportValue}${scope}`] : []),
    ...(variesByOrigin ? ["Vary", "Origin"] : []),
  ]
  const keepAlive = keepAliveFor(options.keepAliveMillis)
  const keepAliveOfProxy = keepAliveFor(options.proxyKeepAliveMillis)
  const kept = linesOf(["Connection", "keep-alive", ...keepAlive])
  const keptOfProxy = linesOf(["Connection", "keep-alive", ...keepAliveOfProxy])
  const date = timeText(clock, httpDate)
  // Most replies have the very headers of the one before.
  let last: Reply["headers"] = {}
  let listed: RawHeaders = always
  let lines = linesOf(always)
  const list = ({ headers }: Reply) => {
    if (headers === last) return
    const all = [...Object.entries(headers).flat(), ...always]
    lines = linesOf(all)
    listed = all
    last = headers
  }
  return {
    headers(reply, { id, closes, isProxied }) {
      list(reply)
      const length = isBodyless(reply) ? [] : ["Content-Length", lengthOf(reply)]
      const open = isProxied ? keepAliveOfProxy : keepAlive
      const end = closes ? ["Connection", "close"] : open
      return [...listed, "X-Request-Id", id, ...end, ...length]
    },
    text(reply, { id, closes, isProxied }) {
      list(reply)
      const length = isBodyless(reply) ? "" : `Content-Length: ${lengthOf(reply)}\r\n`
      const open = isProxied ? keptOfProxy : kept
      const end = closes ? "Connection: close\r\n" : open
      const start = `HTTP/1.1 ${reply.status} ${statusTexts[reply.status] ?? "unknown"}\r\n`
      return `${start}${lines}X-Request-Id: ${id}\r\nDate: ${date()}\r\n${end}${length}\r\n`
    },
  }
}

/** Whether a reply's status rules out a body, and so a Content-Length (RFC 9110 §8.6). */
export function isBodyless({ status }: Reply): boolean {
  return status === 204 || status === 304
}

function keepAliveFor(millis: number): RawHeaders {
  return ["Keep-Alive", `timeout=${Math.floor(millis / 1000)}`]
}

function lengthOf({ body }: Reply): string {
  return `${Buffer.byteLength(body)}`
}

function linesOf(headers: RawHeaders): string {
  const texts = headers.flatMap((name, at) => (at % 2 === 0 ? `${name}: ${headers[at + 1]}` : []))
  for (const text of texts) {
    if (!headerLine.test(text)) throw new TypeError(`No header of a reply: ${text}`)
  }
  return texts.map((text) => `${text}\r\n`).join("")
}
