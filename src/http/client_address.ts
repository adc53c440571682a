// Whose request it is that a proxy passes on, by `X-Forwarded-For` or `Forwarded` (RFC 7239): by
// the one that the operator's proxies write, as they may pass on the client's own other. Anyone can
// send it, so it is read only when the peer is a trusted proxy, and from the right: each proxy adds
// whom it heard at the end, and the first address that is no trusted proxy's is as far as anybody
// vouches. No other header is believed. Pure.

import { canonicalAddress, isWithin, type Network } from "../domain/ip_address.ts"

/** The other end of a connection. */
export interface Peer {
  /** In its canonical spelling; empty when the connection is gone already. */
  readonly address: string
  readonly isTrusted: boolean
}

type Headers = ReadonlyMap<string, string>

/** A header in which proxies say for whom they ask. */
export type ForwardedHeader = "X-Forwarded-For" | "Forwarded"

interface Reading {
  /** The header's name in lower case. */
  readonly key: string
  /** How its elements tell an address. */
  readonly read: (element: string) => string | null
}

const readings: Readonly<Record<ForwardedHeader, Reading>> = {
  "X-Forwarded-For": { key: "x-forwarded-for", read: readHop },
  Forwarded: { key: "forwarded", read: readForwarded },
}

/** All of them. */
export const forwardedHeaders = Object.keys(readings) as readonly ForwardedHeader[]

/** What is known of the proxies of a service. */
export interface Forwarding {
  readonly peer: Peer
  /** The header that they write. */
  readonly header: ForwardedHeader
}

const forwardedPair = /^([\w!#$%&'*+.^`|~-]+)=(?:"([^"\\]*)"|([^\s"\\]+))$/

/** The peer of a socket with this remote address. */
export function peerOf(remoteAddress: string | undefined, proxies: readonly Network[]): Peer {
  const address = canonicalAddress(remoteAddress ?? "") ?? ""
  return { address, isTrusted: isWithin(address, proxies) }
}

/**
 * The header in which a peer says in vain for whom it asks, or null: it is not trusted, or writes
 * another header than the one that is read. What stands beside that one is the client's own.
 */
export function unreadHeader(
  headers: Headers,
  { peer, header }: Forwarding,
): ForwardedHeader | null {
  if (headers.has(readings[header].key)) return peer.isTrusted ? null : header
  return forwardedHeaders.find((name) => headers.has(readings[name].key)) ?? null
}

/** The client's address: the peer's own, unless that is a trusted proxy and says for whom it asks. */
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
