// Many connections that send a login whose body comes in chunks of one byte, do not end it, and stay
// open.

import { once } from "node:events"
import { connect, type Socket } from "node:net"
import { setTimeout as wait } from "node:timers/promises"

/** What is sent. */
export interface ChunkFlood {
  readonly connections: number
  /** Of each connection; 16,384 would be the longest body that Postern takes. */
  readonly chunks: number
  /** How many of them go out in one piece; a turn of the event loop lies between two. */
  readonly chunksOfWrite: number
  /** Whether all heads are sent some time before the first chunk, so that all bodies are begun. */
  readonly isHeadFirst: boolean
  /** How long all stay open after the last byte. */
  readonly holdMillis: number
}

/** How many connections were answered with each status; "none" had no answer. */
export type StatusCounts = Readonly<Record<string, number>>

const head = [
  "POST /login HTTP/1.1",
  "Host: 127.0.0.1",
  "Content-Type: application/json",
  "Transfer-Encoding: chunked\r\n\r\n",
].join("\r\n")
const chunk = "1\r\na\r\n"
const answerBytesMax = 100
const pauseMillis = 300

/** Attacks what listens at a port. */
export async function sendChunks(port: number, flood: ChunkFlood): Promise<StatusCounts> {
  const clients: Client[] = []
  for (let number = 0; number < flood.connections; number += 1) {
    clients.push(await openClient(port))
    if (flood.isHeadFirst) clients.at(-1)?.socket.write(head)
  }
  await wait(pauseMillis)
  await Promise.all(clients.map(({ socket }) => send(socket, flood)))
  await wait(flood.holdMillis)
  for (const { socket } of clients) socket.destroy()
  return countAnswers(clients)
}

interface Client {
  readonly socket: Socket
  /** How its answer begins. */
  answer: string
}

/** One after the other: hundreds that connect at once make others wait by that alone. */
async function openClient(port: number): Promise<Client> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true })
  await once(socket, "connect")
  const client: Client = { socket, answer: "" }
  socket.setEncoding("latin1")
  socket.on("data", (text) => {
    if (client.answer.length < answerBytesMax) client.answer += text
  })
  // A service may end such a connection.
  socket.on("error", () => {})
  return client
}

/** Sends all chunks, unless the connection ends before. */
async function send(socket: Socket, flood: ChunkFlood): Promise<void> {
  const { chunks, chunksOfWrite, isHeadFirst } = flood
  if (!isHeadFirst) socket.write(head)
  for (let sent = 0; sent < chunks && !socket.destroyed; sent += chunksOfWrite) {
    socket.write(chunk.repeat(Math.min(chunksOfWrite, chunks - sent)))
    // A service that does not read on is not waited for: the rest is with the system.
    await wait(0)
  }
}

function countAnswers(clients: readonly Client[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { answer } of clients) {
    const status = /^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1] ?? "none"
    counts[status] = (counts[status] ?? 0) + 1
  }
  return counts
}
