// From the parts to one function: finds the route, lets its handler answer, turns what was thrown
// into a reply, and writes the access log. The whole service can be tested by calling `handle`.

import { monotonicMillis } from "./clock.ts"
import type { HttpRequest, Reply } from "./http/message.ts"
import { problem, problemOf } from "./http/problem.ts"
import { createRouter, type Match } from "./http/router.ts"
import { errorText, type Log } from "./log.ts"
import { type RouteParts, routes } from "./routes.ts"

/** The service without its sockets. */
export interface App {
  /** Answers a request; never rejects. */
  handle(request: HttpRequest): Promise<Reply>
}

/** Puts the service together. */
export function createApp(parts: RouteParts & { readonly log: Log }): App {
  const { log } = parts
  const route = createRouter(routes(parts))

  return {
    async handle(request) {
      const startedAt = monotonicMillis()
      const match = route(request.method, request.path)
      const reply = await answer(request, match)
      log.info("request", {
        request: request.id,
        client: request.remoteAddress,
        method: request.method,
        // The route's own path: a path as it was sent could hold anything, secrets too.
        path: match.kind === "not_found" ? null : match.path,
        status: reply.status,
        ms: Math.round((monotonicMillis() - startedAt) * 10) / 10,
      })
      return reply
    },
  }

  async function answer(request: HttpRequest, match: Match): Promise<Reply> {
    if (match.kind === "not_found") return problem("not_found", "There is nothing at this path")
    if (match.kind === "other_method") return otherMethod(request, match.allow)
    try {
      return await match.admitted.handle(request, { params: match.params })
    } catch (error) {
      const reply = problemOf(error)
      if (reply === null) {
        log.error("request.failed", { request: request.id, error: errorText(error) })
        return problem("server_error", `Something went wrong here: request ${request.id}`)
      }
      // The cause goes to the log only.
      if (reply.status >= 500) {
        log.error("request.unavailable", { request: request.id, error: errorText(error) })
      }
      return reply
    }
  }
}

function otherMethod(request: HttpRequest, allow: string): Reply {
  const headers = { Allow: allow, "Cache-Control": "no-store" }
  if (request.method === "OPTIONS") return { status: 204, headers, body: "" }
  return problem("method_not_allowed", `The methods here are ${allow}`, headers)
}
