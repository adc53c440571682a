import assert from "node:assert/strict"
import { once } from "node:events"
import * as http from "node:http"
import { type AddressInfo, connect, type Socket } from "node:net"
import { type TestContext, test } from "node:test"
import { sendWhole as send } from "../../../src/http/node/write_reply.ts"

const answer = (body: string) =>
  `HTTP/1.1 200 OK\r\nX: whole\r\nContent-Length: ${body.length}\r\n\r\n${body}`
/** How much of what was read is looked at each time: to look at 32 MiB takes long. */
const tailLength = 100
const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`

/** As `sendWhole`, which must call `onSent` right after Node's event, and for no other's answer. */
function sendWhole(outgoing: http.ServerResponse, text: string): boolean {
  let finished = 0
  let sent = 0
  outgoing.on("finish", () => {
    finished += 1
  })
  const isWritten = send(outgoing, text, () => {
    sent += 1
    assert.deepEqual([finished, sent], [1, 1])
  })
  outgoing.on("close", () => assert.equal(sent, isWritten ? finished : 0))
  return isWritten
}

/** A server, a client on it, and all that the client has read so far. */
async function start(t: TestContext, onRequest: http.RequestListener) {
  const server = http.createServer(onRequest).listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  const client = connect(port, "127.0.0.1").setEncoding("latin1")
  let text = ""
  let tail = ""
  client.on("data", (chunk) => {
    text += chunk
    tail = (tail + chunk).slice(-tailLength)
  })
  t.after(() => {
    client.destroy()
    server.close()
  })
  const reads = async (end: string) => {
    while (!tail.endsWith(end)) await once(client, "data")
    return text
  }
  return { server, client, reads }
}

test("sendWhole() writes an answer, is done with it, and leaves the connection open", async (t) => {
  const events: string[] = []
  const { client, reads } = await start(t, ({ url = "" }, outgoing) => {
    outgoing.on("finish", () => events.push(`finish ${url}`))
    outgoing.on("close", () => events.push(`close ${url}`))
    assert.equal(sendWhole(outgoing, answer(url)), true)
    assert.deepEqual(events.at(-1), `finish ${url}`)
    assert.equal(outgoing.socket, null)
  })
  client.write(get("/1"))
  assert.equal(await reads("/1"), answer("/1"))
  client.write(get("/2"))
  assert.equal(await reads("/2"), `${answer("/1")}${answer("/2")}`)
  assert.deepEqual(events, ["finish /1", "close /1", "finish /2", "close /2"])
})

test("sendWhole() writes nothing while an answer before it is to come", async (t) => {
  let first: http.ServerResponse | null = null
  const { client, reads } = await start(t, ({ url }, outgoing) => {
    if (url === "/1") {
      first = outgoing
      return
    }
    assert.equal(sendWhole(outgoing, answer("early")), false)
    outgoing.end("queued")
    assert.ok(first)
    assert.equal(sendWhole(first, answer("first")), true)
  })
  client.write(get("/1") + get("/2"))
  const text = await reads("queued")
  assert.ok(text.startsWith(answer("first")))
  assert.ok(!text.includes("early"))
})

test("sendWhole() is done when the system has the whole answer, and writes no part before", async (t) => {
  const sockets: Socket[] = []
  let isDone = false
  const big = "x".repeat(32 * 1024 * 1024)
  const { client, reads } = await start(t, ({ url, socket }, outgoing) => {
    if (url !== "/big") {
      assert.equal(isDone, true)
      outgoing.end("after")
      return
    }
    sockets.push(socket)
    outgoing.on("finish", () => {
      isDone = true
    })
    assert.equal(sendWhole(outgoing, answer(big)), true)
    assert.equal(isDone, false)
    // It is this answer's turn, but the system has no room.
    assert.equal(sendWhole(outgoing, answer("more")), false)
  })
  client.pause().write(get("/big"))
  while (sockets.length === 0) await new Promise((resolve) => setTimeout(resolve, 2))
  assert.ok((sockets[0]?.writableLength ?? 0) > 0)
  client.resume()
  await reads("xx")
  while (!isDone) await new Promise((resolve) => setTimeout(resolve, 2))
  client.write(get("/next"))
  assert.ok(!(await reads("after")).includes("more"))
})

test("sendWhole() is never done with an answer whose client has gone", async (t) => {
  const events: string[] = []
  const closed = new Promise<void>((resolve) => {
    start(t, (_incoming, outgoing) => {
      outgoing.on("finish", () => events.push("finish"))
      outgoing.on("close", () => {
        assert.equal(sendWhole(outgoing, answer("late")), false)
        resolve()
      })
      assert.equal(sendWhole(outgoing, answer("x".repeat(32 * 1024 * 1024))), true)
    }).then(({ client }) => {
      client.pause().write(get("/"))
      setTimeout(() => client.resetAndDestroy(), 50)
    })
  })
  await closed
  await new Promise((resolve) => setTimeout(resolve, 20))
  assert.deepEqual(events, [])
})

test("sendWhole() is not done with an answer that the system refuses", async (t) => {
  const events: string[] = []
  const { client } = await start(t, ({ url }, outgoing) => {
    outgoing.on("finish", () => events.push(`finish ${url}`))
    if (url === "/next") return
    const { socket } = outgoing
    // In one turn, so that Node has not read of the reset when it writes.
    setTimeout(() => {
      client.resetAndDestroy()
      events.push(String(sendWhole(outgoing, answer("late"))), String(socket?.errored?.message))
    }, 20)
  })
  client.write(get("/1") + get("/next"))
  await once(client, "close")
  await new Promise((resolve) => setTimeout(resolve, 20))
  const [isWritten, failure = "", ...more] = events
  assert.deepEqual([isWritten, more], ["true", []])
  assert.match(failure, /^write E(CONNRESET|PIPE)$/)
})
