// Opens the HTTP server: the only file that runs `node:http`. What it is told is in limits.ts, what
// becomes of its requests in exchanges.ts.

import { once } from "node:events"
import * as http from "node:http"
import type { AddressInfo } from "node:net"
import type { Address } from "../../system/address.ts"
import type { ExchangeOptions } from "./exchange.ts"
import { Exchanges } from "./exchanges.ts"
import { headersMax } from "./head.ts"
import { type HttpLimits, httpLimits } from "./limits.ts"

/** What a server does with requests, within the limits of limits.ts unless told. */
export type ServerOptions = Omit<ExchangeOptions, "limits" | "statusTexts"> & {
  readonly limits?: HttpLimits
}

/** A server that listens. */
export interface HttpServer {
  readonly port: number
  /** Takes no more connections, lets answers in flight end for so long, then closes the rest. */
  drain(secondsMax: number): Promise<void>
}

/**
 * Listens at an address.
 * @throws the system's error (EADDRINUSE, EACCES, …) when that can't be had
 */
export async function listen(address: Address, options: ServerOptions): Promise<HttpServer> {
  const limits = options.limits ?? httpLimits
  const server = createServer(limits)
  const exchanges = new Exchanges(server, { ...options, limits, statusTexts: http.STATUS_CODES })
  server.listen(address)
  await once(server, "listening")
  server.on("error", (error) => options.log.error("server.failed", { reason: error.message }))
  const { port } = server.address() as AddressInfo
  return { port, drain: (secondsMax) => exchanges.drain(secondsMax) }
}

function createServer(limits: HttpLimits): http.Server {
  const server = http.createServer({
    maxHeaderSize: limits.headBytesMax,
    headersTimeout: limits.headersMillisMax,
    requestTimeout: limits.requestMillisMax,
    // See idle.ts.
    keepAliveTimeout: 0,
    connectionsCheckingInterval: limits.checkIntervalMillis,
    insecureHTTPParser: false,
    // Checked by readHead, which answers in JSON.
    requireHostHeader: false,
    // No stream for a body that can't come. Node 20 doesn't know it.
    ...{ optimizeEmptyRequests: true },
  })
  // Node makes objects of no more, and drops the rest without a word; readHead refuses them all.
  server.maxHeadersCount = headersMax + 1
  server.maxConnections = limits.connectionsMax
  return server
}
