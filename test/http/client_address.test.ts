// Who is believed about the client's address (L-06, F-09, H-27): nobody but trusted proxies, and
// they only about whom they heard themselves.

import assert from "node:assert/strict"
import { test } from "node:test"
import { readNetwork } from "../../src/domain/ip_address.ts"
import {
  clientAddressOf,
  createClientAddressOf,
  type ForwardedHeader,
  peerOf,
  unreadHeader,
} from "../../src/http/client_address.ts"
import { cpuMillis } from "../support/cpu_millis.ts"

const proxies = ["10.0.0.0/8", "127.0.0.1", "fd00::/8"].flatMap((text) => readNetwork(text) ?? [])

/** Whom a peer asks for, whose proxies write the header that is there, or X-Forwarded-For. */
function clientOf(peer: string, headers: Readonly<Record<string, string>>): string {
  const all = new Map(Object.entries(headers))
  const header = all.has("forwarded") ? "Forwarded" : "X-Forwarded-For"
  return clientAddressOf(all, { peer: peerOf(peer, proxies), header, proxies })
}

const proxy = "10.0.0.1"

test("peerOf() gives the canonical address, and whether it is a trusted proxy's", () => {
  const rows: readonly (readonly [string | undefined, string, boolean])[] = [
    ["::ffff:10.0.0.1", "10.0.0.1", true],
    ["10.0.0.1", "10.0.0.1", true],
    ["FD00::1%eth0", "fd00::1", true],
    ["192.0.2.7", "192.0.2.7", false],
    ["::1", "::1", false],
    [undefined, "", false],
  ]
  for (const [remote, address, isTrusted] of rows) {
    assert.deepEqual(peerOf(remote, proxies), { address, isTrusted })
  }
  assert.equal(peerOf("10.0.0.1", []).isTrusted, false)
})

test("clientAddressOf() ignores headers of untrusted peers (F-09)", () => {
  const headers = { "x-forwarded-for": "192.0.2.66", forwarded: "for=192.0.2.66" }
  for (const peer of ["192.0.2.7", "2001:db8::7", "9.255.255.255"]) {
    assert.equal(clientOf(peer, headers), peer)
  }
  assert.equal(clientOf("", headers), "")
})

test("clientAddressOf() ignores other headers of trusted proxies", () => {
  const names = [
    ...["x-real-ip", "cf-connecting-ip", "true-client-ip", "x-client-ip", "x-cluster-client-ip"],
    ...["fastly-client-ip", "x-forwarded", "x-original-forwarded-for", "via", "remote-addr"],
  ]
  for (const name of names) assert.equal(clientOf(proxy, { [name]: "192.0.2.66" }), proxy, name)
})

const lists: readonly (readonly [sent: string, client: string])[] = [
  ["192.0.2.7", "192.0.2.7"],
  ["192.0.2.66, 192.0.2.7", "192.0.2.7"],
  ["192.0.2.66,192.0.2.7", "192.0.2.7"],
  ["192.0.2.66 ,\t192.0.2.7 , 10.0.0.2, fd00::2", "192.0.2.7"],
  ["127.0.0.1, 192.0.2.7, 10.0.0.2", "192.0.2.7"],
  ["10.0.0.4, 10.0.0.3, 10.0.0.2", "10.0.0.4"],
  ["10.0.0.4", "10.0.0.4"],
  ["192.0.2.7:567", "192.0.2.7"],
  ["[2001:DB8::7]:567", "2001:db8::7"],
  ["[2001:db8::7]", "2001:db8::7"],
  ["2001:db8:0::7", "2001:db8::7"],
  ["::ffff:192.0.2.7", "192.0.2.7"],
  ["[::FFFF:c000:207]:1", "192.0.2.7"],
  ["192.0.2.7, ::ffff:10.0.0.2", "192.0.2.7"],
  ["2001:db8::7%eth0", "2001:db8::7"],
  ["192.0.2.66, unknown, 10.0.0.2", "10.0.0.2"],
  ["192.0.2.66, _hidden", proxy],
  ["192.0.2.66, ", proxy],
  ["192.0.2.66,, 10.0.0.2", "10.0.0.2"],
  ["", proxy],
  [",,,", proxy],
  ["alice", proxy],
  ['"192.0.2.7"', proxy],
  ["192.0.2.7:", proxy],
  ["192.0.2.7:123456", proxy],
  ["192.0.2.7:x", proxy],
  ["[192.0.2.7", proxy],
  ["2001:db8::7]:1", proxy],
  ["[]:1", proxy],
  ["192.0.2.7/32", proxy],
  ["192.0.2.7 192.0.2.8", proxy],
  ["192.0.2.7; 192.0.2.8", proxy],
  ["for=192.0.2.7", proxy],
]

for (const [sent, client] of lists) {
  test(`clientAddressOf() takes '${sent}' in X-Forwarded-For for ${client}`, () => {
    assert.equal(clientOf(proxy, { "x-forwarded-for": sent }), client)
    assert.equal(clientOf(`::ffff:${proxy}`, { "x-forwarded-for": sent }), client)
  })
}

const descriptions: readonly (readonly [sent: string, client: string])[] = [
  ["for=192.0.2.7", "192.0.2.7"],
  ["For=192.0.2.7;proto=https;host=a", "192.0.2.7"],
  ['proto=https; by="[fd00::1]" ;FOR="192.0.2.7:567"', "192.0.2.7"],
  ['for="[2001:db8::7]:567"', "2001:db8::7"],
  ['for="[2001:DB8::7]"', "2001:db8::7"],
  ["for=192.0.2.66, for=192.0.2.7, for=10.0.0.2", "192.0.2.7"],
  ['for=192.0.2.66,for="[fd00::2]"', "192.0.2.66"],
  ["for=10.0.0.4, for=10.0.0.3", "10.0.0.4"],
  ["for=192.0.2.66, for=unknown, for=10.0.0.2", "10.0.0.2"],
  ["for=192.0.2.66, for=_hidden", proxy],
  ["for=192.0.2.66, proto=https", proxy],
  ["for=192.0.2.66;for=192.0.2.7", proxy],
  ["for=192.0.2.66;x", proxy],
  ["for=192.0.2.66;", proxy],
  ["for=", proxy],
  ['for=""', proxy],
  ["for = 192.0.2.66", proxy],
  ["192.0.2.66", proxy],
  ["", proxy],
  ['for="192.0.2.66', proxy],
  ['for="192.0.2\\.66"', proxy],
  ['x=";for=192.0.2.66"', proxy],
  ['x=",for=192.0.2.66"', proxy],
  // What a client opens, the proxy's own element does not close.
  ['for=192.0.2.66;x=", for=192.0.2.7', "192.0.2.7"],
  ['for=192.0.2.66;x=", for="[2001:db8::7]:1"', "2001:db8::7"],
  ['for=192.0.2.66;x=", for=192.0.2.7;host="a"', "192.0.2.7"],
  ['for=192.0.2.66;x=", for=192.0.2.7;host=""', "192.0.2.7"],
]

for (const [sent, client] of descriptions) {
  test(`clientAddressOf() takes '${sent}' in Forwarded for ${client}`, () => {
    assert.equal(clientOf(proxy, { forwarded: sent }), client)
  })
}

const pairs: readonly (readonly [list: string, description: string])[] = [
  ["192.0.2.7", "for=192.0.2.8"],
  ["192.0.2.66, 192.0.2.7", 'for="192.0.2.66:1", for="192.0.2.8:1";proto=https'],
  ["192.0.2.7, 10.0.0.2", "for=192.0.2.8, for=10.0.0.2"],
]

test("clientAddressOf() reads the header that is named, whatever the other says", () => {
  const peer = peerOf(proxy, proxies)
  const others = ["", ",", "unknown", "192.0.2.66", "for=192.0.2.66", "10.0.0.2", "x".repeat(9000)]
  for (const [list, description] of pairs) {
    for (const other of [...others, list, description]) {
      const listed = new Map(Object.entries({ "x-forwarded-for": list, forwarded: other }))
      const header: ForwardedHeader = "X-Forwarded-For"
      assert.equal(clientAddressOf(listed, { peer, header, proxies }), "192.0.2.7")
      const described = new Map(
        Object.entries({ "x-forwarded-for": other, forwarded: description }),
      )
      assert.equal(clientAddressOf(described, { peer, header: "Forwarded", proxies }), "192.0.2.8")
    }
  }
})

test("clientAddressOf() takes the peer where only the other header is there", () => {
  const peer = peerOf(proxy, proxies)
  const listed = new Map([["x-forwarded-for", "192.0.2.66"]])
  const described = new Map([["forwarded", "for=192.0.2.66"]])
  assert.equal(clientAddressOf(listed, { peer, header: "Forwarded", proxies }), proxy)
  assert.equal(clientAddressOf(described, { peer, header: "X-Forwarded-For", proxies }), proxy)
})

test("clientAddressOf() stops at the first stranger, however many come before", () => {
  const strangers = "10.0.0.9,".repeat(1800)
  const headers = { "x-forwarded-for": `${strangers}192.0.2.7` }
  const millis = cpuMillis(() => {
    for (let at = 0; at < 100; at += 1) assert.equal(clientOf(proxy, headers), "192.0.2.7")
  })
  assert.ok(millis < 1000, `${millis} ms`)
})

test("unreadHeader() names a client header of a peer whose headers are not read", () => {
  const rows: readonly (readonly [
    names: readonly string[],
    header: ForwardedHeader,
    ofStranger: ForwardedHeader | null,
    ofProxy: ForwardedHeader | null,
  ])[] = [
    [[], "X-Forwarded-For", null, null],
    [["x-forwarded-for"], "X-Forwarded-For", "X-Forwarded-For", null],
    [["forwarded"], "X-Forwarded-For", "Forwarded", "Forwarded"],
    [["x-forwarded-for"], "Forwarded", "X-Forwarded-For", "X-Forwarded-For"],
    [["forwarded"], "Forwarded", "Forwarded", null],
    [["forwarded", "x-forwarded-for"], "X-Forwarded-For", "X-Forwarded-For", null],
    [["forwarded", "x-forwarded-for"], "Forwarded", "Forwarded", null],
    [["x-forwarded-proto", "x-real-ip", "via"], "X-Forwarded-For", null, null],
  ]
  for (const [names, header, ofStranger, ofProxy] of rows) {
    const headers = new Map(names.map((name) => [name, ""]))
    assert.equal(unreadHeader(headers, { peer: peerOf("192.0.2.7", proxies), header }), ofStranger)
    assert.equal(unreadHeader(headers, { peer: peerOf(proxy, proxies), header }), ofProxy)
  }
})

test("createClientAddressOf() gives the same each time, of each peer by itself", () => {
  const of = createClientAddressOf({ header: "X-Forwarded-For", proxies })
  const long = `${"192.0.2.9, ".repeat(10)}192.0.2.7`
  const rows = ["192.0.2.7", "192.0.2.66, 192.0.2.7", "10.0.0.9", "unknown", "", long, "__proto__"]
  for (const _ of [1, 2]) {
    for (const address of ["10.0.0.1", "10.0.0.2", "192.0.2.1"]) {
      const peer = peerOf(address, proxies)
      for (const text of rows) {
        const sent = new Map([["x-forwarded-for", text]])
        const expected = clientAddressOf(sent, { peer, header: "X-Forwarded-For", proxies })
        assert.equal(of(sent, peer), expected, `${address} ${text}`)
      }
      assert.equal(of(new Map(), peer), address)
    }
  }
})
