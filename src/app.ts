// The service as one function: finds the route, calls its handler, turns errors into replies, and
// writes the access log. Tests call `handle` without a socket.

import { monotonicMillis } from "./clock.ts"
import { shareReply, shareWith } from "./http/cors.ts"
import { isAllowedHost } from "./http/host.ts"
import type { App, Asker, HttpRequest, Reply, RequestHead } from "./http/message.ts"
import { asDenial, problem, problemOf } from "./http/problem.ts"
import {
  type BrowserRoutes,
  createRouter,
  type Match,
  type Route,
  type RouteGroup,
  type Router,
} from "./http/router.ts"
import { type RouteParts, routes } from "./routes.ts"
import { type Answered, errorText, type Log } from "./telemetry/log.ts"

/** The options of the app, without those of its routes. */
export interface AppOptions {
  /** Host names to accept; null for any. */
  readonly allowedHosts: readonly string[] | null
  /** The routes of the browser wing; none when it is off. */
  readonly browser?: BrowserRoutes | null
  /** Origins whose scripts may read replies. */
  readonly corsOrigins: readonly string[]
  readonly log: Log
  /** Called with each answer; null when nothing counts them. */
  readonly answered?: ((answered: Answered) => void) | null
}

/**
 * A first segment that can't be a secret: tokens and ids have digits or capitals, or are longer.
 */
const plainSegment = /^\/[a-z-]{1,24}(?![^/])/

/** Puts the service together. */
export function createApp(parts: RouteParts & AppOptions): App {
  const { allowedHosts, corsOrigins, log, browser = null } = parts
  const report = createReporter(parts)
  const core = routes(parts).flat()
  const rows = withWing(core, browser?.groups(core).flat() ?? [])
  const route = createRouter(rows)

  return {
    takesBody({ method, path, headers }) {
      if (!isAllowedHost(headers.get("host"), allowedHosts)) return false
      const match = route(method, path)
      return match.kind === "found" && match.handler.takesBody
    },

    askerAt: createAskerAt(rows, route),

    async handle(request) {
      const startedAt = monotonicMillis()
      const match = route(request.method, request.path)
      const { reason, ...answered } = await answer(request, match)
      const asker = askerOf(match)
      const said = asker === "nginx" ? asDenial(answered) : answered
      // A proxy asks about another request. Its answer is no reply to a script.
      const isShared = asker === "client"
      const reply = isShared ? shareReply(said, { request, origins: corsOrigins }) : said
      const millis = monotonicMillis() - startedAt
      report(request, match, { status: reply.status, millis, reason })
      return reply
    },

    share: (reply, origin) => shareWith(reply, { origin, origins: corsOrigins }),
  }

  function isAllowed({ headers }: RequestHead, match: Match): boolean {
    const host = headers.get("host")
    if (isAllowedHost(host, allowedHosts)) return true
    return askerOf(match) !== "client" && (browser?.isProtectedHost(host ?? "") ?? false)
  }

  async function answer(request: HttpRequest, match: Match): Promise<Reply> {
    if (!isAllowed(request, match)) {
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

/** Makes the function that writes the access log, and calls `answered`. */
function createReporter({ log, answered = null }: Pick<AppOptions, "log" | "answered">) {
  return (
    request: HttpRequest,
    match: Match,
    { status, millis, reason }: Pick<Answered, "status" | "millis" | "reason">,
  ): void => {
    log.access({
      request: request.id,
      client: request.clientAddress,
      method: request.method,
      // The path of the route: the path of the request could contain anything, even secrets.
      path: match.kind === "not_found" ? firstSegment(request.path) : match.path,
      ...{ status, ms: Math.round(millis * 10) / 10, reason },
    })
    if (answered === null) return
    const method = match.kind === "found" ? request.method : null
    const route = match.kind === "not_found" ? null : match.path
    answered({ method, route, status, millis, reason })
  }
}

/** The core's rows, and those of a wing. */
function withWing(core: readonly Route[], wing: RouteGroup): readonly Route[] {
  const isReplaced = ([method, path]: Route) =>
    wing.some(([its, other]) => its === method && other === path)
  return [...core.filter((row) => !isReplaced(row)), ...wing]
}

function askerOf(match: Match): Asker {
  return match.kind === "found" ? match.handler.asker : "client"
}

function createAskerAt(rows: RouteGroup, route: Router): App["askerAt"] {
  const askers = rows.map(([, , { asker }]) => asker)
  const hasProxies = askers.some((asker) => asker !== "client")
  const mostCareful = askers.includes("nginx") ? "nginx" : "client"
  return (start) => {
    if (!hasProxies) return "client"
    return start === null ? mostCareful : askerOf(route(start.method, start.path))
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
