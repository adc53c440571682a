// Composes the app of a running service: the routes of the core, and those of the wings that are
// on. Wings are loaded before the service listens, second factors at the first request for them.

import { createApp } from "../app.ts"
import type { Deployment } from "../compose.ts"
import type { Config } from "../config/load.ts"
import type { App } from "../http/message.ts"
import type { BrowserRoutes } from "../http/router.ts"
import { createRegister } from "../service/registration.ts"
import { Sessions } from "../service/sessions.ts"
import type { Answered, Log } from "../telemetry/log.ts"
import type { LoadFactors } from "../wings/factor_routes.ts"

/** What the app needs beside the deployment. */
interface AppParts {
  readonly isReady: () => Promise<boolean>
  readonly log: Log
  /** Counts answers; null when nothing does. */
  readonly answered: ((answered: Answered) => void) | null
  readonly wings: Awaited<ReturnType<typeof loadWings>>
}

/** Loads the wings that are on; null for those that are off. */
export async function loadWings({ browser, hasAdminApi }: Config) {
  return {
    browser: browser === null ? null : await import("../wings/browser.ts"),
    admin: hasAdminApi ? await import("../wings/admin.ts") : null,
  }
}

/** The app, and the sessions that it serves; tokens name the address at which it is reached. */
export function composeApp(
  opened: Deployment,
  config: Config,
  { isReady, log, answered, wings }: AppParts,
): { readonly app: App; readonly sessions: Sessions } {
  const { keys } = opened
  const { allowedHosts, corsOrigins, claims, sessions: settings } = config
  const sessions = new Sessions({
    ...opened,
    tokens: { ...claims, ring: keys.ring },
    settings,
    verifiedBytesMax: verifiedBytesMax(config),
  })
  const factors = lateFactors(opened, config, sessions)
  const admin = wings.admin?.createAdminRoutes({ ...opened, sessions, settings, log }) ?? []
  const app = createApp({
    ...{ sessions, factors, isReady, allowedHosts, corsOrigins, log, answered, admin },
    register: config.registration === "open" ? createRegister(opened) : null,
    issuer: claims.profile === "published" ? (claims.issuer ?? null) : null,
    publicKeys: () => keys.publicKeys(),
    machine: opened.serviceTokens.authenticate,
    browser: browserRoutes(opened, config, { sessions, factors, wing: wings.browser, log }),
  })
  return { app, sessions }
}

function browserRoutes(
  opened: Deployment,
  { browser, publicAddress, claims, sessions: settings }: Config,
  {
    wing,
    ...parts
  }: {
    readonly wing: AppParts["wings"]["browser"]
    readonly log: Log
    readonly sessions: Sessions
    readonly factors: LoadFactors
  },
): BrowserRoutes | null {
  const { keys, recentLogins, serviceTokens } = opened
  // With the wing on, the settings have an address (config/browser.ts).
  if (wing === null || browser === null || publicAddress === undefined || recentLogins === null) {
    return null
  }
  return wing.createBrowserRoutes({
    ...{ ...opened, ...claims, ...browser, ...parts },
    ...{ recentLogins, settings, publicAddress },
    machine: serviceTokens.authenticate,
    tokens: { ...claims, ring: keys.ring },
  })
}

/** Loads the wing of second factors when it is needed for the first time. */
function lateFactors(
  opened: Deployment,
  { sessions: settings, claims, browser, publicAddress }: Config,
  sessions: Sessions,
): LoadFactors {
  const siteName = browser?.name ?? publicAddress?.replace(/^https?:\/\//, "") ?? "Postern"
  const parts = { ...opened, sessions, settings, claims, publicAddress, siteName }
  let wing: ReturnType<LoadFactors> | null = null
  return () => {
    wing ??= import("../wings/factors.ts").then(({ createFactorWing }) => createFactorWing(parts))
    return wing
  }
}

/** A twentieth of the memory, at most 160 MiB. */
function verifiedBytesMax({ memoryBytes }: Config): number {
  return Math.min(memoryBytes / 20, 160 * 1024 * 1024)
}
