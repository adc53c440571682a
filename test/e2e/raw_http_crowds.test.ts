// Many clients at a time, and clients that leave (H-32, H-33): the others are served.

import assert from "node:assert/strict"
import { once } from "node:events"
import { connect, type Socket } from "node:net"
import { test } from "node:test"
import { requestBytes } from "../../src/http/held_memory.ts"
import { json } from "../../src/http/message.ts"
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

test("listen() cuts who pipelines more than there is room for, and nobody else: H-31", async (t) => {
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
