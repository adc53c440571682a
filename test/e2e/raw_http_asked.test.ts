// Proxies that ask about other requests, on the wire: the head of the other request is passed on,
// with the body that it announces, and no body follows. nginx gets 401 or 403 for each refusal.

import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import { createApp } from "../../src/app.ts"
import { trustedProxies as readProxies } from "../../src/config/network.ts"
import { anyone, trustedProxies, withBody } from "../../src/http/guard.ts"
import { json } from "../../src/http/message.ts"
import { httpLimits } from "../../src/http/node/limits.ts"
import type { RouteGroup } from "../../src/http/router.ts"
import type { RouteParts } from "../../src/routes.ts"
import { createCollectedLog } from "../support/collected_log.ts"
import { converse, startTestServer, type TestServerOptions } from "../support/raw_socket.ts"

const host = "Host: app.example\r\n"
const next = `GET /next HTTP/1.1\r\n${host}\r\n`

/** A server whose every answer says what it was asked. */
async function start(t: TestContext, options: TestServerOptions = {}) {
  const asked: string[] = []
  const refused: string[] = []
  const handler = ({ method, path, query, headers }: Parameters<typeof note>[0]) =>
    note({ method, path, query, headers })
  function note(head: {
    readonly method: string
    readonly path: string
    readonly query: string
    readonly headers: ReadonlyMap<string, string>
  }) {
    asked.push(`${head.method} ${head.path}`)
    return json(200, {
      path: head.path,
      query: head.query,
      long: head.headers.get("x-long")?.length,
    })
  }
  const by = (asker: "nginx" | "proxy") =>
    trustedProxies(handler, { asker, refused: ({ path }) => void refused.push(path) })
  const group: RouteGroup = [
    ["ANY", "/verify/nginx", by("nginx")],
    ["ANY", "/verify/envoy/{rest*}", by("proxy")],
    ["ANY", "/next", anyone(handler)],
    ["POST", "/taken", anyone(withBody(({ body }) => json(200, { length: body.byteLength })))],
  ]
  const log = createCollectedLog()
  const app = createApp({
    ...({ sessions: {}, register: null, issuer: null } as unknown as RouteParts),
    ...{ allowedHosts: ["login.example"], corsOrigins: ["https://app.example"], log: log.log },
    browser: { groups: () => [group], isProtectedHost: (name) => name === "app.example" },
  })
  const { limits, ...others } = options
  const server = await startTestServer(t, app, {
    ...{ log, trustedProxies: readProxies("127.0.0.1"), ...others },
    limits: { forwardedHeadBytesMax: 40 * 1024, ...limits },
  })
  return { ...server, asked, refused }
}

const methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "PROPFIND", "QUERY"]
const bodies = [
  "Content-Length: 20000\r\n",
  "Content-Length: 5\r\n",
  "Transfer-Encoding: chunked\r\n",
]

for (const announced of bodies) {
  const name = announced.trim()
  test(`listen() answers a proxy from the head, whatever body is announced: ${name}`, async (t) => {
    const { port, asked } = await start(t)
    for (const method of methods) {
      const head = `${method} /verify/nginx HTTP/1.1\r\n${host}${announced}\r\n`
      const { replies, ended } = await converse(port, [head, 20, next], {
        ...{ replies: 2, head: method === "HEAD" },
      })
      assert.deepEqual(
        replies.map(({ status, headers }) => [status, headers.get("connection")]),
        [[200, "close"]],
        method,
      )
      assert.notEqual(ended, "open", method)
    }
    assert.deepEqual(
      asked,
      methods.map((method) => `${method} /verify/nginx`),
    )
  })

  test(`listen() reads no body, and no bytes after the head: ${name}`, async (t) => {
    const { port, asked } = await start(t)
    // In one packet, so that all has arrived before the answer.
    for (const path of ["/verify/nginx", "/verify/envoy/a"]) {
      const head = `POST ${path} HTTP/1.1\r\n${host}${announced}\r\n`
      for (const rest of [
        next,
        `${next}${next}`,
        `AAAAA${next}`,
        `5\r\nAAAAA\r\n0\r\n\r\n${next}`,
      ]) {
        asked.length = 0
        const { replies } = await converse(port, [`${head}${rest}`, 20, next], { replies: 2 })
        assert.deepEqual([replies.map(({ status }) => status), asked], [[200], [`POST ${path}`]])
      }
    }
  })
}

test("listen() keeps the connection of a proxy that announces no body", async (t) => {
  const { port, asked } = await start(t)
  const one = (more: string) => `POST /verify/nginx HTTP/1.1\r\n${host}${more}\r\n`
  const heads = [one(""), one("Content-Length: 0\r\n"), one("Content-Encoding: gzip\r\n")]
  const { replies } = await converse(port, heads, { replies: 4 })
  assert.deepEqual(
    replies.map(({ headers }) => headers.get("connection")),
    Array(3).fill("keep-alive"),
  )
  assert.equal(asked.length, 3)
})

test("listen() never tells a proxy to continue: nginx would take that for the answer", async (t) => {
  const { port } = await start(t)
  for (const length of ["", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n"]) {
    const head = `PUT /verify/nginx HTTP/1.1\r\n${host}Expect: 100-continue\r\n${length}\r\n`
    const { replies } = await converse(port, [head], { replies: 2 })
    assert.deepEqual(
      replies.map(({ status }) => status),
      [200],
    )
  }
})

test("listen() takes targets of 8 KiB and headers of 32 KiB where proxies ask", async (t) => {
  const { port } = await start(t)
  const prefix = "/verify/envoy/"
  const target = `${prefix}${"a".repeat(8192 - prefix.length)}`
  const long = "v".repeat(32_000)
  const { replies } = await converse(port, [
    `GET ${target} HTTP/1.1\r\n${host}X-Long: ${long}\r\n\r\n`,
  ])
  assert.equal(replies[0]?.status, 200)
  const said = JSON.parse(replies[0].body)
  assert.deepEqual([said.path, said.long], [target, 32_000])
})

/** A head of this size, as Node counts it: without what separates names and values. */
function headOf(path: string, size: number): string {
  const counted = `${path}Hostlogin.exampleX-Long`.length
  const long = "v".repeat(size - counted)
  return `GET ${path} HTTP/1.1\r\nHost: login.example\r\nX-Long: ${long}\r\n\r\n`
}

/** The sizes at which Node itself refuses, and those at which head.ts does. */
for (const [path, size, status] of [
  ["/next", httpLimits.headBytesMax - 1, 200],
  ["/next", httpLimits.headBytesMax, 431],
  ["/next", 39_000, 431],
  ["/next", 50_000, 431],
  ["/verify/envoy/a", 40 * 1024 - 1, 200],
  ["/verify/envoy/a", 40 * 1024, 431],
  ["/verify/envoy/a", 50_000, 431],
  ["/verify/nginx", 40 * 1024, 403],
  ["/verify/nginx", 60_000, 403],
] as const) {
  test(`listen() answers a head of ${size} bytes at ${path} with ${status}`, async (t) => {
    const { port } = await start(t)
    const { replies, ended } = await converse(port, [headOf(path, size)])
    assert.deepEqual(
      replies.map((reply) => reply.status),
      [status],
    )
    if (status !== 200) assert.notEqual(ended, "open")
  })
}

test("listen() refuses a head of 16 KiB in the same way by its own count as by Node's", async (t) => {
  for (const forwardedHeadBytesMax of [null, 40 * 1024]) {
    const { port } = await start(t, { limits: { forwardedHeadBytesMax } })
    const statuses = []
    for (const size of [httpLimits.headBytesMax - 1, httpLimits.headBytesMax]) {
      const { replies } = await converse(port, [headOf("/next", size)])
      statuses.push(replies[0]?.status)
    }
    assert.deepEqual(statuses, [200, 431])
  }
})

const nginx = "/verify/nginx"
const faults: readonly (readonly [name: string, head: string, elsewhere: number])[] = [
  ["two hosts", `GET # HTTP/1.1\r\n${host}${host}\r\n`, 400],
  ["no host", "GET # HTTP/1.1\r\n\r\n", 400],
  ["a malformed host", "GET # HTTP/1.1\r\nHost: a b\r\n\r\n", 400],
  ["another host", "GET # HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421],
  [
    "two authorizations",
    `GET # HTTP/1.1\r\n${host}Authorization: a\r\nAuthorization: b\r\n\r\n`,
    400,
  ],
  ["two types", `GET # HTTP/1.1\r\n${host}Content-Type: a\r\ncontent-type: b\r\n\r\n`, 400],
  ["two lengths", `GET # HTTP/1.1\r\n${host}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`, 400],
  [
    "a length and chunks",
    `GET # HTTP/1.1\r\n${host}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`,
    400,
  ],
  ["a malformed length", `GET # HTTP/1.1\r\n${host}Content-Length: x\r\n\r\n`, 400],
  ["another coding", `POST # HTTP/1.1\r\n${host}Transfer-Encoding: gzip, chunked\r\n\r\n`, 400],
  ["an expectation", `GET # HTTP/1.1\r\n${host}Expect: 200-ok\r\n\r\n`, 417],
  ["a long target", `GET #?${"a".repeat(8192)} HTTP/1.1\r\n${host}\r\n`, 414],
  ["101 headers", `GET # HTTP/1.1\r\n${host}${"a: b\r\n".repeat(100)}\r\n`, 431],
  ["HTTP/1.2", `GET # HTTP/1.2\r\n${host}\r\n`, 400],
  ["a header without a name", `GET # HTTP/1.1\r\n${host}: a\r\n\r\n`, 400],
  ["a control character", `GET # HTTP/1.1\r\n${host}X: a\u0001b\r\n\r\n`, 400],
  ["a bare line feed", `GET # HTTP/1.1\r\n${host}X: a\nY: b\r\n\r\n`, 400],
  ["a folded header", `GET # HTTP/1.1\r\n${host}X: a\r\n b\r\n\r\n`, 400],
]

for (const [name, head, elsewhere] of faults) {
  test(`listen() answers nginx 401 or 403 for ${name}, and other proxies its own status`, async (t) => {
    const { port, asked, log } = await start(t)
    for (const [path, status] of [
      [nginx, 403],
      ["/verify/envoy/a", elsewhere],
    ] as const) {
      log.events.splice(0)
      const { replies } = await converse(port, [head.replace("#", path)])
      assert.deepEqual(
        replies.map((reply) => reply.status),
        [status],
        path,
      )
      const logged = log.events.map(({ event, status: said }) => `${event} ${said}`)
      const event = elsewhere === 421 ? "request" : "request.refused"
      assert.ok(logged.includes(`${event} ${status}`), logged.join())
    }
    assert.deepEqual(asked, [])
  })
}

test("listen() answers nginx 403 for a head that it read in part", async (t) => {
  const { port } = await start(t)
  const long = headOf(nginx, 60_000)
  const cut = await converse(port, [long.slice(0, 9_000), 30, long.slice(9_000)])
  assert.equal(cut.replies[0]?.status, 403)
  const start1 = `GET ${nginx} HTTP/1.1\r\n${host}X: `
  const { replies } = await converse(port, [start1, 30, "a\u0001b\r\n\r\n"])
  assert.equal(replies[0]?.status, 403)
  const stranger = await start(t, { trustedProxies: [] })
  const answered = await converse(stranger.port, [start1, 30, "a\u0001b\r\n\r\n"])
  assert.equal(answered.replies[0]?.status, 400)
})

test("listen() tells failures from refusals, for nginx too", async (t) => {
  const { port } = await start(t, { limits: { heldBytesMax: 1000 } })
  const { replies } = await converse(port, [`GET ${nginx} HTTP/1.1\r\n${host}\r\n`])
  assert.equal(replies[0]?.status, 503)
})

test("listen() lets nobody but trusted proxies ask", async (t) => {
  const { port, asked, refused } = await start(t, { trustedProxies: readProxies("10.0.0.0/8") })
  for (const path of [nginx, "/verify/envoy/a"]) {
    const { replies } = await converse(port, [`GET ${path} HTTP/1.1\r\n${host}\r\n`])
    assert.equal(replies[0]?.status, 403)
    assert.equal(JSON.parse(replies[0].body).error, "access_denied")
  }
  assert.deepEqual([asked, refused], [[], [nginx, "/verify/envoy/a"]])
})

test("listen() takes the hosts of apps where proxies ask, and nowhere else", async (t) => {
  const { port } = await start(t)
  for (const [path, name, status] of [
    [nginx, "app.example", 200],
    [nginx, "login.example", 200],
    ["/next", "login.example", 200],
    ["/next", "app.example", 421],
    ["/taken", "app.example", 421],
  ] as const) {
    const { replies } = await converse(port, [`GET ${path} HTTP/1.1\r\nHost: ${name}\r\n\r\n`])
    assert.equal(replies[0]?.status, status, `${path} ${name}`)
  }
})

test("listen() says nothing about origins where proxies ask", async (t) => {
  const { port } = await start(t)
  const head = `GET ${nginx} HTTP/1.1\r\n${host}Origin: https://app.example\r\n\r\n`
  const { replies } = await converse(port, [head])
  assert.equal(replies[0]?.headers.get("access-control-allow-origin"), undefined)
})
