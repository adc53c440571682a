// What the settings and the machine say about the HTTP server.

import type { Config } from "../config/load.ts"
import { limitsFor, type ProcessLimits } from "../http/node/limits.ts"
import type { ServerOptions } from "../http/node/server.ts"
import { descriptorsMax, heapBytesMax } from "../system/process_limits.ts"

/** What the server goes by, whatever answers. */
export function serverOptions(
  config: Config,
  parts: Pick<ServerOptions, "log" | "clock">,
): Omit<ServerOptions, "handle" | "takesBody" | "askerAt" | "share"> {
  const { includeSubdomains, trustedProxies, forwardedHeader } = config
  return {
    strictTransport: config.publicAddress?.startsWith("https:") ?? false,
    ...{ includeSubdomains, trustedProxies, forwardedHeader },
    variesByOrigin: config.corsOrigins.length > 0,
    limits: limitsFor(processLimits(config), {
      ...config.keepAlive,
      takesForwardedHeads: config.browser !== null && config.browser.hosts.length > 0,
    }),
    ...parts,
  }
}

function processLimits({ memoryBytes }: Config): ProcessLimits {
  return {
    memoryBytes: Math.min(memoryBytes, heapBytesMax()),
    descriptors: descriptorsMax(),
  }
}
