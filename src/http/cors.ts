// Which scripts of other sites may read replies: CORS, as the Fetch standard has it in "HTTP-CORS
// protocol". Origins are compared as they are, with those listed; no pattern, no `*`, and never
// with credentials, as there are no cookies here. Pure.

import type { Reply, RequestHead } from "./message.ts"

const preflightMaxAgeSeconds = 600

/** What scripts may read beside what they always may. */
const exposedHeaders = "Retry-After, WWW-Authenticate, X-Request-Id"

/** The reply as a script of the request's origin may read it: unchanged unless that is listed. */
export function shareReply(
  reply: Reply,
  {
    request: { method, headers },
    origins,
  }: { readonly request: RequestHead; readonly origins: readonly string[] },
): Reply {
  const origin = headers.get("origin")
  const isPublic = Object.hasOwn(reply.headers, "Access-Control-Allow-Origin")
  if (origin === undefined || isPublic || !origins.includes(origin)) return reply
  const isPreflight = method === "OPTIONS" && headers.has("access-control-request-method")
  return {
    ...reply,
    headers: {
      ...reply.headers,
      "Access-Control-Allow-Origin": origin,
      "Access-Control-Expose-Headers": exposedHeaders,
      ...(isPreflight && reply.status === 204 ? preflightHeaders(reply) : {}),
    },
  }
}

/** The reply to OPTIONS tells the methods of the path anyway. */
function preflightHeaders({ headers: { Allow: methods = "" } }: Reply): Reply["headers"] {
  return {
    "Access-Control-Allow-Methods": methods,
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
    "Access-Control-Max-Age": String(preflightMaxAgeSeconds),
  }
}
