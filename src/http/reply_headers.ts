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
  /** Tells browsers to come back over TLS only. For when the public address is https. */
  readonly strictTransport: boolean
  /** Tells caches that replies differ by origin. For when scripts of some may read them. */
  readonly variesByOrigin: boolean
}

/** Makes the function from a reply and its request's id to the headers. */
export function createHeaderWriter({
  strictTransport,
  variesByOrigin,
}: HeaderOptions): (reply: Reply, id: string) => RawHeaders {
  const always = [
    ...everyReply,
    ...(strictTransport ? strictTransportHeader : []),
    ...(variesByOrigin ? ["Vary", "Origin"] : []),
  ]
  return (reply, id) => {
    const headers: string[] = []
    for (const [name, value] of Object.entries(reply.headers)) headers.push(name, value)
    if (!isBodyless(reply)) headers.push("Content-Length", `${Buffer.byteLength(reply.body)}`)
    headers.push(...always, "X-Request-Id", id)
    return headers
  }
}

/** Whether a reply's status rules out a body, and so a Content-Length (RFC 9110 §8.6). */
export function isBodyless({ status }: Reply): boolean {
  return status === 204 || status === 304
}
