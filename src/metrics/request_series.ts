// Requests: how many, how they were answered, how long that took. Routes are those of the route
// table, so clients can't make new labels: a path without a route is `unknown`, a method that the
// route does not have is `other`.

import { refusalReasons } from "../errors.ts"
import { Durations } from "../system/durations.ts"
import type { Answered } from "../telemetry/log.ts"
import { Counts } from "./counts.ts"
import { gauge, type Sample, type Series } from "./series.ts"

/** The connections of the service's server. */
export interface ServerFigures {
  readonly connections: number
  readonly connectionsMax: number
}

interface Entry {
  readonly labels: { readonly method: string; readonly route: string }
  readonly statuses: Map<number, number>
  readonly durations: Durations
}

const unknownRoute = "unknown"
const otherMethod = "other"
/** Of the routes that take every method. */
const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
/** Counted from a route's first request on: an increase from nothing would go unseen. */
const failures = [500, 503]

/** Counts requests. */
export class RequestTally {
  /** By route and method. */
  readonly #entries = new Map<string | null, Map<string | null, Entry>>()
  readonly #refusedTokens = new Counts(
    ["reason"],
    refusalReasons.map((reason) => [reason]),
  )
  readonly #refusedRequests = new Counts(["reason"])

  /** Counts an answer. Costs about as much as two look-ups. */
  answered({ method, route, status, millis, reason }: Answered): void {
    const { statuses, durations } =
      this.#entries.get(route)?.get(method) ?? this.#add(route, method)
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
    durations.add(millis / 1000)
    if (reason !== undefined) this.#refusedTokens.add(reason)
  }

  /** Counts a request that was refused before a route was looked for. */
  refused(reason: string): void {
    this.#refusedRequests.add(reason)
  }

  /** The series of requests. */
  series(server: () => ServerFigures): readonly Series[] {
    return [
      {
        ...{ kind: "counter", name: "postern_http_requests_total" },
        help: "Requests that were answered. Paths without a route count as route unknown.",
        labels: ["method", "route", "status"],
        read: () => this.#all().flatMap(samplesOf),
      },
      {
        ...{ kind: "histogram", name: "postern_http_request_duration_seconds" },
        help: "Time to answer a request, without the time to read and to send it.",
        labels: ["method", "route"],
        read: () => this.#all(),
      },
      this.#refusedTokens.series(
        "postern_http_token_refusals_total",
        "Requests whose token was refused, by the reason that the access log has.",
      ),
      this.#refusedRequests.series(
        "postern_http_refused_requests_total",
        "Requests that were refused before a route was looked for, such as malformed ones.",
      ),
      gauge(
        "postern_http_connections",
        "Connections of clients and proxies that are open.",
        () => server().connections,
      ),
      gauge(
        "postern_http_connections_limit",
        "Most connections that may be open at a time.",
        () => server().connectionsMax,
      ),
    ]
  }

  #all(): readonly Entry[] {
    return [...this.#entries.values()].flatMap((ofRoute) => [...ofRoute.values()])
  }

  #add(route: string | null, method: string | null): Entry {
    const known = method !== null && methods.includes(method) ? method : otherMethod
    const ofRoute = this.#entries.get(route) ?? new Map<string | null, Entry>()
    this.#entries.set(route, ofRoute)
    const made = ofRoute.get(known) ?? newEntry(known, route ?? unknownRoute)
    ofRoute.set(known, made)
    return made
  }
}

function newEntry(method: string, route: string): Entry {
  const statuses = new Map(failures.map((status) => [status, 0]))
  return { labels: { method, route }, statuses, durations: new Durations() }
}

function samplesOf({ labels, statuses }: Entry): readonly Sample[] {
  return [...statuses].map(([status, value]) => ({
    labels: { ...labels, status: String(status) },
    value,
  }))
}
