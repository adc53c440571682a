// Opens the parts of the service in the order in which they need each other, and closes them in the
// reverse.

import { openControl } from "./admin/socket.ts"
import { systemClock } from "./clock.ts"
import { compose, type Deployment } from "./compose.ts"
import { type Config, withPort } from "./config/load.ts"
import { Unavailable } from "./errors.ts"
import type { App } from "./http/message.ts"
import { type HttpServer, listen } from "./http/node/server.ts"
import { type Housekeeping, startHousekeeping } from "./service/housekeeping.ts"
import { composeApp, loadWings } from "./startup/compose_app.ts"
import { seedUsers } from "./startup/seed_users.ts"
import { serverOptions } from "./startup/server_options.ts"
import { createServiceStatus } from "./startup/service_status.ts"
import { createServiceWatch } from "./startup/service_watch.ts"
import { type WaitingServer, waitFor } from "./startup/waiting.ts"
import { urlOf } from "./system/address.ts"
import { machineDisk } from "./system/disk.ts"
import { listenFailure } from "./system/failure.ts"
import type { Log, Losses } from "./telemetry/log.ts"
import type { Metrics, MetricsServer } from "./wings/metrics.ts"

/** A running service. */
export interface Service {
  readonly port: number
  /** Takes no more requests, ends those under way, and closes the store. */
  stop(): Promise<void>
}

/** Less than the ten seconds after which Docker kills. */
const drainSecondsMax = 8

const secondsBetweenHousekeeping = 60

/** Options of a start. */
export interface StartOptions {
  /** How the command line is called, for what the log advises. */
  readonly program?: string
  /** Ends the wait for a database. */
  readonly stopped?: Promise<void>
  /** How many lines the log lost. */
  readonly losses?: () => Losses
}

const never = new Promise<void>(() => {})

/**
 * Starts the service. While its database can't be reached, it listens, is not ready, and tries
 * again; when it is stopped meanwhile, there is nothing left to stop.
 * @throws OperatorError when something that it needs can't be had; nothing is left open then
 */
export async function startService(
  config: Config,
  log: Log,
  { program = "postern", stopped = never, losses = () => ({}) }: StartOptions = {},
): Promise<Service> {
  for (const notice of config.notices) log.warn("settings.notice", { message: notice })
  const metrics = await loadMetrics(config)
  const hear = metrics?.hear ?? null
  const attempt = () => compose(config, log, { isService: true, mayMake: true, hear })
  const found = await attempt()
    .then((value) => ({ value, port: config.port }))
    .catch((error) => {
      if (config.database === null || !(error instanceof Unavailable)) throw error
      const listenSoon = (handle: App["handle"]) => listenWaiting(config, { handle, log, metrics })
      return waitFor(error, { attempt, listen: listenSoon, stopped, log })
    })
  if (found === null) return { port: config.port, stop: async () => log.info("service.stopped") }
  const { value: opened, port } = found
  try {
    return await startWith(opened, { ...config, port }, { log, program, metrics, losses })
  } catch (error) {
    await opened.close()
    throw error
  }
}

/** Opens what listens while the database can't be reached. */
async function listenWaiting(
  config: Config,
  { handle, log, metrics }: Pick<App, "handle"> & Pick<StartParts, "log" | "metrics">,
): Promise<WaitingServer> {
  const server = await listen(config, {
    ...serverOptions(config, { log, clock: systemClock }),
    ...{ handle, takesBody: () => false, askerAt: () => "client", share: (reply) => reply },
  })
  const exporter = await openBeside(server, async () => metrics?.openWaiting(log))
  return {
    port: server.port,
    drain: async (secondsMax) =>
      void (await Promise.all([server.drain(secondsMax), exporter?.close()])),
  }
}

/** What a service starts with beside its deployment. */
interface StartParts extends Required<Pick<StartOptions, "program" | "losses">> {
  readonly log: Log
  /** The wing of metrics; null when that is off. */
  readonly metrics: Metrics | null
}

async function startWith(
  opened: Deployment,
  config: Config,
  { log, program, metrics, losses }: StartParts,
): Promise<Service> {
  const { store, clock, close } = opened
  await seedUsers(opened, config.seedUsers, { log, program })
  const isInPlace = () => store.isInPlace()
  const wings = await loadWings(config)
  const { watch, listenTo, proxies, setPort, listensAt } = createServiceWatch(config, clock)
  let ready = false
  const isReady = async () => ready && (await store.isUsable())
  const status = createServiceStatus({
    ...opened,
    ...{ config, isReady, listensAt, losses, proxies },
  })
  const control = await openControl({
    ...opened,
    ...{ disk: machineDisk, log, isInPlace, watch, status },
  })
  try {
    const server = await listen(config, {
      ...serverOptions(config, { log: listenTo(metrics?.listenTo(log) ?? log), clock }),
      witness: watch,
      // Made below in the same turn of the event loop, so before a request can come.
      handle: (request) => (watch.isOn ? watch.handle(request, app.handle) : app.handle(request)),
      takesBody: (head) => app.takesBody(head),
      askerAt: (start) => app.askerAt(start),
      share: (reply, origin) => app.share(reply, origin),
    })
    setPort(server.port)
    const { app, sessions } = composeApp(opened, withPort(config, server.port), {
      ...{ isReady, log, wings, answered: metrics?.answered ?? null },
    })
    const sources = { ...opened, isReady, losses, verified: sessions.verifiedFigures }
    const rotationSeconds = config.keyRotationSeconds
    const exporter = await openBeside(server, async () =>
      metrics?.open({ ...sources, server: server.figures, rotationSeconds }, log),
    )
    ready = true
    log.info("service.ready", { url: urlOf({ host: config.host, port: server.port }) })
    const housekeeping = keepHouse(opened, log)
    return {
      port: server.port,
      async stop() {
        ready = false
        log.info("service.draining")
        await server.drain(drainSecondsMax)
        await housekeeping.stop()
        await exporter?.close()
        await control.close()
        await close()
        log.info("service.stopped")
      },
    }
  } catch (error) {
    await control.close()
    throw listenFailure(error, config)
  }
}

function keepHouse(
  { store, keys, clock, summarizeAudit, recentLogins }: Deployment,
  log: Log,
): Housekeeping {
  return startHousekeeping(
    [
      ["forget what has expired", () => store.sessions.purge(clock.passed())],
      ["rotate keys when due", () => keys.rotateWhenDue()],
      ["sum up the audit trail", async () => summarizeAudit()],
      ["write the recent logins", async () => recentLogins?.flush()],
    ],
    { everySeconds: secondsBetweenHousekeeping, log },
  )
}

async function loadMetrics({ metrics }: Config): Promise<Metrics | null> {
  return metrics === null ? null : (await import("./wings/metrics.ts")).createMetrics(metrics)
}

/** Opens the listener of metrics. When that fails, the server is closed, too. */
async function openBeside(
  server: HttpServer,
  open: () => Promise<MetricsServer | undefined>,
): Promise<MetricsServer | undefined> {
  try {
    return await open()
  } catch (error) {
    await server.drain(0)
    throw error
  }
}
