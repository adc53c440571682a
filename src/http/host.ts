// Checks the `Host` header (RFC 9110 §7.4). Without a list every host is accepted, because Postern
// never builds a URL from `Host`. Pure.

import { canonicalAddress } from "../domain/ip_address.ts"

/** Requests from this machine, such as the health check, send these. */
const alwaysAllowed: readonly string[] = ["localhost", "127.0.0.1", "::1"]

/** The canonical spelling of a `Host`: lower case, without port, brackets and final dot. */
export function hostNameOf(host: string): string {
  const found = /^(?:\[(.+)\]|([^:]+?)\.?)(?::\d+)?$/.exec(host)
  const name = (found?.[1] ?? found?.[2] ?? "").toLowerCase()
  return canonicalAddress(name) ?? name
}

/** Whether a request with this `Host` is accepted. `allowed` is null for any host. */
export function isAllowedHost(
  host: string | undefined,
  allowed: readonly string[] | null,
): boolean {
  if (allowed === null) return true
  return [...alwaysAllowed, ...allowed].includes(hostNameOf(host ?? ""))
}
