// The headers of a reply as they go out: its own, those that every reply has (OWASP HTTP Headers
// Cheat Sheet), its length and its request id.

import type { Reply } from "./message.ts"

/** Names and values in turn, as Node takes them. */
export type RawHeaders = readonly string[]

const everyReply: RawHeaders = [
  ["X-Content-Type-Options", "nosniff"],
  ["Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"],
  ["Referrer-Policy", "no-referrer"],
  ["Cross-Origin-Resource-Policy", "same-origin"],
].flat()
const strictTransportHeader = ["Strict-Transport-Security", "max-age=31536000; includeSubDomains"]

/** What all replies of a service have because of its settings. */
export interface HeaderOptions {
  /** How long a connection is kept for a next request. */
  readonly keepAliveMillis: number
  /** Tells browsers to come back over TLS only. For when the public address is https. */
  readonly strictTransport: boolean
  /** Tells caches that replies differ by origin. For when scripts of some may read them. */
  readonly variesByOrigin: boolean
}

/** What a reply's headers depend on beside the reply. */
export interface ReplyContext {
  /** Of the request. */
  readonly id: string
  /** Whether the connection ends with this reply. */
  readonly closes: boolean
}

/** Makes the function from a reply to the headers as they go out. */
export function createHeaderWriter({
  keepAliveMillis,
  strictTransport,
  variesByOrigin,
}: HeaderOptions): (reply: Reply, context: ReplyContext) => string[] {
  const always = [
    ...everyReply,
    ...(strictTransport ? strictTransportHeader : []),
    ...(variesByOrigin ? ["Vary", "Origin"] : []),
  ]
  // Most replies have the very headers of the one before.
  let last: Reply["headers"] = {}
  let listed: RawHeaders = always
  const keepAlive = `timeout=${Math.floor(keepAliveMillis / 1000)}`
  return (reply, { id, closes }) => {
    if (reply.headers !== last) listed = [...Object.entries(reply.headers).flat(), ...always]
    last = reply.headers
    const headers = [...listed, "X-Request-Id", id]
    if (closes) headers.push("Connection", "close")
    else headers.push("Keep-Alive", keepAlive)
    if (!isBodyless(reply)) headers.push("Content-Length", `${Buffer.byteLength(reply.body)}`)
    return headers
  }
}

/** A reply as it goes out, as text (RFC 9112 §2.1). */
export function replyText(
  { status, body }: Reply,
  headers: RawHeaders,
  statusText: string | undefined,
): string {
  const lines = headers.map((text, at) => (at % 2 === 0 ? `${text}: ` : `${text}\r\n`))
  return `HTTP/1.1 ${status} ${statusText}\r\n${lines.join("")}\r\n${body}`
}

/** Whether a reply's status rules out a body, and so a Content-Length (RFC 9110 §8.6). */
export function isBodyless({ status }: Reply): boolean {
  return status === 204 || status === 304
}
