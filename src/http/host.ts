// To which names this service answers (RFC 9110 §7.4). Nothing is ever made from a request's
// `Host`, so without a list any will do. Pure.

import { canonicalAddress } from "../domain/ip_address.ts"

/** Whoever sends these is on this machine, as the health check is. */
const alwaysAllowed: readonly string[] = ["localhost", "127.0.0.1", "::1"]

/** The one spelling of a `Host`: without port, brackets and last dot, in lower case. */
export function hostNameOf(host: string): string {
  const found = /^(?:\[(.+)\]|([^:]+?)\.?)(?::\d+)?$/.exec(host)
  const name = (found?.[1] ?? found?.[2] ?? "").toLowerCase()
  return canonicalAddress(name) ?? name
}

/** Whether a request with this `Host` is answered; `allowed` is null for any. */
export function isAllowedHost(
  host: string | undefined,
  allowed: readonly string[] | null,
): boolean {
  if (allowed === null) return true
  return [...alwaysAllowed, ...allowed].includes(hostNameOf(host ?? ""))
}
