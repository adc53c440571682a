// Writes replies: in one piece where the connection goes on, by Node's response where it ends. A
// client that is refused gets a moment to read why.

import type * as http from "node:http"
import type { Socket } from "node:net"
import { originOf } from "../cors.ts"
import type { App, Reply } from "../message.ts"
import { cut, type PendingRequest } from "./connection.ts"
import type { Connections } from "./connections.ts"
import { answerBytes, type HeldMemory } from "./held_memory.ts"
import type { HttpLimits } from "./limits.ts"
import type { Refusal } from "./refusals.ts"
import { type HeadWriter, isBodyless, type ReplyContext } from "./reply_head.ts"
import type { ServerLog } from "./server_log.ts"

/** What writing needs. */
export interface WriteOptions extends Pick<App, "share"> {
  readonly head: HeadWriter
  readonly connections: Pick<Connections, "isLast" | "settle">
  readonly memory: HeldMemory
  readonly limits: Pick<HttpLimits, "lingerMillisMax">
  readonly log: ServerLog
}

/** Answers a request. */
export function writeReply(pending: PendingRequest, reply: Reply, options: WriteOptions): void {
  if (pending.isBodyLeft) {
    writeLast(pending, reply, options)
    return
  }
  const { head, connections } = options
  const { incoming, outgoing } = pending
  const context = contextOf(pending, reply, connections.isLast(pending))
  const body = hasBody(incoming, reply) ? reply.body : ""
  if (!context.closes) {
    const text = `${head.text(reply, context)}${body}`
    if (sendWhole(outgoing, text, () => connections.settle(pending))) {
      if (!pending.isSettled) holdUnread(pending, text.length, options)
      return
    }
  }
  writeHead(pending, { reply, context }, options)
  outgoing.end(body)
  holdUnread(pending, body.length, options)
}

/** Answers a request that no handler saw, logs that, and ends the connection. */
export function refuse(
  pending: PendingRequest,
  { reason, reply }: Refusal,
  options: WriteOptions,
): void {
  options.log.refused(pending, { reason, reply })
  writeLast(pending, options.share(reply, originOf(pending.incoming.rawHeaders)), options)
}

/** Refuses a request that Node's parser could not read. There is no response object for it. */
export function refuseUnread(
  socket: Socket,
  request: Pick<PendingRequest, "id" | "clientAddress"> & { readonly refusal: Refusal },
  { head, limits, log }: WriteOptions,
): void {
  // The connection has ended already, with the last answer.
  if (!socket.writable) return
  const { id, refusal } = request
  log.refused(request, refusal)
  const context = { id, closes: true, isProxied: false }
  socket.end(`${head.text(refusal.reply, context)}${refusal.reply.body}`)
  linger(socket, () => socket.destroy(), limits)
}

/**
 * Writes an answer in one piece on a connection that goes on. Node's own way checks, joins and
 * queues the headers again, and may write twice: a fifth of the time of a guarded request.
 *
 * Node's server waits for one thing only, the response's event "finish" (`resOnFinish` in its
 * lib/_http_server.js, 20 to 26). Then the next request or answer gets the socket. The tests of
 * this function fail if that changes.
 *
 * False, and nothing is written, while the answer before this one is not written: Node keeps their
 * order. `onSent` is called when the system has taken the answer, and never when the client has
 * gone.
 */
export function sendWhole(
  outgoing: http.ServerResponse,
  text: string,
  onSent: () => void,
): boolean {
  const { socket } = outgoing
  // Without a socket it is not this answer's turn yet.
  if (socket === null || !socket.writable || socket.writableLength > 0) return false
  const done = (error?: Error | null) => {
    if (error) return
    outgoing.emit("finish")
    onSent()
  }
  socket.write(text)
  // A write that failed leaves nothing to write either. Node reports the failure later.
  if (socket.writableLength === 0 && socket.errored === null) done()
  else socket.write("", done)
  return true
}

/**
 * Answers a request without the rest of its body, and ends its connection. The rest is read and
 * dropped for a moment: closing at once would reset the connection, and the client might never read
 * the answer.
 */
function writeLast(pending: PendingRequest, reply: Reply, options: WriteOptions): void {
  const { incoming, outgoing, connection } = pending
  connection.ending = true
  writeHead(pending, { reply, context: contextOf(pending, reply, true) }, options)
  if (hasBody(incoming, reply)) outgoing.write(reply.body)
  else outgoing.flushHeaders()
  linger(outgoing, () => outgoing.end(), options.limits)
  if (incoming.complete || incoming.readableEnded) outgoing.end()
  else if (!connection.isStopped) incoming.once("end", () => outgoing.end()).resume()
}

/** Writes a head by Node's response. */
function writeHead(
  pending: PendingRequest,
  { reply, context }: { readonly reply: Reply; readonly context: ReplyContext },
  { head, connections }: WriteOptions,
): void {
  const { outgoing } = pending
  // Node emits it once. `once` would cost a wrapper.
  outgoing.on("close", () => connections.settle(pending))
  outgoing.writeHead(reply.status, head.headers(reply, context))
}

/** Counts an answer that the system has not taken whole. */
function holdUnread(pending: PendingRequest, length: number, { memory, log }: WriteOptions): void {
  const { connection } = pending
  // The client has gone.
  if (connection.owed === 0) return
  const bytes = answerBytes + length
  if (!memory.take(bytes, connection.unread > 0)) {
    cut(pending, log)
    return
  }
  pending.unread = bytes
  connection.unread += bytes
}

function linger(
  open: Socket | http.ServerResponse,
  end: () => void,
  { lingerMillisMax }: WriteOptions["limits"],
): void {
  const timer = setTimeout(end, lingerMillisMax)
  open.once("close", () => clearTimeout(timer))
}

function hasBody(incoming: http.IncomingMessage, reply: Reply): boolean {
  return incoming.method !== "HEAD" && !isBodyless(reply)
}

function contextOf(
  { incoming, outgoing, id, connection }: PendingRequest,
  reply: Reply,
  closes: boolean,
): ReplyContext {
  // In HTTP/1.0 only the end of the connection ends a reply without a length.
  const isEndless = isBodyless(reply) && incoming.httpVersion === "1.0"
  const isLast = closes || isEndless || !outgoing.shouldKeepAlive
  return { id, closes: isLast, isProxied: connection.peer.isTrusted }
}
