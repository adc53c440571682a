// IP addresses and networks as text: one spelling for each address, so that no client gets a second
// limit by a second spelling. IPv4-mapped IPv6 (RFC 4291 §2.5.5.2) is IPv4, IPv6 is written as
// RFC 5952 §4 has it, zone ids are dropped. Pure: `node:net` only tells what is an address.

import { isIPv4, isIPv6 } from "node:net"

/** The addresses that begin with the same bits; of one family, so no IPv4 is in an IPv6 network. */
export interface Network {
  readonly bits: 32 | 128
  readonly first: bigint
  /** How many leading bits are fixed; all of them for a single address. */
  readonly prefix: number
}

type Address = Omit<Network, "prefix">

/** The one spelling of an IP address, or null for anything else. */
export function canonicalAddress(text: string): string | null {
  const address = readAddress(text)
  return address === null ? null : textOf(address)
}

/**
 * What limits count by: an IPv4 address, or the /64 of an IPv6 address, as who has one of these has
 * them all. `unknown` for anything else.
 */
export function networkOf(text: string): string {
  // Its one spelling already, and asked for at every step of an attempt.
  if (isIPv4(text)) return text
  const address = readAddress(text)
  if (address === null) return "unknown"
  if (address.bits === 32) return textOf(address)
  return networkText({ ...address, prefix: 64 })
}

/**
 * The network around a client: the /24 of an IPv4 address, the /48 of an IPv6 one, which is what a
 * provider gives to one customer. `unknown` for anything else.
 */
export function widerNetworkOf(text: string): string {
  const address = readAddress(text)
  if (address === null) return "unknown"
  return networkText({ ...address, prefix: address.bits === 32 ? 24 : 48 })
}

/**
 * The networks of a client that limits count by, the narrowest first: what `networkOf` gives, and
 * of an IPv6 address the /48 around it, since the owner of a /48 has 65,536 networks of /64.
 */
export function networksOf(text: string): readonly string[] {
  const narrow = networkOf(text)
  const address = isIPv4(text) ? null : readAddress(text)
  if (address === null || address.bits === 32) return [narrow]
  return [narrow, networkText({ ...address, prefix: 48 })]
}

/** A network such as `10.0.0.0/8`, or a single address; null for anything else. */
export function readNetwork(text: string): Network | null {
  const [start = "", length, ...more] = text.split("/")
  const address = start.includes("%") ? null : readAddress(start)
  if (address === null || more.length > 0) return null
  const { bits } = address
  if (length === undefined) return { ...address, prefix: bits }
  // Of an IPv4-mapped network the prefix counts the 96 bits before it.
  const prefix = Number(length) - (bits === 32 && start.includes(":") ? 96 : 0)
  const isPrefix = /^(0|[1-9]\d{0,2})$/.test(length) && prefix >= 0 && prefix <= bits
  return isPrefix ? { ...address, prefix } : null
}

/** A network's first address: another than it was given when that had bits beyond its prefix. */
export function startOf({ bits, first, prefix }: Network): string {
  const rest = BigInt(bits - prefix)
  return textOf({ bits, first: (first >> rest) << rest })
}

function networkText(network: Network): string {
  return `${startOf(network)}/${network.prefix}`
}

/** Whether an address is in any of these networks; what is no address is in none. */
export function isWithin(text: string, networks: readonly Network[]): boolean {
  const address = readAddress(text)
  if (address === null) return false
  return networks.some(({ bits, first, prefix }) => {
    const rest = BigInt(bits - prefix)
    return bits === address.bits && first >> rest === address.first >> rest
  })
}

function readAddress(text: string): Address | null {
  if (isIPv4(text)) return { bits: 32, first: numberOfIpv4(text) }
  if (!isIPv6(text)) return null
  const first = groupsOf(text).reduce((number, group) => (number << 16n) | BigInt(`0x${group}`), 0n)
  return first >> 32n === 0xffffn ? { bits: 32, first: first & 0xffff_ffffn } : { bits: 128, first }
}

function numberOfIpv4(text: string): bigint {
  return text.split(".").reduce((number, byte) => (number << 8n) | BigInt(byte), 0n)
}

/** The eight groups of an IPv6 address, with those that `::` leaves out. */
function groupsOf(text: string): readonly string[] {
  const [head = [], tail = []] = text
    .replace(/%.*$/, "")
    .replace(/[\d.]+\.\d+$/, (dotted) => {
      const number = numberOfIpv4(dotted)
      return `${(number >> 16n).toString(16)}:${(number & 0xffffn).toString(16)}`
    })
    .split("::")
    .map((groups) => groups.split(":").filter((group) => group !== ""))
  const omitted = Array.from({ length: 8 - head.length - tail.length }, () => "0")
  return [...head, ...omitted, ...tail]
}

function textOf({ bits, first }: Address): string {
  const size = bits / (bits === 32 ? 4 : 8)
  const parts = Array.from({ length: bits / size }, (_, at) =>
    BigInt.asUintN(size, first >> BigInt(bits - size * (at + 1))),
  )
  if (bits === 32) return parts.join(".")
  const text = parts.map((group) => group.toString(16)).join(":")
  const [longest] = [...text.matchAll(/\b0(?::0)+\b/g)].sort((a, b) => b[0].length - a[0].length)
  if (longest === undefined) return text
  const before = text.slice(0, longest.index).replace(/:$/, "")
  const after = text.slice(longest.index + longest[0].length).replace(/^:/, "")
  return `${before}::${after}`
}
