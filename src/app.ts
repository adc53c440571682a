// The service as one function: finds the route, calls its handler, turns errors into replies, and
// writes the access log. Tests call `handle` without a socket.

import { monotonicMillis } from "./clock.ts"
import { shareReply, shareWith } from "./http/cors.ts"
import { isAllowedHost } from "./http/host.ts"
import type { HttpRequest, Reply, RequestHead } from "./http/message.ts"
import { problem, problemOf } from "./http/problem.ts"
import { createRouter, type Match } from "./http/router.ts"
import { type RouteParts, routes } from "./routes.ts"
import { errorText, type Log } from "./telemetry/log.ts"

/** The service without its sockets. */
export interface App {
  /** Whether the body of a request with this head is read before `handle` is called. */
  takesBody(head: RequestHead): boolean
  /** Answers a request. Never rejects. */
  handle(request: HttpRequest): Promise<Reply>
  /** Adds the CORS headers for an origin to a reply that the server made itself. */
  share(reply: Reply, origin: string | undefined): Reply
}

/** The options of the app, without those of its routes. */
export interface AppOptions {
  /** Host names to accept; null for any. */
  readonly allowedHosts: readonly string[] | null
  /** Origins whose scripts may read replies. */
  readonly corsOrigins: readonly string[]
  readonly log: Log
}

/**
 * A first segment that can't be a secret: tokens and ids have digits or capitals, or are longer.
 */
const plainSegment = /^\/[a-z-]{1,24}(?![^/])/

/** Puts the service together. */
export function createApp(parts: RouteParts & AppOptions): App {
  const { allowedHosts, corsOrigins, log } = parts
  const route = createRouter(routes(parts).flat())

  return {
    takesBody({ method, path, headers }) {
      if (!isAllowedHost(headers.get("host"), allowedHosts)) return false
      const match = route(method, path)
      return match.kind === "found" && match.handler.takesBody
    },

    async handle(request) {
      const startedAt = monotonicMillis()
      const match = route(request.method, request.path)
      const { reason, ...answered } = await answer(request, match)
      const reply = shareReply(answered, { request, origins: corsOrigins })
      log.access({
        request: request.id,
        client: request.clientAddress,
        method: request.method,
        // The path of the route: the path of the request could contain anything, even secrets.
        path: match.kind === "not_found" ? firstSegment(request.path) : match.path,
        status: reply.status,
        ms: Math.round((monotonicMillis() - startedAt) * 10) / 10,
        reason,
      })
      return reply
    },

    share: (reply, origin) => shareWith(reply, { origin, origins: corsOrigins }),
  }

  async function answer(request: HttpRequest, match: Match): Promise<Reply> {
    if (!isAllowedHost(request.headers.get("host"), allowedHosts)) {
      return problem("misdirected_request", "This service does not accept this Host header")
    }
    if (match.kind === "not_found") return problem("not_found", "There is nothing at this path")
    if (match.kind === "other_method") return otherMethod(request, match.allow)
    try {
      return await match.handler.handle(request, { params: match.params })
    } catch (error) {
      return match.handler.explain(error, { reply: failed(error, request, log), request })
    }
  }
}

/** The first segment of an unknown path, or null. It shows the operator a proxy's wrong prefix. */
function firstSegment(path: string): string | null {
  return plainSegment.exec(path)?.[0] ?? null
}

function failed(error: unknown, { id }: RequestHead, log: Log): Reply {
  const reply = problemOf(error)
  if (reply === null) {
    log.error("request.failed", { request: id, error: errorText(error) })
    return problem("server_error", `Internal error: request ${id}`)
  }
  // The cause goes to the log only.
  if (reply.status >= 500) {
    log.error("request.unavailable", { request: id, error: errorText(error) })
  }
  return reply
}

function otherMethod({ method }: RequestHead, allow: string): Reply {
  const headers = { Allow: allow, "Cache-Control": "no-store" }
  if (method === "OPTIONS") return { status: 204, headers, body: "" }
  return problem("method_not_allowed", `The methods here are ${allow}`, headers)
}
