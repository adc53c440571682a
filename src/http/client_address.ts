// Whose request it is that a proxy passes on, by `X-Forwarded-For` or `Forwarded` (RFC 7239).
// Anyone can send those, so they are read only when the peer is a trusted proxy, and from the
// right: each proxy adds whom it heard at the end, and the first address that is no trusted proxy's
// is as far as anybody vouches. No other header is believed. Pure.

import { canonicalAddress, isWithin, type Network } from "../ip_address.ts"

/** The other end of a connection. */
export interface Peer {
  /** In its canonical spelling; empty when the connection is gone already. */
  readonly address: string
  readonly isTrusted: boolean
}

type Headers = ReadonlyMap<string, string>

/** How the elements of each header tell an address. */
const readers = { "x-forwarded-for": readHop, forwarded: readForwarded } as const

const headerNames = Object.keys(readers)

const forwardedPair = /^([\w!#$%&'*+.^`|~-]+)=(?:"([^"\\]*)"|([^\s"\\]+))$/

/** The peer of a socket with this remote address. */
export function peerOf(remoteAddress: string | undefined, proxies: readonly Network[]): Peer {
  const address = canonicalAddress(remoteAddress ?? "") ?? ""
  return { address, isTrusted: isWithin(address, proxies) }
}

/** Whether a request came with what proxies write. */
export function isForwarded(headers: Headers): boolean {
  return headerNames.some((name) => headers.has(name))
}

/**
 * The client's address: the peer's own, unless that is a trusted proxy and says for whom it asks.
 * Two headers that differ are not believed: a proxy that writes one passes on the client's other.
 */
export function clientAddressOf(
  headers: Headers,
  { peer, proxies }: { readonly peer: Peer; readonly proxies: readonly Network[] },
): string {
  if (!peer.isTrusted) return peer.address
  const clients = Object.entries(readers).flatMap(([name, read]) => {
    const elements = headers.get(name)?.split(",").reverse()
    return elements === undefined ? [] : [walk(elements, read)]
  })
  const [client = peer.address, other = client] = clients
  return client === other ? client : peer.address

  function walk(elements: readonly string[], read: (element: string) => string | null): string {
    let last = peer.address
    for (const element of elements) {
      const address = read(element.trim())
      if (address === null) break
      last = address
      if (!isWithin(address, proxies)) break
    }
    return last
  }
}

/** `192.0.2.7`, `192.0.2.7:567`, `2001:db8::7`, `[2001:db8::7]` or `[2001:db8::7]:567`. */
function readHop(text: string): string | null {
  const found = /^(?:([\d.]+)|\[([^\]]+)\])(?::\d{1,5})?$/.exec(text)
  return canonicalAddress(found?.[1] ?? found?.[2] ?? text)
}

/** `for=192.0.2.7;proto=https` or `For="[2001:db8::7]:567"`. */
function readForwarded(text: string): string | null {
  const pairs = text.split(";").map((pair) => forwardedPair.exec(pair.trim()))
  const [client, ...more] = pairs.filter((pair) => pair?.[1]?.toLowerCase() === "for")
  if (client == null || more.length > 0 || pairs.includes(null)) return null
  return readHop(client[2] ?? client[3] ?? "")
}
