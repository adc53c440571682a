// Who is calling, on the wire (L-06, F-09, H-27): the `client` of the access log, which is what
// limits go by, is the socket's other end unless that is a trusted proxy.

import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import { trustedProxies } from "../../src/config/network.ts"
import { converse, startTestServer, type TestServerOptions } from "../support/raw_socket.ts"
import { createTestService } from "../support/test_service.ts"

/** A service behind these proxies, and what its log calls the sender of some header lines. */
async function startBehind(
  t: TestContext,
  proxies: string,
  options: Pick<TestServerOptions, "host" | "forwardedHeader"> = {},
) {
  const service = await createTestService(t)
  const { port, log } = await startTestServer(t, service.app, {
    ...{ log: service.log, ...options },
    trustedProxies: proxies === "" ? [] : trustedProxies(proxies),
  })
  const clientsOf = async (start: string, lines: readonly string[]) => {
    log.events.splice(0)
    const head = [start, "Host: localhost", ...lines, "", ""].join("\r\n")
    await converse(port, [head])
    return log.events.map(({ event, client }) => `${event} ${client}`)
  }
  const livez = (...lines: readonly string[]) => clientsOf("GET /livez HTTP/1.1", lines)
  /** The clients of as many requests on one connection, each with one header line. */
  const clientsOfEach = async (lines: readonly string[]) => {
    log.events.splice(0)
    const heads = lines.map((line) => `GET /livez HTTP/1.1\r\nHost: a\r\n${line}\r\n\r\n`)
    await converse(port, [heads.join("")], { replies: lines.length })
    return log.events.map(({ client }) => client)
  }
  return { clientsOf, livez, clientsOfEach }
}

const forged = ["192.0.2.66", "2001:db8::66", "127.0.0.1", "10.0.0.1", "::ffff:1.2.3.4", "unknown"]
const names = [
  ...["X-Forwarded-For", "Forwarded", "X-Real-IP", "CF-Connecting-IP", "True-Client-IP"],
  ...["X-Client-IP", "X-Cluster-Client-IP", "X-Forwarded", "Forwarded-For", "Via"],
]

test("listen() reads no headers about the client unless the settings name a proxy: F-09", async (t) => {
  const { livez, clientsOfEach } = await startBehind(t, "")
  const all = names.map((name) => `${name}: 192.0.2.66`)
  assert.deepEqual(await livez(...all), ["proxy.untrusted 127.0.0.1", "request 127.0.0.1"])
  const each = names.flatMap((name) =>
    forged.map((address) => `${name}: ${name === "Forwarded" ? `for="[${address}]"` : address}`),
  )
  assert.deepEqual(await clientsOfEach(each), Array(each.length).fill("127.0.0.1"))
})

test("listen() reads the headers of listed proxies only: F-09", async (t) => {
  const { livez } = await startBehind(t, "10.0.0.0/8,127.0.0.2,::1")
  await livez("Forwarded: for=192.0.2.66")
  assert.deepEqual(await livez("X-Forwarded-For: 10.0.0.1, 192.0.2.66"), ["request 127.0.0.1"])
})

test("listen() says once that somebody may be a proxy", async (t) => {
  const { livez } = await startBehind(t, "10.0.0.0/8")
  assert.deepEqual(await livez(), ["request 127.0.0.1"])
  assert.deepEqual(await livez("X-Forwarded-For: 192.0.2.7"), [
    "proxy.untrusted 127.0.0.1",
    "request 127.0.0.1",
  ])
  assert.deepEqual(await livez("Forwarded: for=192.0.2.7"), ["request 127.0.0.1"])
})

const chains: readonly (readonly [lines: readonly string[], client: string])[] = [
  [[], "127.0.0.1"],
  [["X-Forwarded-For: 192.0.2.7"], "192.0.2.7"],
  [["X-Forwarded-For: 192.0.2.66, 192.0.2.7, 10.0.0.2"], "192.0.2.7"],
  [["x-forwarded-for: 192.0.2.66", "X-FORWARDED-FOR: 192.0.2.7"], "192.0.2.7"],
  [["X-Forwarded-For: 192.0.2.7", "X-Forwarded-For: 10.0.0.2"], "192.0.2.7"],
  [["X-Forwarded-For: ::FFFF:192.0.2.7"], "192.0.2.7"],
  [["X-Forwarded-For: 10.0.0.3, 10.0.0.2"], "10.0.0.3"],
  [["X-Forwarded-For: 192.0.2.66, unknown"], "127.0.0.1"],
  [["X-Forwarded-For: 192.0.2.7", "Forwarded: for=192.0.2.66"], "192.0.2.7"],
  [["Forwarded: for=192.0.2.66", "X-Forwarded-For: 192.0.2.66, 192.0.2.7"], "192.0.2.7"],
  [["X-Forwarded-For: 192.0.2.7", "Forwarded: for=unknown", "Forwarded: x"], "192.0.2.7"],
  [["X-Real-IP: 192.0.2.66", "CF-Connecting-IP: 192.0.2.66"], "127.0.0.1"],
]

test("listen() walks the headers of a trusted proxy from the right: H-27", async (t) => {
  const { livez } = await startBehind(t, "127.0.0.1,10.0.0.0/8")
  for (const [lines, client] of chains) {
    assert.deepEqual(await livez(...lines), [`request ${client}`], lines.join())
  }
})

const descriptions: readonly (readonly [lines: readonly string[], client: string])[] = [
  [["Forwarded: for=192.0.2.66", 'Forwarded: For="[2001:DB8::7]:1";proto=https'], "2001:db8::7"],
  [["Forwarded: for=192.0.2.66, for=192.0.2.7", "forwarded: for=10.0.0.2"], "192.0.2.7"],
  [["X-Forwarded-For: 192.0.2.66", "Forwarded: for=192.0.2.7"], "192.0.2.7"],
  [["Forwarded: for=192.0.2.66, for=unknown", "X-Forwarded-For: 192.0.2.66"], "127.0.0.1"],
]

test("listen() walks Forwarded where proxies write that", async (t) => {
  const options = { forwardedHeader: "Forwarded" } as const
  const { livez } = await startBehind(t, "127.0.0.1,10.0.0.0/8", options)
  for (const [lines, client] of descriptions) {
    assert.deepEqual(await livez(...lines), [`request ${client}`], lines.join())
  }
})

test("listen() says once that a trusted proxy writes the other header", async (t) => {
  const { livez } = await startBehind(t, "127.0.0.1")
  const both = ["Forwarded: for=192.0.2.66", "X-Forwarded-For: 192.0.2.7"]
  assert.deepEqual(await livez(...both), ["request 192.0.2.7"])
  assert.deepEqual(await livez("Forwarded: for=192.0.2.7"), [
    "proxy.other_header 127.0.0.1",
    "request 127.0.0.1",
  ])
  assert.deepEqual(await livez("Forwarded: for=192.0.2.7"), ["request 127.0.0.1"])
})

test("listen() judges each request of a connection by its own headers", async (t) => {
  const { clientsOfEach } = await startBehind(t, "127.0.0.1")
  const lines = ["192.0.2.1", "192.0.2.2", "x"].map((address) => `X-Forwarded-For: ${address}`)
  assert.deepEqual(await clientsOfEach(lines), ["192.0.2.1", "192.0.2.2", "127.0.0.1"])
})

test("listen() logs the client of what it refuses itself, once the head is read", async (t) => {
  const { clientsOf } = await startBehind(t, "127.0.0.1")
  const from = "X-Forwarded-For: 192.0.2.7"
  const login = "POST /login HTTP/1.1"
  assert.deepEqual(await clientsOf(login, [from, "Content-Length: 16385"]), [
    "request.refused 192.0.2.7",
  ])
  const early = [from, "Content-Length: 1", "Expect: 100-continue"]
  assert.deepEqual(await clientsOf("POST /nothing HTTP/1.1", early), ["request 192.0.2.7"])
  // A head that is refused says nothing about anybody.
  assert.deepEqual(await clientsOf(login, [from, "Host: b"]), ["request.refused 127.0.0.1"])
  assert.deepEqual(await clientsOf(login, [from, "X"]), ["request.refused 127.0.0.1"])
})

test("listen() unwraps an IPv4 peer of an IPv6 socket: F-10", async (t) => {
  const { livez } = await startBehind(t, "127.0.0.0/8", { host: "::" })
  assert.deepEqual(await livez(), ["request 127.0.0.1"])
  assert.deepEqual(await livez("X-Forwarded-For: 192.0.2.7"), ["request 192.0.2.7"])
})
