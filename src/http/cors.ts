// CORS: lets scripts of listed origins read replies (Fetch standard, "HTTP-CORS protocol"). An
// origin must equal a listed one: there are no patterns and no `*`. Credentials are never allowed,
// so no script of another origin reads anything by a cookie. Pages are never shared. Pure.

import type { Reply, RequestHead } from "./message.ts"

const preflightMaxAgeSeconds = 600

/** Headers that scripts may read in addition to the safelisted ones. */
const exposedHeaders = "ETag, Location, Retry-After, WWW-Authenticate, X-Request-Id"

/** Headers that scripts may send when a preflight names no headers or malformed ones. */
const usualHeaders = "Authorization, Content-Type"
/** One item of a list of header names (RFC 9110 §5.1, §5.6.1). */
const headerName = /^[ \t]*[!#$%&'*+.^`|~\w-]+[ \t]*$/
const headerNamesLengthMax = 1024

/** The reply with CORS headers when the request's origin is listed, else unchanged. */
export function shareReply(
  reply: Reply,
  {
    request: { method, headers },
    origins,
  }: { readonly request: RequestHead; readonly origins: readonly string[] },
): Reply {
  const shared = shareWith(reply, { origin: headers.get("origin"), origins })
  const isPreflight = method === "OPTIONS" && headers.has("access-control-request-method")
  if (shared === reply || !isPreflight || reply.status !== 204) return shared
  const asked = headers.get("access-control-request-headers")
  return { ...shared, headers: { ...shared.headers, ...preflightHeaders(reply, asked) } }
}

/** The same for a request of which only the origin is known. */
export function shareWith(
  reply: Reply,
  { origin, origins }: { readonly origin: string | undefined; readonly origins: readonly string[] },
): Reply {
  if (origin === undefined || reply.isPage || !origins.includes(origin)) return reply
  if (Object.hasOwn(reply.headers, "Access-Control-Allow-Origin")) return reply
  return {
    ...reply,
    headers: {
      ...reply.headers,
      "Access-Control-Allow-Origin": origin,
      "Access-Control-Expose-Headers": exposedHeaders,
    },
  }
}

/** The origin in raw headers, which alternate names and values. Undefined for two origins. */
export function originOf(rawHeaders: readonly string[]): string | undefined {
  const origins = rawHeaders.filter(
    (_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === "origin",
  )
  return origins.length === 1 ? origins[0] : undefined
}

/**
 * The origin in the bytes of a head that could not be parsed. A forged origin is harmless: it only
 * opens the error reply to the sender, and a browser compares the origin with the script's own.
 */
export function originInBytes(packet: Uint8Array | undefined): string | undefined {
  if (packet === undefined) return undefined
  const [head = ""] = Buffer.from(packet).toString("latin1").split("\r\n\r\n", 1)
  const lines = head.split("\r\n").slice(1)
  return originOf(
    lines.flatMap((line) => {
      const [name = "", ...rest] = line.split(":")
      return [name, rest.join(":").trim()]
    }),
  )
}

/** CORS headers of a preflight. The methods are those in the `Allow` of the OPTIONS reply. */
function preflightHeaders(
  { headers: { Allow: methods = "" } }: Reply,
  asked: string | undefined,
): Reply["headers"] {
  return {
    "Access-Control-Allow-Methods": methods,
    "Access-Control-Allow-Headers": isListOfNames(asked) ? asked : usualHeaders,
    "Access-Control-Max-Age": String(preflightMaxAgeSeconds),
  }
}

function isListOfNames(asked: string | undefined): asked is string {
  if (asked === undefined || asked.length > headerNamesLengthMax) return false
  if (asked !== asked.trim()) return false
  return asked.split(",").every((name) => headerName.test(name))
}
