// When a connection to the database is encrypted, and how the server proves who it is. Off this
// machine the certificate and the name in it are always checked (libpq's sslmode=verify-full).

import type { ClientConfig } from "pg"
import { isLoopback } from "../../system/address.ts"
import type { DatabaseLocation } from "../store_location.ts"

/**
 * The TLS options for a server; false for a Unix socket and for this machine. `ca` has the
 * certificates of the authorities to trust; null for those that Node trusts.
 */
export function tlsFor(
  { host, isTlsAsked }: Pick<DatabaseLocation, "host" | "isTlsAsked">,
  ca: string | null,
): ClientConfig["ssl"] {
  const isHere = host.startsWith("/") || (isLoopback(host) && !isTlsAsked)
  if (isHere) return false
  // With a socket given, `host` is only the name that the certificate must have.
  return { rejectUnauthorized: true, minVersion: "TLSv1.2", host, ...(ca === null ? {} : { ca }) }
}
