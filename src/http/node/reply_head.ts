// The head of a reply: its status, its own headers and cookies, the headers of every reply (OWASP
// HTTP Headers Cheat Sheet), its length and the request id. A reply's own header replaces the one
// of every reply.

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
/** A valid header line: no line break in it begins another header (RFC 9110 §5.1, §5.5). */
const headerLine = /^[!#$%&'*+.^`|~\w-]+: [\t -~]*$/
/** Headers about a user, for apps, as UTF-8: a name need not be ASCII. */
const userLine = /^Remote-(?:Name|Email): [ -~\u00a0-\ud7ff\ue000-\u{10ffff}]*$/u

/** The headers of a reply with those of every reply: as Node takes them, and as text. */
interface ListedHeaders {
  readonly listed: RawHeaders
  readonly lines: string
}

/** What the headers of all replies depend on. */
export interface HeaderOptions {
  /** How long an idle connection is kept. */
  readonly keepAliveMillis: number
  /** The same for connections of trusted proxies. */
  readonly proxyKeepAliveMillis: number
  /** Sends Strict-Transport-Security. For a public address with https. */
  readonly strictTransport: boolean
  /** Adds `includeSubDomains`. Other services may be at the names below the address. */
  readonly includeSubdomains: boolean
  /** Sends `Vary: Origin`. For when scripts of some origins may read replies. */
  readonly variesByOrigin: boolean
  readonly clock: Clock
  /** The reason phrases of status lines (RFC 9110 §15). */
  readonly statusTexts: Readonly<Record<string, string | undefined>>
}

/** What the headers of one reply depend on. */
export interface ReplyContext {
  /** The id of the request. */
  readonly id: string
  /** Whether the connection ends with this reply. */
  readonly closes: boolean
  /** Whether the peer is a trusted proxy. */
  readonly isProxied: boolean
}

/** Writes the heads of replies. Throws TypeError for a malformed header. */
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
  // Most replies have one of a few headers objects, which nobody can change.
  const known = new WeakMap<Reply["headers"], ListedHeaders>()
  const list = ({ headers }: Reply): ListedHeaders => {
    const found = known.get(headers)
    if (found !== undefined) return found
    const others = always.filter((_, at) => !Object.hasOwn(headers, `${always[at - (at % 2)]}`))
    const listed = [...Object.entries(headers).flat(), ...others]
    const made = { listed, lines: linesOf(listed) }
    if (Object.isFrozen(headers)) known.set(headers, made)
    return made
  }
  return {
    headers(reply, { id, closes, isProxied }) {
      const { listed } = list(reply)
      const length = isBodyless(reply) ? [] : ["Content-Length", lengthOf(reply)]
      const open = isProxied ? keepAliveOfProxy : keepAlive
      const end = closes ? ["Connection", "close"] : open
      return [
        ...listed.map(asBytes),
        ...cookieHeaders(reply),
        "X-Request-Id",
        id,
        ...end,
        ...length,
      ]
    },
    text(reply, { id, closes, isProxied }) {
      const { lines } = list(reply)
      const length = isBodyless(reply) ? "" : `Content-Length: ${lengthOf(reply)}\r\n`
      const open = isProxied ? keptOfProxy : kept
      const end = closes ? "Connection: close\r\n" : open
      const start = `HTTP/1.1 ${reply.status} ${statusTexts[reply.status] ?? "unknown"}\r\n`
      const own = reply.cookies === undefined ? lines : lines + linesOf(cookieHeaders(reply))
      return `${start}${own}X-Request-Id: ${id}\r\nDate: ${date()}\r\n${end}${length}\r\n`
    },
  }
}

/** Whether a reply's status rules out a body, and so a Content-Length (RFC 9110 §8.6). */
export function isBodyless({ status }: Reply): boolean {
  return status === 204 || status === 304
}

/** UTF-8 as Node takes it: a character for each byte. */
function asBytes(text: string): string {
  return /[^\t -~]/.test(text) ? Buffer.from(text).toString("latin1") : text
}

function keepAliveFor(millis: number): RawHeaders {
  return ["Keep-Alive", `timeout=${Math.floor(millis / 1000)}`]
}

function cookieHeaders({ cookies = [] }: Reply): RawHeaders {
  return cookies.flatMap((cookie) => ["Set-Cookie", cookie])
}

function lengthOf({ body }: Reply): string {
  return `${Buffer.byteLength(body)}`
}

function linesOf(headers: RawHeaders): string {
  const texts = headers.flatMap((name, at) => (at % 2 === 0 ? `${name}: ${headers[at + 1]}` : []))
  for (const text of texts) {
    if (!headerLine.test(text) && !userLine.test(text))
      throw new TypeError(`Malformed header of a reply: ${text}`)
  }
  return texts.map((text) => `${text}\r\n`).join("")
}
