// What a connection may carry and how it ends: pipelines, aborts, expectations, upgrades, and
// headers that mean nothing here (H-08, H-09, H-22, H-24 to H-28, H-33).

import assert from "node:assert/strict"
import { connect } from "node:net"
import { type TestContext, test } from "node:test"
import { json, type Reply } from "../../src/http/message.ts"
import {
  type Conversation,
  checkEveryReply,
  converse,
  type Step,
  startTestServer,
} from "../support/raw_socket.ts"
import { createTestService } from "../support/test_service.ts"

const host = "Host: localhost\r\n"
const get = (path: string, lines = "") => `GET ${path} HTTP/1.1\r\n${host}${lines}\r\n`
const livez = get("/livez")
const credentials = '{"username":"alice","password":"wonderland"}'
const loginLines = `Content-Type: application/json\r\nContent-Length: ${credentials.length}\r\n`
const logIn = `POST /login HTTP/1.1\r\n${host}${loginLines}\r\n${credentials}`

async function startService(t: TestContext) {
  const service = await createTestService(t)
  const token = await service.logIn("alice", "wonderland")
  const server = await startTestServer(t, service.app)
  const check = async (
    steps: readonly Step[],
    statuses: readonly number[],
    end: Conversation["ended"],
  ) => {
    const { replies, ended } = await converse(server.port, steps, { replies: statuses.length })
    assert.deepEqual([replies.map(({ status }) => status), ended], [statuses, end])
    for (const reply of replies) if (reply.status !== 100) checkEveryReply(reply)
  }
  return { ...server, token, check }
}

/** A server whose answers are held back until they are let go. */
async function startHeldServer(t: TestContext, limits = {}) {
  const held: (() => void)[] = []
  const arrived: string[] = []
  const server = await startTestServer(
    t,
    async ({ path }): Promise<Reply> => {
      arrived.push(path)
      if (path.startsWith("/held")) await new Promise<void>((resolve) => held.push(resolve))
      return json(200, { path })
    },
    { limits },
  )
  const letGo = () => {
    for (const answer of held.splice(0)) answer()
  }
  const waitFor = async (count: number) => {
    while (arrived.length < count) await new Promise((resolve) => setTimeout(resolve, 2))
  }
  return { ...server, arrived, letGo, waitFor }
}

test("listen() answers requests on one connection, whole or in single bytes", async (t) => {
  const { check, token } = await startService(t)
  const mine = get("/me", `Authorization: Bearer ${token}\r\n`)
  await check([livez, mine, logIn, livez], [200, 200, 200, 200], "open")
  await check([...livez], [200], "open")
  await check([livez, "fin"], [200], "closed")
  const lines = "Connection: close\r\n"
  await check([get("/livez", lines) + livez], [200], "closed")
  await check([`GET /livez HTTP/1.0\r\n${host}\r\n`], [200], "closed")
})

test("listen() closes a connection after its last request, and runs none beyond", async (t) => {
  const { port, arrived } = await startHeldServer(t, { requestsPerSocketMax: 3 })
  const sent = ["/1", "/2", "/3", "/4", "/5"].map((path) => get(path)).join("")
  const { replies, ended } = await converse(port, [sent])
  assert.deepEqual(
    replies.map(({ status }) => status),
    [200, 200, 200],
  )
  assert.deepEqual(
    replies.map(({ headers }) => headers.get("connection")),
    ["keep-alive", "keep-alive", "close"],
  )
  assert.equal(ended, "closed")
  assert.deepEqual(arrived, ["/1", "/2", "/3"])
})

test("listen() answers first, then refuses what follows a body: H-09", async (t) => {
  const { check, log } = await startService(t)
  await check([`${logIn}garbage\r\n\r\n`], [200, 400], "closed")
  log.takeNames()
  await check([logIn, "gar", 1, "bage", 1, "\0", 1, livez], [200, 400], "closed")
  assert.deepEqual(log.takeNames(), ["request.refused"])
})

test("listen() refuses broken bytes once, however many follow: H-09", async (t) => {
  const { port, letGo, waitFor, log } = await startHeldServer(t)
  const more = Array.from({ length: 30 }, (_, at): Step => (at % 2 === 0 ? "x\0" : 1))
  const conversation = converse(port, [get("/held"), "garbage\0\r\n\r\n", ...more])
  await waitFor(1)
  setTimeout(letGo, 60)
  const { replies, ended } = await conversation
  assert.deepEqual(
    replies.map(({ status }) => status),
    [200, 400],
  )
  assert.equal(ended, "closed")
  assert.deepEqual(log.takeNames(), ["request.refused"])
})

test("listen() survives CONNECT and a reset while an answer is owed: H-22", async (t) => {
  const { port, letGo, waitFor } = await startHeldServer(t)
  const tunnel = "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n"
  const reset = converse(port, [get("/held") + tunnel, 20, "rst"])
  await waitFor(1)
  await reset
  letGo()
  const owed = converse(port, [get("/held") + tunnel])
  await waitFor(2)
  letGo()
  const { replies, ended } = await owed
  assert.deepEqual(
    replies.map(({ status }) => status),
    [200, 405],
  )
  assert.equal(replies[1]?.headers.get("allow"), "")
  assert.equal(ended, "closed")
})

test("listen() survives clients that leave in a head, in a body, before an answer: H-33", async (t) => {
  const { port, arrived, letGo, waitFor, log } = await startHeldServer(t)
  const torn = `POST /x HTTP/1.1\r\n${host}Content-Length: 10\r\n\r\nabc`
  const chunked = `POST /x HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n5\r\nab`
  const leaving = [
    converse(port, ["GET /li", 5, "rst"]),
    converse(port, [torn, 5, "rst"]),
    converse(port, [chunked, 5, "rst"]),
    converse(port, [get("/held1") + get("/held2"), 20, "rst"]),
  ]
  await waitFor(2)
  await Promise.all(leaving)
  letGo()
  assert.deepEqual(arrived, ["/held1", "/held2"])
  const { replies } = await converse(port, [get("/x")])
  assert.deepEqual(
    replies.map(({ status }) => status),
    [200],
  )
  assert.deepEqual(
    log.takeNames().filter((name) => name !== "request.refused"),
    [],
  )
})

test("listen() refuses a body that the client ends too early: H-33", async (t) => {
  const { check } = await startService(t)
  const body = (lines: string, bytes: string) =>
    `POST /login HTTP/1.1\r\n${host}${lines}\r\n${bytes}`
  await check([body("Content-Length: 10\r\n", "abc"), "fin"], [400], "closed")
  const chunked = "Transfer-Encoding: chunked\r\n"
  await check([body(chunked, "5\r\nab"), "fin"], [400], "closed")
  await check(["GET /li", "fin"], [400], "closed")
})

test("listen() answers 413 to a client that sends 1 MB before it reads: H-39", async (t) => {
  const service = await createTestService(t)
  const { port } = await startTestServer(t, service.app, {
    limits: { lingerMillisMax: 1000 },
  })
  const big = "a".repeat(1_000_000)
  for (const lines of [`Content-Length: ${big.length}\r\n`, "Transfer-Encoding: chunked\r\n"]) {
    const socket = connect({ port, host: "127.0.0.1" })
    socket.pause()
    const bytes = lines.startsWith("T") ? `${big.length.toString(16)}\r\n${big}\r\n0\r\n\r\n` : big
    await new Promise((resolve) =>
      socket.write(`POST /login HTTP/1.1\r\n${host}${lines}\r\n${bytes}`, resolve),
    )
    let received = ""
    for await (const chunk of socket) received += chunk
    assert.match(received, /^HTTP\/1\.1 413 .*\{"error":"content_too_large",/s)
  }
})

test("listen() sends 100 Continue only to a client that waits for it: H-26", async (t) => {
  const { check } = await startService(t)
  const waits = loginLines.concat("Expect: 100-continue\r\n")
  const one = `POST /login HTTP/1.1\r\n${host}${waits}\r\n`
  await check([one, 20, credentials], [100, 200], "open")
  const old = `POST /login HTTP/1.0\r\n${host}${waits}\r\n`
  await check([old, 5, credentials], [200], "closed")
  await check([logIn], [200], "open")
})

test("listen() answers a client that waits for 100 Continue and has nothing to send: H-26", async (t) => {
  const { check, log, token } = await startService(t)
  const waits = "Expect: 100-continue\r\n"
  for (const lines of [waits, `${waits}Content-Length: 0\r\n`]) {
    await check([get("/livez", lines) + livez], [100, 200, 200], "open")
    await check([get("/me", `${lines}Authorization: Bearer ${token}\r\n`)], [100, 200], "open")
    await check([get("/me", `${lines}Authorization: Bearer x\r\n`)], [100, 401], "open")
    const empty = `POST /login HTTP/1.1\r\n${host}Content-Type: application/json\r\n`
    await check([`${empty}${lines}\r\n`], [100, 400], "open")
  }
  assert.deepEqual(log.takeNames(), [])
})

test("listen() says how long a connection is kept, unless it ends", async (t) => {
  const { port } = await startService(t)
  const kept: readonly (readonly [request: string, headers: readonly (string | undefined)[]])[] = [
    [livez, ["keep-alive", "timeout=5"]],
    [get("/livez", "Connection: close\r\n"), ["close", undefined]],
    [`GET /livez HTTP/1.0\r\n${host}Connection: keep-alive\r\n\r\n`, ["keep-alive", "timeout=5"]],
    [`OPTIONS /livez HTTP/1.0\r\n${host}Connection: keep-alive\r\n\r\n`, ["close", undefined]],
  ]
  for (const [request, expected] of kept) {
    const { replies } = await converse(port, [request])
    const [reply] = replies
    assert.deepEqual(
      ["connection", "keep-alive"].map((name) => reply?.headers.get(name)),
      expected,
      request,
    )
  }
})

const ignoredLines: readonly (readonly [name: string, lines: string])[] = [
  ["H-24 an override of the method", "X-HTTP-Method-Override: GET\r\n"],
  ["H-27 two cookies", "Cookie: a=1\r\nCookie: a=2\r\n"],
  ["H-27 addresses", "X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-For: ::1\r\n"],
  ["H-28 names of a prototype", "__proto__: x\r\nconstructor: x\r\ntoString: x\r\n"],
  ["X-01 identity headers", "X-Forwarded-User: alice\r\nRemote-User: alice\r\n"],
  ["X-03 forwarded paths", "X-Original-URL: /livez\r\nX-Rewrite-URL: /livez\r\n"],
]

for (const [name, lines] of ignoredLines) {
  test(`listen() ignores ${name}`, async (t) => {
    const { check } = await startService(t)
    await check([get("/protected", lines)], [401], "open")
    await check([get("/livez", lines), livez], [200, 200], "open")
  })
}

test("listen() ignores trailers, also a token in them: H-08", async (t) => {
  const { check, token } = await startService(t)
  const chunks = `0\r\nAuthorization: Bearer ${token}\r\nHost: evil\r\n\r\n`
  const trailed = get("/protected", "Transfer-Encoding: chunked\r\nTrailer: Authorization\r\n")
  await check([trailed + chunks + livez], [401, 200], "open")
})

for (const [protocol, lines] of [
  ["websocket", "Connection: Upgrade\r\nUpgrade: websocket\r\n"],
  ["h2c", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n"],
] as const) {
  // Never 101. Node's parser drops what follows in the same packet, so the connection ends.
  test(`listen() answers in HTTP/1.1 a client that asks for ${protocol}, and closes: H-25`, async (t) => {
    const { check } = await startService(t)
    await check([get("/protected", lines)], [401], "closed")
    await check([get("/livez", lines) + livez], [200], "closed")
    await check([get("/livez", lines), livez], [200], "closed")
    await check([logIn.replace("Content-Type", `${lines}Content-Type`)], [200], "closed")
  })
}

test("listen() closes the connection when an answer can't be written", async (t) => {
  const { port, log } = await startTestServer(t, async ({ path }) =>
    json(200, {}, path === "/bad" ? { "X-Bad": "a\r\nb" } : {}),
  )
  const { replies } = await converse(port, [get("/bad")])
  assert.deepEqual(replies, [])
  assert.deepEqual(log.takeNames(), ["server.failed"])
  assert.equal((await converse(port, [get("/x")])).replies[0]?.status, 200)
})
