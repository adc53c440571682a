// Parsers for the settings of the network: proxies, host names, origins and headers. Lists have
// commas. A bad value throws a SettingMistake.

import { canonicalAddress, type Network, readNetwork } from "../domain/ip_address.ts"
import { parseUrl } from "../domain/url.ts"
import { type ForwardedHeader, forwardedHeaders } from "../http/client_address.ts"
import { hostNameOf } from "../http/host.ts"
import { SettingMistake } from "./values.ts"

/** The widest private networks are 10.0.0.0/8 and fd00::/8. A wider one is a mistake. */
const prefixMin = 8

/** Addresses and networks of proxies. */
export function trustedProxies(value: string): readonly Network[] {
  return list(value).map((one) => {
    const hint = "Addresses and networks of your own proxies: 10.0.0.2,172.16.0.0/12,fd00::/8"
    const network = readNetwork(one)
    if (network === null) throw new SettingMistake(`'${one}' is not an address or a network`, hint)
    const { start, prefix } = network
    if (prefix < prefixMin) {
      const reason = `'${one}' is too wide: every client in it could claim any address`
      throw new SettingMistake(reason, `A prefix of at least /${prefixMin}, such as 10.0.0.0/8`)
    }
    if (start === canonicalAddress(one.replace(/\/.*$/, ""))) return network
    throw new SettingMistake(
      `'${one}' has bits beyond its prefix`,
      `Do you mean ${start}/${prefix}?`,
    )
  })
}

/** The forwarding header of trusted proxies, in any case. */
export function forwardedHeader(value: string): ForwardedHeader {
  const header = forwardedHeaders.find((name) => name.toLowerCase() === value.toLowerCase())
  if (header !== undefined) return header
  const hint = `Set the one that your proxies write: ${forwardedHeaders.join(" or ")}`
  throw new SettingMistake(`'${value}' is not a header that Postern reads`, hint)
}

/** Names and addresses that the `Host` header may have. */
export function allowedHosts(value: string): readonly string[] {
  return list(value).map((one) => {
    const address = canonicalAddress(one.replace(/^\[(.*)\]$/, "$1"))
    if (address !== null) return address
    if (/^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?$/i.test(one)) return hostNameOf(one)
    throw new SettingMistake(
      `'${one}' is not a host name`,
      "Names or addresses without scheme, port or *, such as login.example.org",
    )
  })
}

/** Origins as clients send them (RFC 6454 §6.2), of any scheme, since they are compared as text. */
export function corsOrigins(value: string): readonly string[] {
  return list(value).map((one) => {
    if (isOrigin(one)) return one
    throw new SettingMistake(
      `'${one}' is not an origin`,
      "Write scheme://host in lower case, with :port unless it is the scheme's default, and nothing after it: https://app.example.org or capacitor://localhost. null and * are not allowed",
    )
  })
}

// The URL standard knows origins of few schemes. Apps and extensions send their address without a
// path, and Android's web views send `file://`.
function isOrigin(text: string): boolean {
  if (text === "file://") return true
  if (!/^[a-z][a-z0-9+.-]*:\/\/[\w.:[\]-]+$/.test(text)) return false
  const url = parseUrl(text)
  if (url === null) return false
  const { protocol, origin, href } = url
  const isOfTheWeb = protocol === "http:" || protocol === "https:"
  return text === (isOfTheWeb ? origin : href)
}

function list(value: string): readonly string[] {
  return value.split(",").map((one) => one.trim())
}
