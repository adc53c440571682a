// From the parts to one function: finds the route, lets its handler answer, turns what was thrown
// into a reply, and writes the access log. The whole service can be tested by calling `handle`.

import { type Awaitable, after, attempt } from "./awaitable.ts"
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
  /** Answers a request; never throws nor rejects. */
  handle(request: HttpRequest): Awaitable<Reply>
  /** Answers a request whose head is reason enough to refuse it, else null; the same. */
  refuseEarly(head: RequestHead): Awaitable<Reply | null>
  /** A reply that the server makes by itself, as scripts of an origin may read it. */
  share(reply: Reply, origin: string | undefined): Reply
}

/** What the app goes by beside its routes. */
export interface AppOptions {
  /** Host names to answer to; null for any. */
  readonly allowedHosts: readonly string[] | null
  /** Origins whose scripts may read replies. */
  readonly corsOrigins: readonly string[]
  readonly log: Log
}

type Found = Extract<Match, { kind: "found" }>

/** A first segment that is no secret: tokens, names and ids have digits, capitals or more length. */
const plainSegment = /^\/[a-z-]{1,24}(?![^/])/

/** Puts the service together. */
export function createApp(parts: RouteParts & AppOptions): App {
  const { allowedHosts, corsOrigins, log } = parts
  const route = createRouter(routes(parts))

  return {
    handle: (request) =>
      respond(request, ({ admitted, params }) => admitted.handle(request, { params })),
    refuseEarly: (head) => respond(head, ({ admitted }) => admitted.refuse(head)),
    share: (reply, origin) => shareWith(reply, { origin, origins: corsOrigins }),
  }

  function respond<R extends Reply | null>(
    head: RequestHead,
    ask: (match: Found) => Awaitable<R>,
  ): Awaitable<Reply | R> {
    const startedAt = monotonicMillis()
    const match = route(head.method, head.path)
    return after(answer(head, match, ask), (answered) => {
      if (answered === null) return answered
      const { reason } = answered
      // The reply that leaves here is the same for every reason.
      const told = reason === undefined ? answered : withoutReason(answered)
      const reply = shareReply(told, { request: head, origins: corsOrigins })
      log.access({
        request: head.id,
        client: head.clientAddress,
        method: head.method,
        // The route's own path: a path as it was sent could hold anything, secrets too.
        path: match.kind === "not_found" ? firstSegment(head.path) : match.path,
        status: reply.status,
        ms: Math.round((monotonicMillis() - startedAt) * 10) / 10,
        reason,
      })
      return reply
    })
  }

  function answer<R extends Reply | null>(
    head: RequestHead,
    match: Match,
    ask: (match: Found) => Awaitable<R>,
  ): Awaitable<Reply | R> {
    if (!isAllowedHost(head.headers.get("host"), allowedHosts)) {
      return problem("misdirected_request", "This service has another name")
    }
    if (match.kind === "not_found") return problem("not_found", "There is nothing at this path")
    if (match.kind === "other_method") return otherMethod(head, match.allow)
    return attempt<Reply | R>(
      () => ask(match),
      (error) => failed(error, head, log),
    )
  }
}

/** Enough of an unknown path to see that a proxy adds or leaves a prefix; else null. */
function firstSegment(path: string): string | null {
  return plainSegment.exec(path)?.[0] ?? null
}

function withoutReason({ status, headers, body }: Reply): Reply {
  return { status, headers, body }
}

function failed(error: unknown, { id }: RequestHead, log: Log): Reply {
  const reply = problemOf(error)
  if (reply === null) {
    log.error("request.failed", { request: id, error: errorText(error) })
    return problem("server_error", `Something went wrong here: request ${id}`)
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
