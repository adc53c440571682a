// Finds the client's address behind proxies, from `X-Forwarded-For` or `Forwarded` (RFC 7239).
//
// Anyone can send these headers, so a header is read only when the peer is a trusted proxy. Only
// the header that the settings name is read, because a proxy may pass on the other one as the
// client sent it. The header is read from the right, because each proxy appends the address of its
// peer. The first address that is no trusted proxy's is the client's. Everything to its left may be
// forged. Pure.

import { canonicalAddress, isWithin, type Network } from "../domain/ip_address.ts"
import { BoundedMap } from "../system/bounded_map.ts"

/** The machine at the other end of a connection: a client or a proxy. */
export interface Peer {
  /** The canonical address. Empty when the connection has closed. */
  readonly address: string
  readonly isTrusted: boolean
}

type Headers = ReadonlyMap<string, string>

/** A header in which proxies name the client. */
export type ForwardedHeader = "X-Forwarded-For" | "Forwarded"

interface Reading {
  /** The header's name in lower case. */
  readonly key: string
  /** Reads the address of one element. */
  readonly read: (element: string) => string | null
}

const readings: Readonly<Record<ForwardedHeader, Reading>> = {
  "X-Forwarded-For": { key: "x-forwarded-for", read: readHop },
  Forwarded: { key: "forwarded", read: readForwarded },
}

/** All headers in which proxies name the client. */
export const forwardedHeaders = Object.keys(readings) as readonly ForwardedHeader[]

/** The peer, and the header that trusted proxies write. */
export interface Forwarding {
  readonly peer: Peer
  readonly header: ForwardedHeader
}

/** Headers that are remembered: how many, and how long. */
const rememberedMax = 4096
const rememberedLengthMax = 64

const forwardedPair = /^([\w!#$%&'*+.^`|~-]+)=(?:"([^"\\]*)"|([^\s"\\]+))$/

/** The peer of a socket with this remote address. */
export function peerOf(remoteAddress: string | undefined, proxies: readonly Network[]): Peer {
  const address = canonicalAddress(remoteAddress ?? "") ?? ""
  return { address, isTrusted: isWithin(address, proxies) }
}

/**
 * The forwarding header that is ignored, or null. It is ignored if the peer is not trusted, or if
 * the peer writes the other header. If both headers are there, a client may have sent the other
 * one, so it is not reported.
 */
export function unreadHeader(
  headers: Headers,
  { peer, header }: Forwarding,
): ForwardedHeader | null {
  if (headers.has(readings[header].key)) return peer.isTrusted ? null : header
  return forwardedHeaders.find((name) => headers.has(readings[name].key)) ?? null
}

/** The client's address: the peer's, or the address that a trusted proxy forwards. */
export function clientAddressOf(
  headers: Headers,
  { peer, header, proxies }: Forwarding & { readonly proxies: readonly Network[] },
): string {
  let last = peer.address
  if (!peer.isTrusted) return last
  const { key, read } = readings[header]
  const elements = headers.get(key)?.split(",").reverse() ?? []
  for (const element of elements) {
    const address = read(element.trim())
    if (address === null) break
    last = address
    if (!isWithin(address, proxies)) break
  }
  return last
}

/**
 * The same function for one header and one list of proxies, which remembers what short headers say:
 * a client sends the same with each request, and reading it takes a tenth of a request's time.
 */
export function createClientAddressOf({
  header,
  proxies,
}: {
  readonly header: ForwardedHeader
  readonly proxies: readonly Network[]
}): (headers: Headers, peer: Peer) => string {
  const known = new BoundedMap<string>(rememberedMax)
  const { key } = readings[header]
  return (headers, peer) => {
    const text = headers.get(key)
    if (!peer.isTrusted || text === undefined || text.length > rememberedLengthMax) {
      return clientAddressOf(headers, { peer, header, proxies })
    }
    const name = `${peer.address} ${text}`
    const remembered = known.get(name)
    if (remembered !== null) return remembered
    const address = clientAddressOf(headers, { peer, header, proxies })
    known.set(name, address)
    return address
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
