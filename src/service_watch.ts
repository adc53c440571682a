// The watch of the running service, with what it tells `postern doctor` of the settings.

import { RequestWatch, type ServiceFacts } from "./admin/request_watch.ts"
import type { Clock } from "./clock.ts"
import { type Config, withPort } from "./config/load.ts"
import { urlOf } from "./system/address.ts"

/** The watch, and what goes by the same facts. */
export interface ServiceWatch {
  readonly watch: RequestWatch
  /** Call it once the service listens. */
  readonly tellPort: (port: number) => void
  /** Where the service listens, as a URL. */
  readonly listensAt: () => string
}

/** Makes the watch. */
export function createServiceWatch(config: Config, clock: Clock): ServiceWatch {
  let { port } = config
  const facts = () => factsOf(withPort(config, port), port)
  return {
    watch: new RequestWatch({ facts, clock }),
    listensAt: () => facts().listensAt,
    tellPort(found) {
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
