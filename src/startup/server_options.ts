// What the settings and the machine say about the HTTP server.

import type { Config } from "../config/load.ts"
import type { App } from "../http/message.ts"
import { limitsFor } from "../http/node/limits.ts"
import type { ServerOptions } from "../http/node/server.ts"
import { descriptorsMax, heapBytesMax } from "../system/process_limits.ts"

/** What the server goes by, whatever answers. */
export function serverOptions(
  config: Config,
  parts: Pick<ServerOptions, "log" | "clock">,
): Omit<ServerOptions, keyof App> {
  const { includeSubdomains, trustedProxies, forwardedHeader, browser } = config
  const machine = {
    memoryBytes: Math.min(config.memoryBytes, heapBytesMax()),
    descriptors: descriptorsMax(),
  }
  const takesForwardedHeads = browser !== null && browser.hosts.length > 0
  return {
    strictTransport: config.publicAddress?.startsWith("https:") ?? false,
    ...{ includeSubdomains, trustedProxies, forwardedHeader },
    variesByOrigin: config.corsOrigins.length > 0,
    limits: limitsFor(machine, { ...config.keepAlive, takesForwardedHeads }),
    ...parts,
  }
}
