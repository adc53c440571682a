// One address, one spelling (L-05, F-10), and which addresses are in a network.

import assert from "node:assert/strict"
import { test } from "node:test"
import {
  canonicalAddress,
  isWithin,
  type Network,
  networkOf,
  networksOf,
  readNetwork,
  widerNetworkOf,
} from "../../src/domain/ip_address.ts"

const spellings: readonly (readonly [canonical: string, ...others: readonly string[]])[] = [
  ["1.2.3.4", "::ffff:1.2.3.4", "::FFFF:0102:0304", "::ffff:102:304", "0:0:0:0:0:ffff:1.2.3.4"],
  ["1.2.3.4", "0000:0000:0000:0000:0000:FFFF:0102:0304", "::ffff:1.2.3.4%eth0"],
  ["0.0.0.0", "::ffff:0:0", "::ffff:0.0.0.0"],
  ["255.255.255.255", "::ffff:ffff:ffff"],
  ["2001:db8::1", "2001:DB8::1", "2001:0db8:0:0:0:0:0:0001", "2001:db8:0:0::1"],
  ["2001:db8:0:1:1:1:1:1", "2001:0DB8:0000:0001:1:1:1:1", "2001:db8::1:1:1:1:1"],
  ["2001:db8::1:0:0:1", "2001:db8:0:0:1:0:0:1", "2001:db8:0:0:1::1"],
  ["2001:0:0:1::1", "2001:0:0:1:0:0:0:1", "2001::1:0:0:0:1"],
  ["10:0:0:100::", "10:0:0:100:0:0:0:0"],
  ["::", "0:0:0:0:0:0:0:0", "0::0"],
  ["::1", "0:0:0:0:0:0:0:1", "::0001", "0::1", "::0.0.0.1"],
  ["1::", "1:0:0:0:0:0:0:0"],
  ["::1.2.3.4", "::102:304", "::0102:0304"],
  ["::fffe:102:304", "::fffe:1.2.3.4"],
  ["1:2:3:4:5:6:102:304", "1:2:3:4:5:6:1.2.3.4"],
  ["1:2:3:4:5:6:7:0", "1:2:3:4:5:6:7::"],
  ["fe80::1", "fe80::1%eth0", "FE80::1%2", "fe80:0::1%en-0.1"],
]

for (const [canonical, ...others] of spellings) {
  test(`canonicalAddress() writes ${others.join(", ")} as ${canonical}`, () => {
    for (const text of [canonical, ...others]) assert.equal(canonicalAddress(text), canonical)
  })
}

const notAddresses = [
  ...["", " ", "x", "localhost", "unknown", "_hidden", "1.2.3", "1.2.3.4.5", "1.2.3.256"],
  ...["01.2.3.4", "0x1.2.3.4", "1.2.3.4 ", " 1.2.3.4", "1.2.3.4:80", "1.2.3.4/8", "16909060"],
  ...["1.2.3.4%eth0", "１.2.3.4", "1.2.3.4\n", "+1.2.3.4", "1.2.3.-4", "1..3.4"],
  ...[":", ":::", "1::2::3", "12345::", "g::", "[::1]", "::1 ", "::1\n", "1:2:3:4:5:6:7"],
  ...["1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:1.2.3.4", "::ffff:1.2.3", "::ffff:01.2.3.4", "::1/64"],
  ...["fe80::1%", "::ffff:1.2.3.4.5", "::ffff:1.2.3.256"],
]

test("canonicalAddress() and networkOf() accept nothing else as an address", () => {
  for (const text of notAddresses) {
    assert.equal(canonicalAddress(text), null, text)
    assert.equal(networkOf(text), "unknown", text)
  }
})

/** Addresses, and the networks that limits count by. */
const clientNetworks: readonly (readonly [address: string, ...networks: readonly string[]])[] = [
  ["1.2.3.4", "1.2.3.4"],
  ["::ffff:1.2.3.4", "1.2.3.4"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", "2001:db8:1::/48"],
  ["2001:DB8:0001:ffff::%eth0", "2001:db8:1:ffff::/64", "2001:db8:1::/48"],
  ["::1", "::/64", "::/48"],
  ["no address", "unknown"],
  ["", "unknown"],
]

for (const [address, ...expected] of clientNetworks) {
  test(`networksOf() of '${address}' are ${expected.join(" and ")}`, () => {
    assert.deepEqual(networksOf(address), expected)
  })
}

test("networkOf() gives an IPv4 address in its canonical spelling", () => {
  for (const text of ["1.2.3.4", "::ffff:1.2.3.4", "::FFFF:0102:0304"]) {
    assert.equal(networkOf(text), "1.2.3.4")
  }
  assert.equal(networkOf("::ffff:1.2.3.5"), "1.2.3.5")
})

test("networkOf() gives one network for all addresses of a /64", () => {
  const siblings = Array.from({ length: 100 }, (_, at) => `2001:DB8:1:2::${at.toString(16)}:0:1`)
  for (const text of [...siblings, "2001:db8:1:2:ffff:ffff:ffff:ffff%eth0"]) {
    assert.equal(networkOf(text), "2001:db8:1:2::/64")
  }
  assert.equal(networkOf("2001:db8:1:3::1"), "2001:db8:1:3::/64")
  assert.equal(networkOf("::1"), "::/64")
  assert.equal(networkOf("1:2:3:4:5:6:7:8"), "1:2:3:4::/64")
})

test("widerNetworkOf() gives the /24 of an IPv4 address, and the /48 of an IPv6 one", () => {
  const rows = [
    ["192.0.2.7", "192.0.2.0/24"],
    ["192.0.2.255", "192.0.2.0/24"],
    ["192.0.3.0", "192.0.3.0/24"],
    ["::ffff:192.0.2.7", "192.0.2.0/24"],
    ["2001:db8:7::1", "2001:db8:7::/48"],
    ["2001:db8:7:ffff:ffff::1%eth0", "2001:db8:7::/48"],
    ["2001:db8:8::", "2001:db8:8::/48"],
    ["::1", "::/48"],
    ["", "unknown"],
    ["localhost", "unknown"],
  ] as const
  for (const [text, network] of rows) assert.equal(widerNetworkOf(text), network)
})

function network(text: string): Network {
  const found = readNetwork(text)
  assert.ok(found, text)
  return found
}

const networks: readonly (readonly [
  text: string,
  inside: readonly string[],
  outside: readonly string[],
])[] = [
  ["10.0.0.0/8", ["10.0.0.0", "10.255.255.255", "::ffff:10.1.2.3"], ["9.255.255.255", "11.0.0.0"]],
  ["192.168.128.0/17", ["192.168.128.0", "192.168.255.255"], ["192.168.127.255", "192.169.128.0"]],
  ["127.0.0.1", ["127.0.0.1", "::ffff:127.0.0.1"], ["127.0.0.2", "::1", "::7f00:1"]],
  ["127.0.0.1/32", ["127.0.0.1"], ["127.0.0.0"]],
  ["0.0.0.0/0", ["0.0.0.0", "255.255.255.255", "::ffff:1.2.3.4"], ["::", "::1", "::1.2.3.4"]],
  ["::ffff:10.0.0.0/104", ["10.1.2.3"], ["11.0.0.0", "::10.0.0.0"]],
  ["::ffff:10.0.0.1", ["10.0.0.1"], ["10.0.0.2"]],
  ["fd00::/8", ["fd00::", "fdff:ffff::1", "FD12::1%eth0"], ["fc00::", "fe00::", "253.0.0.0"]],
  ["2001:db8:1::/48", ["2001:db8:1:ffff::"], ["2001:db8:2::", "2001:db8::"]],
  ["2001:db8::1", ["2001:db8:0::1"], ["2001:db8::2"]],
  ["::/0", ["::", "ffff::"], ["0.0.0.0", "::ffff:1.2.3.4"]],
]

for (const [text, inside, outside] of networks) {
  test(`isWithin() finds the addresses in ${text}`, () => {
    for (const address of inside) assert.ok(isWithin(address, [network(text)]), address)
    for (const address of outside) assert.ok(!isWithin(address, [network(text)]), address)
  })
}

test("isWithin() checks each network, and finds no address in an empty list", () => {
  const two = [network("10.0.0.0/8"), network("fd00::/8")]
  assert.deepEqual(
    ["10.1.1.1", "fd00::1", "11.1.1.1"].map((address) => isWithin(address, two)),
    [true, true, false],
  )
  assert.equal(isWithin("10.1.1.1", []), false)
  for (const text of notAddresses) {
    assert.equal(isWithin(text, [network("0.0.0.0/0"), network("::/0")]), false, text)
  }
})

test("readNetwork() takes an address with a possible length, and nothing else", () => {
  const wrong = [
    ...["10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/08", "10.0.0.0/8/8", "10.0.0.0/8 "],
    ...["10.0.0.0/255.0.0.0", "10.0.0.0/+8", "10.0.0.0/1e1", "10.0.0/8", "/8", "fd00::/129"],
    ...["::ffff:10.0.0.0/95", "::ffff:10.0.0.0/129", "fe80::1%eth0", "fe80::%eth0/10", "*", "::/"],
    ...notAddresses.filter((text) => !/^(1\.2\.3\.4|::1)\/\d+$/.test(text)),
  ]
  for (const text of wrong) assert.equal(readNetwork(text), null, text)
})

test("readNetwork() gives the address at which a network starts", () => {
  const rows = [
    ["10.1.2.3/8", "10.0.0.0"],
    ["10.1.2.3", "10.1.2.3"],
    ["::ffff:10.1.2.3/104", "10.0.0.0"],
    ["2001:db8:1:2::3/48", "2001:db8:1::"],
    ["1.2.3.4/0", "0.0.0.0"],
    ["10.1.2.255/25", "10.1.2.128"],
    ["::1.2.3.255/121", "::1.2.3.128"],
    ["2001:db8:ffff::/33", "2001:db8:8000::"],
  ] as const
  for (const [text, start] of rows) assert.equal(network(text).start, start)
})
