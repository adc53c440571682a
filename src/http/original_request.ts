// The request that a proxy asks about. Each fact comes from one place, which depends on the kind of
// proxy. A fact that is missing, or could be read in two ways, is a mistake: it is never guessed,
// and never taken from another place, where the client may have put it (CVE-2026-40575).
//
//   nginx, proxy   X-Forwarded-Method, X-Forwarded-Proto, X-Forwarded-Host, X-Forwarded-Uri
//   Envoy          the method, the Host and, after the prefix, the target of the request itself
//
// The caller sees to it that a trusted proxy sent the request. Pure.

import { type HostAndPort, httpsPort, readHost } from "../domain/access_rule.ts"
import { AuthError } from "../errors.ts"
import type { RequestHead } from "./message.ts"

/** The request as the client sent it to the proxy. */
export interface OriginalRequest {
  readonly method: string
  readonly host: HostAndPort
  /** Path and query. */
  readonly target: string
}

/** A header with the place of a fact, and what its value looks like. */
interface FactHeader {
  readonly name: string
  readonly form: RegExp
}

const methodHeader: FactHeader = {
  name: "X-Forwarded-Method",
  form: /^[!#$%&'*+.^`|~\w-]{1,32}$/,
}
const protocolHeader: FactHeader = { name: "X-Forwarded-Proto", form: /^(?:http|ws)s?$/ }
const hostHeader: FactHeader = { name: "X-Forwarded-Host", form: /^[\w.:-]+$/ }
// Two values would be joined by a comma and a blank, and no target has a blank in it.
const targetHeader: FactHeader = {
  name: "X-Forwarded-Uri",
  form: /^\/[\x21-\x7e\x80-\xff]{0,8191}$/,
}

const httpPort = 80

/**
 * Reads the headers that nginx, Caddy, Traefik and HAProxy send. The query of the request itself is
 * not read: Caddy appends the client's.
 * @throws AuthError `invalid_request` for a header that is missing, repeated or malformed
 */
export function readForwardedRequest(head: RequestHead): OriginalRequest {
  const method = readFact(head, methodHeader)
  const protocol = readFact(head, protocolHeader)
  const named = readFact(head, hostHeader)
  const target = readFact(head, targetHeader)
  const isPlain = protocol === "http" || protocol === "ws"
  const host = readHost(named, isPlain ? httpPort : httpsPort)
  if (host === null) throw malformed(hostHeader.name)
  // TLS may end at another proxy in front. A client that came without TLS is sent to https.
  const port = isPlain && host.port === httpPort ? httpsPort : host.port
  return { method, host: { ...host, port }, target }
}

/**
 * Reads the request of Envoy, whose target follows a prefix.
 * @throws AuthError `invalid_request` for a malformed Host
 */
export function readPrefixedRequest(
  { method, query, headers }: RequestHead,
  rest: string,
): OriginalRequest {
  const host = readHost(headers.get("host") ?? "")
  if (host === null) throw malformed("Host")
  return { method, host, target: `/${rest}${query === "" ? "" : `?${query}`}` }
}

/** Whether the Host of a request names this host, on any port. */
export function isSentTo({ headers }: RequestHead, { name }: HostAndPort): boolean {
  return readHost(headers.get("host") ?? "")?.name === name
}

/** Whether the original request opens a page in a browser (Fetch standard, "Sec-Fetch-Mode"). */
export function isNavigation({ headers }: RequestHead, { method }: OriginalRequest): boolean {
  const mode = headers.get("sec-fetch-mode")
  if (mode !== undefined) return mode === "navigate"
  if ((method !== "GET" && method !== "HEAD") || headers.has("x-requested-with")) return false
  return /(?:^|[\s,])text\/html\s*(?:[;,]|$)/i.test(headers.get("accept") ?? "")
}

/** Headers of browsers, which Git, WebDAV and calendar clients don't send when they begin. */
const browserHeaders = [
  ...["cookie", "origin", "referer", "x-requested-with", "upgrade-insecure-requests"],
  ...["sec-fetch-mode", "sec-fetch-dest", "sec-fetch-site", "sec-fetch-user"],
]

/** Whether a browser may have sent the original request: it would answer Basic by a dialog. */
export function isOfBrowser(head: RequestHead, original: OriginalRequest): boolean {
  return browserHeaders.some((name) => head.headers.has(name)) || isNavigation(head, original)
}

/** Whether the page is a part of another page, such as a frame. */
export function isNestedPage({ headers }: RequestHead): boolean {
  return (headers.get("sec-fetch-dest") ?? "document") !== "document"
}

function readFact({ headers }: RequestHead, { name, form }: FactHeader): string {
  const value = headers.get(name.toLowerCase()) ?? ""
  if (value === "") throw refused(`The header '${name}' is missing`)
  if (form.test(value)) return value
  throw malformed(name)
}

function malformed(name: string): AuthError {
  return refused(`The header '${name}' is malformed or repeated`)
}

function refused(message: string): AuthError {
  return new AuthError("invalid_request", message, { reason: "forwarded_headers" })
}
