// Addresses as text, and the headers in which proxies write them: one spelling for each address,
// and nobody is believed who is no trusted proxy.

import assert from "node:assert/strict"
import { isIP, SocketAddress } from "node:net"
import { test } from "node:test"
import fc from "fast-check"
import { canonicalAddress, isWithin, networkOf, readNetwork } from "../../src/domain/ip_address.ts"
import { clientAddressOf, forwardedHeaders, peerOf } from "../../src/http/client_address.ts"
import { hostNameOf, isAllowedHost } from "../../src/http/host.ts"
import { anyText, editedText, edits } from "./inputs.ts"
import { holds } from "./property.ts"

const address = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.ipV4().map((text) => `::ffff:${text}`),
  fc.constantFrom("::", "::1", "::ffff:0:1", "1::", "2001:DB8::0001", "fe80::1%eth0", "0:0::1"),
)
const fragments = [":", "::", ".", "%", "/", "[", "]", "0", "ffff", "1.2.3.4", " ", ",", ";", '"']
const nearly = fc.tuple(address, edits(fragments)).map(([text, some]) => editedText(text, some))
const anything = fc.oneof(address, nearly, anyText)
const element = fc.oneof(
  anything,
  address.map((text) => `for=${text}`),
  address.map((text) => `For="[${text}]:80";proto=https`),
  fc.constantFrom("unknown", "for=_hidden", 'for="', "for=;;", ";", "by=1.2.3.4"),
)
const proxies = ["10.0.0.0/8", "2001:db8::/32"].flatMap((text) => readNetwork(text) ?? [])

test("canonicalAddress() gives one spelling, which is its own, or null for what is no address", () =>
  holds(
    anything,
    (text) => {
      const canonical = canonicalAddress(text)
      if (canonical === null) return assert.equal(isIP(text), 0)
      assert.notEqual(isIP(canonical), 0, canonical)
      assert.equal(canonicalAddress(canonical), canonical)
      assert.equal(canonicalAddress(text.toUpperCase()), canonical)
      assert.ok(!/[%A-Z]|\w:.*\.|^::ffff:\w+:\w+$/.test(canonical), canonical)
      if (isIP(canonical) === 6) {
        const { address: same } = new SocketAddress({ address: canonical, family: "ipv6" })
        assert.equal(canonicalAddress(same), canonical)
      }
    },
    { found: ["::ffff:ffff:0:1", "::ffff:0:0", "fe80::1%25", "[::1]"] },
  ))

test("networkOf() and readNetwork() are of one mind with isWithin()", () =>
  holds(fc.tuple(anything, fc.nat({ max: 140 }), anything), ([text, prefix, other]) => {
    const isAddress = canonicalAddress(text) !== null
    assert.equal(networkOf(text) !== "unknown", isAddress)
    const own = readNetwork(text)
    if (own !== null && isAddress) assert.ok(isWithin(text, [own]))
    const network = readNetwork(`${text}/${prefix}`)
    if (network === null) return
    assert.ok(isWithin(network.start, [network]))
    assert.ok(isWithin(text, [network]))
    assert.ok(canonicalAddress(other) !== null || !isWithin(other, [network]))
  }))

test("clientAddressOf() believes trusted proxies only, and gives an address or the peer's", () =>
  holds(
    fc.record({
      remote: fc.oneof(anything, fc.constantFrom("10.0.0.1", "2001:db8::1", "::ffff:10.0.0.1")),
      forwardedFor: fc.option(fc.array(element, { maxLength: 5 })),
      forwarded: fc.option(fc.array(element, { maxLength: 5 })),
      header: fc.constantFrom(...forwardedHeaders),
    }),
    ({ remote, forwardedFor, forwarded, header }) => {
      const headers = new Map<string, string>()
      if (forwardedFor !== null) headers.set("x-forwarded-for", forwardedFor.join(", "))
      if (forwarded !== null) headers.set("forwarded", forwarded.join(","))
      const peer = peerOf(remote, proxies)
      const client = clientAddressOf(headers, { peer, header, proxies })
      const other = header === "Forwarded" ? "x-forwarded-for" : "forwarded"
      headers.delete(other)
      assert.equal(client, clientAddressOf(headers, { peer, header, proxies }))
      if (!peer.isTrusted) assert.equal(client, peer.address)
      else assert.equal(client, canonicalAddress(client))
    },
  ))

test("isAllowedHost() admits no other name than those listed, however it is written", () => {
  const host = fc.oneof(anything, fc.domain(), address.map(bracketed), nearly.map(bracketed))
  const written = fc.tuple(host, fc.constantFrom("", ".", ":80", ".:80", ":", ":x"), fc.boolean())
  return holds(written, ([name, end, isUpper]) => {
    const text = isUpper ? `${name}${end}`.toUpperCase() : `${name}${end}`
    const known = /^(localhost\.?|login\.example\.org\.?|127\.0\.0\.1\.?)(:\d+)?$/i.test(text)
    if (known) assert.ok(isAllowedHost(text, ["login.example.org"]), text)
    else if (isAllowedHost(text, ["login.example.org"])) {
      assert.ok(["127.0.0.1", "::1"].includes(hostNameOf(text)), text)
    }
  })
})

function bracketed(text: string): string {
  return `[${text}]`
}
