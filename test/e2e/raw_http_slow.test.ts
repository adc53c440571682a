// Time and the HTTP server: clients that are slow on purpose (H-30, H-31), with limits
// short enough to wait for, and the drain (H-17).

import assert from "node:assert/strict"
import { once } from "node:events"
import { connect } from "node:net"
import { type TestContext, test } from "node:test"
import { json, type Reply } from "../../src/http/message.ts"
import type { HttpLimits } from "../../src/http/node/limits.ts"
import { checkEveryReply, converse, type Step, startTestServer } from "../support/raw_socket.ts"

const host = "Host: localhost\r\n"
const get = (path: string) => `GET ${path} HTTP/1.1\r\n${host}\r\n`

const limits = {
  headersMillisMax: 200,
  requestMillisMax: 300,
  keepAliveMillis: 100,
  unreadMillisMax: 500,
  checkIntervalMillis: 50,
}

const bigBytes = 32 * 1024 * 1024

/** A server that answers at once, but `/held` and `/big` only when let go, the latter at length. */
async function startServer(t: TestContext, others: Partial<HttpLimits> = {}) {
  const held: (() => void)[] = []
  const server = await startTestServer(
    t,
    async ({ path }): Promise<Reply> => {
      if (path !== "/x") await new Promise<void>((resolve) => held.push(resolve))
      return json(200, { path, filler: path === "/big" ? "x".repeat(bigBytes) : "" })
    },
    { limits: { ...limits, ...others } },
  )
  const waitFor = async (count: number) => {
    while (held.length < count) await new Promise((resolve) => setTimeout(resolve, 2))
  }
  const letGo = () => {
    for (const answer of held) answer()
  }
  return { ...server, waitFor, letGo }
}

const post = `POST /x HTTP/1.1\r\n${host}`
const trickle = (bytes: string): Step[] =>
  [...bytes.repeat(60)].slice(0, 60).flatMap((byte): Step[] => [byte, 25])

const slowClients: readonly (readonly [string, readonly Step[]])[] = [
  ["nothing", []],
  ["half a head", ["GET /x HTTP/1.1\r\nHo"]],
  ["a head, byte by byte", ["GET /x HTTP/1.1\r\n", ...trickle("X: y\r\n")]],
  ["half a body", [`${post}Content-Length: 100\r\n\r\nabc`]],
  ["a body, byte by byte", [`${post}Content-Length: 100\r\n\r\n`, ...trickle("a")]],
  ["chunks, byte by byte", [`${post}Transfer-Encoding: chunked\r\n\r\n`, ...trickle("1\r\na\r\n")]],
  ["half a head after a request", [get("/x"), 50, "GET /x HT"]],
]

for (const [name, steps] of slowClients) {
  test(`listen() gives 408 to a client that sends ${name}, and closes: H-30`, async (t) => {
    const { port, log } = await startServer(t)
    const startedAt = performance.now()
    const { replies, ended } = await converse(port, steps, { replies: 3 })
    assert.ok(performance.now() - startedAt < 1000)
    assert.notEqual(ended, "open")
    const last = replies.at(-1)
    assert.ok(last)
    checkEveryReply(last)
    assert.equal(last.status, 408)
    assert.deepEqual(JSON.parse(last.body), {
      error: "request_timeout",
      msg: "The request took too long to arrive",
    })
    assert.equal(replies.length, steps.includes(50) ? 2 : 1)
    assert.deepEqual(log.takeNames(), ["request.refused"])
  })
}

/** Long enough for what is tested to come first. */
const patient = { unreadMillisMax: 10_000 }

test("listen() keeps an idle connection for its time, and closes it then: H-30", async (t) => {
  const { port, log } = await startServer(t, patient)
  const startedAt = performance.now()
  const { replies, ended } = await converse(port, [get("/x"), 60, get("/x")], { replies: 3 })
  const elapsed = performance.now() - startedAt
  assert.deepEqual(
    replies.map(({ status }) => status),
    [200, 200],
  )
  assert.equal(ended, "closed")
  assert.ok(elapsed >= 60 + limits.keepAliveMillis, `${elapsed} ms`)
  assert.ok(elapsed < patient.unreadMillisMax / 2, `${elapsed} ms`)
  assert.deepEqual(log.takeNames(), [])
})

test("listen() is not kept by blank lines after an answer: H-30", async (t) => {
  const { port } = await startServer(t, patient)
  const lines = Array.from({ length: 200 }, (): Step[] => ["\r\n", 20]).flat()
  const startedAt = performance.now()
  const { replies, ended } = await converse(port, [get("/x"), ...lines], { replies: 2 })
  assert.equal(replies.length, 1)
  assert.notEqual(ended, "open")
  assert.ok(performance.now() - startedAt < 3000)
})

test("listen() closes a connection whose client never reads: H-31", async (t) => {
  const { port, drain, waitFor, letGo } = await startServer(t)
  const socket = connect({ port, host: "127.0.0.1" }).pause()
  socket.on("error", () => {})
  socket.write(get("/big"))
  await waitFor(1)
  letGo()
  const startedAt = performance.now()
  // Ends when the connection does: after twice the idle time, and long before its own.
  const drainSeconds = 20
  await drain(drainSeconds)
  assert.ok(performance.now() - startedAt < (drainSeconds / 2) * 1000)
  let bytes = 0
  socket.on("data", (chunk) => {
    bytes += chunk.byteLength
  })
  socket.resume()
  await once(socket, "close")
  assert.ok(bytes < bigBytes, "The whole answer came")
})

test("listen() leaves a client alone that reads slowly: H-31", async (t) => {
  const { port, waitFor, letGo } = await startServer(t)
  const socket = connect({ port, host: "127.0.0.1" })
  socket.write(get("/big"))
  await waitFor(1)
  letGo()
  const startedAt = performance.now()
  let bytes = 0
  let pausedAt = 0
  for await (const chunk of socket) {
    bytes += chunk.byteLength
    if (bytes >= bigBytes) break
    if (bytes - pausedAt < bigBytes / 16) continue
    pausedAt = bytes
    await new Promise((resolve) => setTimeout(resolve, 80))
  }
  assert.ok(bytes >= bigBytes, `Only ${bytes} bytes came`)
  assert.ok(performance.now() - startedAt > 2 * limits.unreadMillisMax)
})

test("drain() answers what is in flight, pipelined too, and takes no connections", async (t) => {
  const { port, drain, waitFor, letGo } = await startServer(t)
  const asked = converse(port, [get("/held") + get("/held")])
  await waitFor(2)
  let isDrained = false
  const drained = drain(5).then(() => {
    isDrained = true
  })
  const refused = await converse(port, [get("/x")])
  assert.deepEqual(refused, { replies: [], ended: "reset" })
  assert.equal(isDrained, false)
  letGo()
  const { replies, ended } = await asked
  assert.deepEqual(
    replies.map(({ status, headers }) => [status, headers.get("connection")]),
    [
      [200, "keep-alive"],
      [200, "close"],
    ],
  )
  assert.equal(ended, "closed")
  await drained
})

test("drain() waits for requests of clients that have gone, and no longer than its time", async (t) => {
  for (const isAnswered of [true, false]) {
    const { port, drain, waitFor, letGo, log } = await startServer(t)
    const asked = converse(port, [get("/held"), 50, "rst"])
    await waitFor(1)
    await asked
    const startedAt = performance.now()
    let isDrained = false
    const drained = drain(isAnswered ? 5 : 0.2).then(() => {
      isDrained = true
    })
    await new Promise((resolve) => setTimeout(resolve, 100))
    assert.equal(isDrained, false)
    if (isAnswered) letGo()
    await drained
    assert.ok(performance.now() - startedAt < 1000)
    assert.deepEqual(log.takeNames(), [])
  }
})

test("drain() waits for no connection that is idle, fresh or not", async (t) => {
  const { port, drain } = await startServer(t)
  const fresh = connect({ port, host: "127.0.0.1" })
  const used = connect({ port, host: "127.0.0.1" })
  const begun = connect({ port, host: "127.0.0.1" })
  await Promise.all([fresh, used, begun].map((socket) => once(socket, "connect")))
  begun.write("GET /x HT")
  used.write(get("/x"))
  await once(used, "data")
  const sockets = [fresh, used, begun].map((socket) => socket.resume().on("error", () => {}))
  const closed = Promise.all(
    sockets.map((socket) => new Promise((resolve) => socket.once("close", resolve))),
  )
  const startedAt = performance.now()
  await drain(5)
  await closed
  assert.ok(performance.now() - startedAt < 1000)
})

test("drain() ends after its time, though a client still waits", async (t) => {
  const { port, drain, waitFor } = await startServer(t)
  const asked = converse(port, [get("/held")])
  const half = converse(port, ["GET /x HT"])
  await waitFor(1)
  const startedAt = performance.now()
  await drain(0.2)
  assert.ok(performance.now() - startedAt < 1000)
  assert.deepEqual((await asked).replies, [])
  assert.notEqual((await half).ended, "open")
})
