// The watch of the running service, with what it tells `postern doctor` of the settings.

import { RequestWatch, type ServiceFacts } from "./admin/request_watch.ts"
import type { Clock } from "./clock.ts"
import { type Config, withPort } from "./config/load.ts"
import { urlOf } from "./system/address.ts"

/** Makes the watch. `tellPort` is called once the service listens. */
export function createServiceWatch(
  config: Config,
  clock: Clock,
): { readonly watch: RequestWatch; readonly tellPort: (port: number) => void } {
  let { port } = config
  const watch = new RequestWatch({ facts: () => factsOf(withPort(config, port), port), clock })
  return {
    watch,
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
