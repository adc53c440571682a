// That rests on Node's own code: each test says what would be different without it.

import assert from "node:assert/strict"
import { once } from "node:events"
import * as http from "node:http"
import { type AddressInfo, connect, type Socket } from "node:net"
import { type TestContext, test } from "node:test"
import { makeStoppable } from "../../../src/http/node/connection.ts"

const get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

/** A server whose connections are stopped by `onRequest`, and a client on it. */
async function start(
  t: TestContext,
  onRequest: (stop: () => void, ...halves: Parameters<http.RequestListener>) => void,
) {
  let requests = 0
  const stops = new Map<Socket, { isStopped: boolean }>()
  const server = http.createServer((incoming, outgoing) => {
    requests += 1
    const stop = () => {
      const connection = stops.get(incoming.socket)
      assert.ok(connection)
      connection.isStopped = true
    }
    onRequest(stop, incoming, outgoing)
  })
  const faults: string[] = []
  server.on("clientError", ({ code }: NodeJS.ErrnoException) => faults.push(String(code)))
  server.on("connection", (socket) => {
    const connection = { isStopped: false }
    stops.set(socket, connection)
    makeStoppable(socket, connection)
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const ask = async (bytes: string) => {
    const client = connect(port, "127.0.0.1").setEncoding("latin1")
    client.on("error", () => {})
    let text = ""
    client.on("data", (chunk) => {
      text += chunk
    })
    client.write(bytes)
    await once(client, "close")
    return text
  }
  return { ask, faults, requests: () => requests }
}

test("makeStoppable() parses no requests after a stop; one read could have 2,500 more", async (t) => {
  const { ask, requests } = await start(t, (stop, _incoming, outgoing) => {
    if (requests() === 3) {
      stop()
      outgoing.setHeader("Connection", "close")
    }
    outgoing.end("answer")
  })
  const text = await ask(get.repeat(2500))
  assert.equal(requests(), 3)
  assert.equal(text.split("answer").length - 1, 3)
})

test("makeStoppable() drops the chunks after the head at which it was stopped", async (t) => {
  let chunks = 0
  const { ask, requests } = await start(t, (stop, incoming, outgoing) => {
    stop()
    incoming.on("data", () => {
      chunks += 1
    })
    outgoing.writeHead(503, { Connection: "close" })
    outgoing.write("no")
    setTimeout(() => outgoing.end(), 100)
  })
  const head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
  const text = await ask(`${head}${"1\r\na\r\n".repeat(20_000)}`)
  assert.match(text, /^HTTP\/1\.1 503 /)
  assert.deepEqual([requests(), chunks], [1, 0])
})

test("makeStoppable() leaves an upgrade that comes after a stop unanswered", async (t) => {
  const upgrade = get.replace("\r\n\r\n", "\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n")
  const { ask, requests } = await start(t, (stop, _incoming, outgoing) => {
    stop()
    outgoing.setHeader("Connection", "close")
    // Node would end the connection at the upgrade, before this.
    setTimeout(() => outgoing.end("answer"), 50)
  })
  assert.match(await ask(get + upgrade), /answer/)
  assert.equal(requests(), 1)
})

test("makeStoppable() leaves connections alone that are not stopped, also later ones", async (t) => {
  const { ask, faults, requests } = await start(t, (stop, { url }, outgoing) => {
    if (url === "/last") outgoing.setHeader("Connection", "close")
    if (url === "/stop") {
      stop()
      outgoing.setHeader("Connection", "close")
    }
    outgoing.end("answer")
  })
  const last = get.replace("/", "/last")
  const stopped = get.replace("/", "/stop")
  // More than Node keeps parsers for later connections.
  for (let times = 0; times < 20; times += 1) {
    assert.match(await ask(stopped + get), /^HTTP\/1\.1 200 /)
    assert.equal((await ask(get + get + last)).split("answer").length - 1, 3)
  }
  assert.equal(requests(), 20 * 4)
  assert.deepEqual(faults, [])
})

test("makeStoppable() does without a parser, or one that is otherwise", () => {
  for (const parser of [undefined, null, {}, { onIncoming: null }]) {
    makeStoppable({ parser } as unknown as Socket, { isStopped: true })
  }
})
