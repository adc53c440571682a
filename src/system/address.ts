// Addresses that a service listens at.

/** Where a service listens. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** The address as a URL without a path: `http://[::1]:8080`. */
export function urlOf({ host, port }: Address): string {
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`
}

const wildcards: Readonly<Record<string, string>> = {
  "0.0.0.0": "127.0.0.1",
  "0": "127.0.0.1",
  "::": "::1",
}

/** The address at which this machine reaches a service: a loopback address for a wildcard. */
export function fromThisMachine({ host, port }: Address): Address {
  return { host: wildcards[host] ?? host, port }
}

/** Whether a host is a loopback address or name (RFC 6761 §6.3). */
export function isLoopback(host: string): boolean {
  return /^((.+\.)?localhost|127\.[\d.]+|\[?::1\]?)$/i.test(host)
}
