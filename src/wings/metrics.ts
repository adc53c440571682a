// Composes the wing of metrics: what counts, and the listener at which Prometheus reads it. Loaded
// only when POSTERN_METRICS_PORT is set. The listener has an address of its own, needs no
// login, and has the one path /metrics.

import { systemClock } from "../clock.ts"
import type { HttpRequest, Reply } from "../http/message.ts"
import { httpLimits } from "../http/node/limits.ts"
import { listen } from "../http/node/server.ts"
import { problem } from "../http/problem.ts"
import { EventTally } from "../metrics/event_series.ts"
import { createExposition, expositionType } from "../metrics/exposition.ts"
import { startLoopDelay } from "../metrics/loop_delay.ts"
import { processSeries } from "../metrics/process_series.ts"
import { RequestTally, type ServerFigures } from "../metrics/request_series.ts"
import type { Series } from "../metrics/series.ts"
import { readySeries, type ServiceParts, serviceSeries } from "../metrics/service_series.ts"
import { availabilitySeries, storeSeries } from "../metrics/store_series.ts"
import type { Store } from "../store/store.ts"
import { type Address, urlOf } from "../system/address.ts"
import type { DurationCounts } from "../system/durations.ts"
import { listenFailure } from "../system/failure.ts"
import { programVersion } from "../system/program_version.ts"
import type { Audit } from "../telemetry/audit.ts"
import { type Answered, errorText, type Log } from "../telemetry/log.ts"

/** What the series are read from, beside events and answers. */
export interface MetricsSources extends Omit<ServiceParts, "store"> {
  readonly store: Store
  readonly server: () => ServerFigures
}

/** The wing: what it listens to, and the listener at which its numbers are read. */
export interface Metrics {
  /** Counts an event of the audit trail. */
  readonly hear: Audit
  /** Counts an answer. */
  readonly answered: (answered: Answered) => void
  /** The same log, whose refusals of requests are counted. */
  listenTo(log: Log): Log
  /** All series. */
  series(sources: MetricsSources, loopDelays: DurationCounts): readonly Series[]
  /**
   * Listens for Prometheus.
   * @throws OperatorError when that is not possible
   */
  open(sources: MetricsSources, log: Log): Promise<MetricsServer>
  /**
   * The same while the database can't be reached yet: it shows that, and the process.
   * @throws OperatorError when that is not possible
   */
  openWaiting(log: Log): Promise<MetricsServer>
}

/** The listener of the wing. */
export interface MetricsServer {
  readonly port: number
  close(): Promise<void>
}

const metricsPath = "/metrics"
/** For a Prometheus, its double, and a person with curl. */
const limits = Object.freeze({
  ...httpLimits,
  ...{ connectionsMax: 16, heldBytesMax: 8 * 1024 * 1024 },
})
const closeSecondsMax = 1

/** Makes the wing, which is to listen at an address. It counts from now on. */
export function createMetrics(address: Address): Metrics {
  const events = new EventTally()
  const requests = new RequestTally()
  const startedAt = systemClock.now() - Math.round(process.uptime())
  const ofProcess = (loopDelays: DurationCounts) =>
    processSeries({ version: programVersion, startedAt, loopDelays })
  const series: Metrics["series"] = (sources, loopDelays) => [
    ...ofProcess(loopDelays),
    ...requests.series(sources.server),
    ...events.series(),
    ...serviceSeries(sources),
    ...storeSeries(() => sources.store.figures()),
  ]
  const serve = async (seriesOf: (loopDelays: DurationCounts) => readonly Series[], log: Log) => {
    const loop = startLoopDelay()
    try {
      const { port, drain } = await listenAt(address, createExposition(seriesOf(loop.delays)), log)
      log.info("metrics.ready", { url: `${urlOf({ ...address, port })}${metricsPath}` })
      const close = async () => {
        loop.stop()
        await drain(closeSecondsMax)
      }
      return { port, close }
    } catch (error) {
      loop.stop()
      throw listenFailure(error, address, "POSTERN_METRICS_")
    }
  }
  return {
    hear: events.hear,
    answered: (answered) => requests.answered(answered),
    listenTo: (log) => ({
      ...log,
      info(event, fields) {
        if (event === "request.refused") requests.refused(String(fields?.["reason"]))
        log.info(event, fields)
      },
    }),
    series,
    open: (sources, log) => serve((loopDelays) => series(sources, loopDelays), log),
    openWaiting(log) {
      const waiting = [readySeries(async () => false), availabilitySeries(() => false)]
      return serve((loopDelays) => [...ofProcess(loopDelays), ...waiting], log)
    },
  }
}

function listenAt(address: Address, exposition: () => Promise<string>, log: Log) {
  return listen(address, {
    ...{ limits, log, clock: systemClock },
    handle: (request) => answer(request, exposition, log),
    ...{ takesBody: () => false, askerAt: () => "client", share: (reply) => reply },
    ...{ trustedProxies: [], forwardedHeader: "X-Forwarded-For" },
    ...{ strictTransport: false, includeSubdomains: false, variesByOrigin: false },
  })
}

async function answer(
  { method, path, id }: HttpRequest,
  exposition: () => Promise<string>,
  log: Log,
): Promise<Reply> {
  if (path !== metricsPath) return problem("not_found", `There is nothing but ${metricsPath} here`)
  if (method !== "GET" && method !== "HEAD") {
    return problem("method_not_allowed", "The methods here are GET, HEAD", { Allow: "GET, HEAD" })
  }
  try {
    const headers = { "Content-Type": expositionType, "Cache-Control": "no-store" }
    return { status: 200, headers, body: await exposition() }
  } catch (error) {
    log.error("metrics.failed", { request: id, error: errorText(error) })
    return problem("server_error", `Internal error: request ${id}`)
  }
}
