// The relying party of passkeys (WebAuthn L3 §4): the host name to which browsers bind them, and
// the origin from which they are used. Both come from the service's public address. Nothing of the
// WebAuthn library is loaded for it.

import { canonicalAddress } from "../domain/ip_address.ts"
import { parseUrl } from "../domain/url.ts"

/** To whom passkeys belong. */
export interface RelyingParty {
  /** The host name. A passkey works under this name and the names below it. */
  readonly rpId: string
  /** Scheme, host and port, as browsers write them. */
  readonly origin: string
}

/**
 * Why browsers make no passkeys for an address. "not_an_address": it is no address of the web;
 * "ip_address": passkeys are bound to names; "not_https": the page is not in a secure context.
 */
export interface NoRelyingParty {
  readonly impossible: "not_an_address" | "ip_address" | "not_https"
}

/** The relying party of a service, by its public address such as `https://login.example.org`. */
export function relyingPartyOf(publicAddress: string): RelyingParty | NoRelyingParty {
  const url = parseUrl(publicAddress)
  if (url === null) return { impossible: "not_an_address" }
  const { protocol, hostname, origin } = url
  if (protocol !== "https:" && protocol !== "http:") return { impossible: "not_an_address" }
  if (isIpAddress(hostname)) return { impossible: "ip_address" }
  if (protocol === "http:" && !isLocalName(hostname)) return { impossible: "not_https" }
  return { rpId: hostname, origin }
}

// `URL` has brought other spellings of IPv4, such as 0x7f.1, into the usual one.
function isIpAddress(hostname: string): boolean {
  return hostname.startsWith("[") || canonicalAddress(hostname) !== null
}

// A secure context without https (W3C Secure Contexts §3.1).
function isLocalName(hostname: string): boolean {
  return hostname === "localhost" || hostname.endsWith(".localhost")
}
