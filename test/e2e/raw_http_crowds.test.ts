// Many clients at a time, and clients that leave (H-32, H-33): the others are served.

import assert from "node:assert/strict"
import { once } from "node:events"
import { connect, type Socket } from "node:net"
import { test } from "node:test"
import { trustedProxies } from "../../src/config/network.ts"
import { json } from "../../src/http/message.ts"
import { requestBytes } from "../../src/http/node/held_memory.ts"
import { converse, startTestServer } from "../support/raw_socket.ts"
import { createTestService } from "../support/test_service.ts"

const host = "Host: localhost\r\n"
const credentials = '{"username":"alice","password":"wonderland"}'
const lines = `Content-Type: application/json\r\nContent-Length: ${credentials.length}\r\n`
const logIn = `POST /login HTTP/1.1\r\n${host}${lines}\r\n${credentials}`

async function connected(port: number): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1" }).on("error", () => {})
  await once(socket, "connect")
  return socket
}

test("listen() takes a login while 1000 connections say nothing: H-32", async (t) => {
  const service = await createTestService(t)
  const { port } = await startTestServer(t, service.app)
  const idle = await Promise.all(Array.from({ length: 1000 }, () => connected(port)))
  const { replies } = await converse(port, [logIn])
  assert.deepEqual(
    replies.map(({ status }) => status),
    [200],
  )
  for (const socket of idle) socket.destroy()
})

test("listen() answers 2000 pipelined requests once each, in order: H-32", async (t) => {
  const { port } = await startTestServer(t, async ({ path }) => json(200, { path }))
  const paths = Array.from({ length: 2000 }, (_, at) => `/${at}`)
  const sent = paths.map((path) => `GET ${path} HTTP/1.1\r\n${host}\r\n`).join("")
  const pipelined = converse(port, [sent], { replies: 2000 })
  const other = await converse(port, [`GET /other HTTP/1.1\r\n${host}\r\n`])
  assert.equal(other.replies[0]?.body, '{"path":"/other"}\n')
  const { replies } = await pipelined
  assert.deepEqual(
    replies.map(({ body }) => JSON.parse(body).path),
    paths,
  )
})

test("listen() survives clients that leave while their password is checked: H-33", async (t) => {
  const service = await createTestService(t)
  const { port, log } = await startTestServer(t, service.app, { log: service.log })
  const loggedIn = () => log.events.filter(({ event }) => event === "request").length
  const sockets = await Promise.all(Array.from({ length: 20 }, () => connected(port)))
  for (const socket of sockets) socket.write(logIn)
  // By then they are in the queue or in the works.
  await new Promise((resolve) => setTimeout(resolve, 1))
  for (const [at, socket] of sockets.entries()) {
    if (at % 2 === 0) socket.resetAndDestroy()
    else socket.destroy()
  }
  const { replies } = await converse(port, [logIn])
  assert.equal(replies[0]?.status, 200)
  const before = loggedIn()
  assert.ok(before >= 1)
  assert.equal((await converse(port, [logIn])).replies[0]?.status, 200)
  assert.ok(!log.takeNames().some((name) => /failed$/.test(name)))
})

test("listen() cuts off only the client that pipelines more than there is room for: H-31", async (t) => {
  let release: () => void = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  const { port, log } = await startTestServer(
    t,
    async ({ path }) => {
      if (path === "/slow") await released
      return json(200, { path })
    },
    { limits: { heldBytesMax: 200 * requestBytes } },
  )
  const greedy = await connected(port)
  const cut = once(greedy, "close")
  greedy.resume().write(`GET /slow HTTP/1.1\r\n${host}\r\n`.repeat(200))
  await cut
  assert.deepEqual(
    log.events.filter(({ event }) => event === "connection.cut").map(({ client }) => client),
    ["127.0.0.1"],
  )
  // Its requests are still under way, so there is room for nobody who wants several answers.
  const other = await converse(port, [`GET /other HTTP/1.1\r\n${host}\r\n`])
  assert.equal(other.replies[0]?.body, '{"path":"/other"}\n')
  release()
  const later = `GET /later HTTP/1.1\r\n${host}\r\n`.repeat(40)
  assert.equal((await converse(port, [later], { replies: 40 })).replies.length, 40)
})

const get = (path: string) => `GET ${path} HTTP/1.1\r\n${host}\r\n`
const few = { connectionsMax: 32, connectionsBound: "open_files", checkIntervalMillis: 50 } as const

/** How many of these are closed by now, or a moment later. */
async function closedOf(sockets: readonly Socket[]): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 50))
  return sockets.filter(({ destroyed }) => destroyed).length
}

test("listen() closes idle connections for new ones when there are too many: S-29", async (t) => {
  const { port, log } = await startTestServer(t, async ({ path }) => json(200, { path }), {
    limits: few,
  })
  const idle: Socket[] = []
  for (let at = 0; at < 40; at += 1) idle.push((await connected(port)).resume())
  assert.equal((await converse(port, [get("/one")])).replies[0]?.status, 200)
  // Of 32 two are left free: the oldest went.
  const closed = await closedOf(idle)
  assert.ok(closed >= 9 && closed <= 12, `${closed}`)
  assert.ok(idle.slice(0, closed).every(({ destroyed }) => destroyed))
  await new Promise((resolve) => setTimeout(resolve, 100))
  const told = log.events.filter(({ event }) => event === "connections.full")
  assert.equal(told.length, 1)
  const [{ level, closed: number, refused, most, bound, message } = {}] = told
  assert.deepEqual([level, refused, most, bound], ["warn", 0, 32, "open_files"])
  assert.ok(Number(number) >= 1)
  assert.match(String(message), /Raise the limit of open files/)
  for (const socket of idle) socket.destroy()
})

test("listen() closes connections without a request first, then idle ones, those of proxies last: S-29", async (t) => {
  const { port } = await startTestServer(t, async ({ path }) => json(200, { path }), {
    limits: few,
    trustedProxies: trustedProxies("127.0.0.2"),
  })
  const asked = async (localAddress: string) => {
    const socket = connect({ port, host: "127.0.0.1", localAddress }).on("error", () => {})
    socket.write(get("/x"))
    await once(socket, "data")
    return socket.resume()
  }
  const proxied = await Promise.all(Array.from({ length: 5 }, () => asked("127.0.0.2")))
  const kept = await Promise.all(Array.from({ length: 20 }, () => asked("127.0.0.1")))
  const silent = await Promise.all(Array.from({ length: 5 }, () => connected(port)))
  for (const socket of silent) socket.resume()
  for (let at = 0; at < 5; at += 1) kept.push(await asked("127.0.0.1"))
  assert.equal(await closedOf(silent), 5)
  assert.equal(await closedOf([...kept, ...proxied]), 0)
  for (let at = 0; at < 10; at += 1) kept.push(await asked("127.0.0.1"))
  assert.ok((await closedOf(kept)) >= 9)
  assert.equal(await closedOf(proxied), 0)
  for (const socket of [...proxied, ...kept]) socket.destroy()
})

test("listen() refuses connections where none is idle, and logs their number: S-29", async (t) => {
  const held: (() => void)[] = []
  const { port, log } = await startTestServer(
    t,
    async ({ path }) => {
      if (path === "/held") await new Promise<void>((resolve) => held.push(resolve))
      return json(200, { path })
    },
    { limits: few },
  )
  const busy: Socket[] = []
  while (busy.length < 32) {
    const socket = (await connected(port)).resume()
    busy.push(socket)
    socket.write(get("/held"))
    while (held.length < busy.length) await new Promise((resolve) => setTimeout(resolve, 2))
  }
  for (let times = 0; times < 3; times += 1) {
    assert.deepEqual((await converse(port, [get("/x")])).replies, [])
  }
  // Told at intervals: a busy machine may be in the next one already.
  const told = () => log.events.filter(({ event }) => event === "connections.full")
  const sum = (name: string) => told().reduce((total, event) => total + Number(event[name]), 0)
  while (sum("refused") < 3) await new Promise((resolve) => setTimeout(resolve, 20))
  assert.deepEqual([sum("closed"), sum("refused")], [0, 3])
  for (const answer of held) answer()
  await new Promise((resolve) => setTimeout(resolve, 20))
  for (const socket of busy) socket.destroy()
  await new Promise((resolve) => setTimeout(resolve, 20))
  assert.equal((await converse(port, [get("/x")])).replies[0]?.status, 200)
})

test("listen() answers 503 where there is no memory for a request, and serves later", async (t) => {
  const held: (() => void)[] = []
  const { port, log } = await startTestServer(
    t,
    async ({ path }) => {
      if (path === "/held") await new Promise<void>((resolve) => held.push(resolve))
      return json(200, { path })
    },
    { limits: { heldBytesMax: 3 * requestBytes } },
  )
  const busy = await Promise.all(Array.from({ length: 3 }, () => connected(port)))
  for (const socket of busy) socket.resume().write(get("/held"))
  while (held.length < 3) await new Promise((resolve) => setTimeout(resolve, 2))
  const { replies, ended } = await converse(port, [get("/x")])
  assert.equal(replies.length, 1)
  assert.equal(replies[0]?.status, 503)
  assert.equal(replies[0]?.headers.get("retry-after"), "1")
  assert.equal(JSON.parse(replies[0]?.body ?? "").error, "temporarily_unavailable")
  assert.equal(ended, "closed")
  const refusals = log.events.filter(({ event }) => event === "request.refused")
  assert.deepEqual(
    refusals.map(({ reason }) => reason),
    ["no_memory"],
  )
  for (const answer of held) answer()
  for (const socket of busy) socket.destroy()
  const bodies = `POST /x HTTP/1.1\r\n${host}Content-Length: 13000\r\n\r\n`
  const [large] = (await converse(port, [`${bodies}${"a".repeat(13_000)}`])).replies
  assert.equal(large?.status, 503)
  const heads = `GET /x HTTP/1.1\r\n${host}X: ${"y".repeat(15_000)}\r\n\r\n`
  assert.equal((await converse(port, [heads])).replies[0]?.status, 503)
  // Nothing of all that is held any more.
  for (let times = 0; times < 5; times += 1) {
    assert.equal((await converse(port, [get("/x")])).replies[0]?.status, 200)
  }
})

test("listen() gives back what an unread answer held when its client leaves", async (t) => {
  const big = "x".repeat(12 * 1024 * 1024)
  const { port, log } = await startTestServer(
    t,
    async ({ path }) => json(200, { path, filler: path === "/big" ? big : "" }),
    { limits: { heldBytesMax: 16 * 1024 * 1024 } },
  )
  for (let times = 0; times < 4; times += 1) {
    const reader = (await connected(port)).pause()
    reader.write(get("/big"))
    await new Promise((resolve) => setTimeout(resolve, 50))
    // There is no room for a second large reply, so this client is cut off.
    const other = (await connected(port)).resume()
    const cut = once(other, "close")
    other.write(get("/big"))
    await cut
    assert.equal((await converse(port, [get("/x")])).replies[0]?.status, 200)
    reader.destroy()
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const cuts = log.events.filter(({ event }) => event === "connection.cut")
  assert.equal(cuts.length, 4)
})
