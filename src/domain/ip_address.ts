// IP addresses and networks as text: one spelling for each address, so that no client gets a second
// limit by a second spelling. IPv4-mapped IPv6 (RFC 4291 §2.5.5.2) is IPv4, IPv6 is in lower case
// with its longest run of zeros as `::`, zone ids are dropped. Opens no socket.

import { BlockList, isIPv4, isIPv6, SocketAddress } from "node:net"

/** The addresses that begin with the same bits. No IPv4 address is in an IPv6 network. */
export interface Network {
  /** The first address, canonical. */
  readonly start: string
  /** How many leading bits are fixed: all of them for a single address. */
  readonly prefix: number
  readonly members: BlockList
}

/** An address in its canonical spelling. */
interface Address {
  readonly family: "ipv4" | "ipv6"
  readonly text: string
}

/** The one spelling of an IP address, or null for anything else. */
export function canonicalAddress(text: string): string | null {
  return readAddress(text)?.text ?? null
}

/**
 * What limits count by: an IPv4 address, or the /64 of an IPv6 address, since one client has the
 * whole /64. `unknown` for anything else.
 */
export function networkOf(text: string): string {
  return networksOf(text)[0] ?? "unknown"
}

/**
 * The network around a client: the /24 of an IPv4 address, the /48 of an IPv6 one, which is what a
 * provider gives to one customer. `unknown` for anything else.
 */
export function widerNetworkOf(text: string): string {
  const address = readAddress(text)
  if (address === null) return "unknown"
  return networkAround(address, address.family === "ipv4" ? 24 : 48)
}

/**
 * The networks of a client that limits count by, the narrowest first: what `networkOf` gives, and
 * of an IPv6 address the /48 around it, since the owner of a /48 has 65,536 networks of /64.
 */
export function networksOf(text: string): readonly string[] {
  const address = readAddress(text)
  if (address === null) return ["unknown"]
  if (address.family === "ipv4") return [address.text]
  return [networkAround(address, 64), networkAround(address, 48)]
}

/** A network such as `10.0.0.0/8`, or a single address; null for anything else. */
export function readNetwork(text: string): Network | null {
  const [before = "", length, ...more] = text.split("/")
  const address = before.includes("%") ? null : readAddress(before)
  if (address === null || more.length > 0) return null
  const bits = address.family === "ipv4" ? 32 : 128
  // The prefix of an IPv4-mapped network counts the 96 bits before the IPv4 address.
  const ignored = address.family === "ipv4" && before.includes(":") ? 96 : 0
  const prefix = length === undefined ? bits : Number(length) - ignored
  const isPrefix = length === undefined || /^(0|[1-9]\d{0,2})$/.test(length)
  if (!isPrefix || prefix < 0 || prefix > bits) return null
  const start = firstOf(address, prefix)
  const members = new BlockList()
  members.addSubnet(start, prefix, address.family)
  return { start, prefix, members }
}

/** Whether an address is in any of these networks. Text that is no address is in none. */
export function isWithin(text: string, networks: readonly Network[]): boolean {
  const address = readAddress(text)
  if (address === null) return false
  const { family } = address
  // A BlockList would find the IPv4-mapped form of an IPv4 address in an IPv6 network.
  return networks.some(
    ({ start, members }) =>
      isIPv4(start) === (family === "ipv4") && members.check(address.text, family),
  )
}

/** Private networks (RFC 1918 §3, RFC 4193 §3). */
const privateNetworks = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"].flatMap(
  (network) => readNetwork(network) ?? [],
)

/** Whether an address is one of a private network. Loopback addresses are not. */
export function isPrivateAddress(text: string): boolean {
  return isWithin(text, privateNetworks)
}

function readAddress(text: string): Address | null {
  // A copy: a part of a header would keep the whole header in memory.
  if (isIPv4(text)) return { family: "ipv4", text: text.split(".").map(Number).join(".") }
  if (!isIPv6(text)) return null
  const { address } = new SocketAddress({ address: text.replace(/%.*$/, ""), family: "ipv6" })
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1]
  return mapped === undefined ? { family: "ipv6", text: address } : { family: "ipv4", text: mapped }
}

function networkAround(address: Address, prefix: number): string {
  return `${firstOf(address, prefix)}/${prefix}`
}

/** The first address of a network. */
function firstOf({ family, text }: Address, prefix: number): string {
  const size = family === "ipv4" ? 8 : 16
  const first = partsOf({ family, text }).map((part, at) => {
    const rest = Math.min(size, Math.max(0, size * (at + 1) - prefix))
    return (part >> rest) << rest
  })
  if (family === "ipv4") return first.join(".")
  const address = first.map((group) => group.toString(16)).join(":")
  return new SocketAddress({ address, family }).address
}

/** The four bytes of an IPv4 address, the eight groups of an IPv6 one. */
function partsOf({ family, text }: Address): readonly number[] {
  if (family === "ipv4") return text.split(".").map(Number)
  const [head = [], tail = []] = text
    .replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...bytes) => {
      const [a = 0, b = 0, c = 0, d = 0] = bytes.map(Number)
      return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
    })
    .split("::")
    .map((groups) =>
      groups.split(":").flatMap((group) => (group === "" ? [] : parseInt(group, 16))),
    )
  return [...head, ...Array(8 - head.length - tail.length).fill(0), ...tail]
}
