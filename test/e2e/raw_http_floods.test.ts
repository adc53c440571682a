// Bodies in very many pieces, on the wire (H-41): they are refused with a message, the rest is not
// read, and other requests are served.

import assert from "node:assert/strict"
import { once } from "node:events"
import { connect } from "node:net"
import { type TestContext, test } from "node:test"
import { setTimeout as wait } from "node:timers/promises"
import { readNetwork } from "../../src/domain/ip_address.ts"
import { json } from "../../src/http/message.ts"
import { checkEveryReply, converse, startTestServer } from "../support/raw_socket.ts"
import { createTestService } from "../support/test_service.ts"

const host = "Host: localhost\r\n"
const isJson = "Content-Type: application/json\r\n"
const credentials = '{"username":"alice","password":"wonderland"}'
const chunked = `POST /login HTTP/1.1\r\n${host}${isJson}Transfer-Encoding: chunked\r\n\r\n`
const declared = `POST /login HTTP/1.1\r\n${host}${isJson}Content-Length: ${credentials.length}\r\n\r\n`
const inChunks = (text: string) => [...text].map((byte) => `1\r\n${byte}\r\n`).join("")
const whole = (text: string) => `${chunked}${inChunks(text)}0\r\n\r\n`
const flood = `${chunked}${inChunks("a".repeat(16_380))}`

async function startService(t: TestContext, floodMillis = 200) {
  const service = await createTestService(t)
  const server = await startTestServer(t, service.app, { limits: { floodMillis } })
  const statusOf = async (sent: string) => {
    const { replies } = await converse(server.port, [sent])
    assert.equal(replies.length, 1)
    const [reply] = replies
    assert.ok(reply)
    checkEveryReply(reply)
    return reply.status
  }
  const reasons = () =>
    server.log.events
      .splice(0)
      .flatMap(({ event, reason }) => (event === "request.refused" ? [reason] : []))
  return { ...server, statusOf, reasons }
}

test("listen() takes a login in chunks of one byte", async (t) => {
  const { statusOf } = await startService(t)
  assert.equal(await statusOf(whole(credentials)), 200)
  assert.equal(await statusOf(whole(credentials.padEnd(256))), 200)
})

test("listen() refuses a body in more than 256 pieces, and closes: H-41", async (t) => {
  const { port, reasons } = await startService(t)
  for (const sent of [
    whole(credentials.padEnd(257)),
    `${chunked}${inChunks("a".repeat(3000))}`,
    // The head says how much comes. The pieces are counted, too.
    `${declared.replace(/Length: \d+/, "Length: 16384")}`,
  ]) {
    const isChunked = sent.includes("chunked")
    const drops = Array.from({ length: isChunked ? 0 : 300 }, () => ["a", 1] as const).flat()
    const { replies, ended } = await converse(port, [sent, ...drops])
    assert.deepEqual(
      replies.map(({ status, body }) => [status, JSON.parse(body)]),
      [[413, { error: "content_too_large", msg: "The body arrived in more than 256 pieces" }]],
    )
    assert.notEqual(ended, "open")
    assert.deepEqual(reasons(), ["too_many_chunks"])
  }
})

test("listen() refuses chunked bodies after a flood, and nothing else: H-41", async (t) => {
  const { statusOf, reasons } = await startService(t, 60_000)
  assert.equal(await statusOf(flood), 413)
  const refused = await Promise.all([flood, whole(credentials)].map(statusOf))
  assert.deepEqual(refused, [503, 503])
  assert.equal(await statusOf(`${declared}${credentials}`), 200)
  assert.equal(await statusOf(`GET /livez HTTP/1.1\r\n${host}\r\n`), 200)
  assert.deepEqual(reasons(), ["too_many_chunks", "chunk_flood", "chunk_flood"])
})

test("listen() takes chunked bodies again a moment after a flood: H-41", async (t) => {
  const { statusOf } = await startService(t)
  assert.equal(await statusOf(flood), 413)
  await wait(250)
  assert.equal(await statusOf(whole(credentials)), 200)
})

test("listen() ends the chunked bodies that are being read when a flood starts: H-41", async (t) => {
  const { port, statusOf, reasons } = await startService(t)
  const begun = async () => {
    const socket = connect({ port, host: "127.0.0.1" }).setEncoding("latin1")
    t.after(() => socket.destroy())
    await once(socket, "connect")
    socket.write(`${chunked}1\r\n{\r\n`)
    return socket
  }
  const sockets = await Promise.all(Array.from({ length: 20 }, begun))
  const unchunked = connect({ port, host: "127.0.0.1" }).setEncoding("latin1")
  unchunked.write(`${declared}${credentials.slice(0, 5)}`)
  await wait(50)
  const answers = sockets.map(async (socket) => String((await once(socket, "data"))[0]))
  assert.equal(await statusOf(flood), 413)
  for (const answer of await Promise.all(answers)) {
    assert.match(answer, /^HTTP\/1\.1 503 .*"error":"temporarily_unavailable"/s)
    assert.match(answer, /\r\nConnection: close\r\n/)
  }
  unchunked.write(credentials.slice(5))
  assert.match(String((await once(unchunked, "data"))[0]), /^HTTP\/1\.1 200 /)
  unchunked.destroy()
  const expected = ["too_many_chunks", ...sockets.map(() => "chunk_flood")]
  assert.deepEqual(reasons().sort(), expected.sort())
})

test("listen() runs nothing that hides in the body that it refuses for a flood", async (t) => {
  const { port, log } = await startService(t, 5000)
  await converse(port, [flood])
  log.takeNames()
  const hidden = `${declared}${credentials}`
  const size = hidden.length.toString(16)
  const sent = `${chunked}${size}\r\n${hidden}\r\n0\r\n\r\n${hidden}`
  for (const steps of [[sent], [chunked, 5, hidden], [chunked, 5, sent, 5, hidden]]) {
    const { replies } = await converse(port, steps, { replies: 2 })
    assert.deepEqual(
      replies.map(({ status }) => status),
      [503],
    )
  }
  assert.ok(log.events.every(({ event }) => event !== "request"))
})

test("listen() keeps a trusted proxy's connection longer, and says for how long: H-01", async (t) => {
  for (const [proxies, timeout, millis] of [
    [[], "timeout=1", 1000],
    [["127.0.0.1"], "timeout=2", 2000],
  ] as const) {
    const { port } = await startTestServer(t, async () => json(200, {}), {
      limits: { keepAliveMillis: 1000, proxyKeepAliveMillis: 2000, checkIntervalMillis: 100 },
      trustedProxies: proxies.flatMap((text) => readNetwork(text) ?? []),
    })
    const socket = connect({ port, host: "127.0.0.1" }).setEncoding("latin1")
    socket.write(`GET /x HTTP/1.1\r\n${host}\r\n`)
    const [text] = await once(socket, "data")
    const startedAt = performance.now()
    assert.match(text, new RegExp(`\r\nKeep-Alive: ${timeout}\r\n`))
    await once(socket.resume(), "close")
    const elapsed = performance.now() - startedAt
    assert.ok(elapsed >= millis && elapsed < millis + 900, `${elapsed} ms`)
  }
})
