// The watch of the running service, with the settings that `postern doctor` asks for.

import { RequestWatch, type ServiceFacts } from "../admin/request_watch.ts"
import type { StatusAnswer } from "../admin/status_answer.ts"
import type { Clock } from "../clock.ts"
import { type Config, withPort } from "../config/load.ts"
import { isPrivateAddress } from "../domain/ip_address.ts"
import { isLoopback, urlOf } from "../system/address.ts"
import type { Log } from "../telemetry/log.ts"

/** The watch, and what goes by the same facts. */
interface ServiceWatch {
  readonly watch: RequestWatch
  /** Call it once the service listens. */
  readonly setPort: (port: number) => void
  /** Where the service listens, as a URL. */
  readonly listensAt: () => string
  /** The server's log, whose events the watch and `proxies` collect. */
  listenTo(log: Log): Log
  /** Proxies of which the log warned. */
  readonly proxies: () => StatusAnswer["proxies"]
}

/** The server logs each once. */
const proxyEvents = ["proxy.untrusted", "proxy.other_header", "protocol.unexpected"]

/** Makes the watch. */
export function createServiceWatch(config: Config, clock: Clock): ServiceWatch {
  let { port } = config
  const facts = () => factsOf(withPort(config, port), port)
  const watch = new RequestWatch({ facts, clock })
  const proxies: StatusAnswer["proxies"][number][] = []
  return {
    ...{ watch, proxies: () => proxies },
    listensAt: () => facts().listensAt,
    listenTo(log) {
      const watched = watch.listenTo(log)
      return {
        ...watched,
        warn(event, fields = {}) {
          const { client, message } = fields
          const address = String(client)
          // Anybody can pretend to be a proxy, but not from a private network.
          if (proxyEvents.includes(event) && (isPrivateAddress(address) || isLoopback(address))) {
            proxies.push({ address, message: String(message) })
          }
          watched.warn(event, fields)
        },
      }
    },
    setPort(found) {
      port = found
    },
  }
}

function factsOf(config: Config, port: number): ServiceFacts {
  const { publicAddress, claims, trustedProxies, forwardedHeader, allowedHosts, browser } = config
  return {
    publicAddress: publicAddress ?? null,
    issuer: claims.profile === "published" ? (claims.issuer ?? null) : null,
    listensAt: urlOf({ host: config.host, port }),
    trustedProxies: trustedProxies.map(({ start, prefix }) => `${start}/${prefix}`),
    ...{ forwardedHeader, allowedHosts },
    keepAliveSeconds: {
      client: config.keepAlive.clientSeconds,
      proxy: config.keepAlive.proxySeconds,
    },
    protectedHosts: browser?.hosts.map(({ name, ports }) => ({ name, ports })) ?? null,
  }
}
