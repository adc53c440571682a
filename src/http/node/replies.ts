// Writes replies on the connections of one server: whole where a connection goes on, in Node's way
// where it ends, and with a moment for the client to read why it was refused.

import type * as http from "node:http"
import type { Socket } from "node:net"
import { originOf } from "../cors.ts"
import type { Reply } from "../message.ts"
import type { Exchange } from "./exchange.ts"
import { answerBytes, type HeldMemory } from "./held_memory.ts"
import type { Refusal } from "./refusal.ts"
import { type HeadWriter, isBodyless, type ReplyContext } from "./reply_head.ts"
import { sendWhole } from "./send.ts"
import type { ServerLog } from "./server_log.ts"

/** What replies are written with. */
export interface ReplyOptions {
  readonly head: HeadWriter
  readonly log: ServerLog
  /** How long what a refused client still sends is read and dropped. */
  readonly lingerMillisMax: number
  /** The reply as scripts of an origin may read it. */
  readonly share: (reply: Reply, origin: string | undefined) => Reply
  /** Whether connections go on after a reply. */
  readonly isListening: () => boolean
  /** What answers that wait to be read take. */
  readonly memory: HeldMemory
  /** Called when the system has an answer, or its client has gone. */
  readonly onSettled: (exchange: Exchange) => void
}

/** What is known of a request whose head could not be read. */
export interface UnreadRequest {
  readonly id: string
  readonly clientAddress: string
  readonly origin: string | undefined
}

/** Writes replies. */
export class Replies {
  readonly #options: ReplyOptions

  constructor(options: ReplyOptions) {
    this.#options = options
  }

  /** Answers a request. */
  write(exchange: Exchange, reply: Reply): void {
    const { head, onSettled } = this.#options
    const { incoming, outgoing } = exchange
    const context = contextOf(exchange, reply, this.#isLast(exchange))
    const body = hasBody(incoming, reply) ? reply.body : ""
    if (!context.closes) {
      const text = `${head.text(reply, context)}${body}`
      if (sendWhole(outgoing, text, () => onSettled(exchange))) {
        if (!exchange.isSettled) this.#holdUnread(exchange, text.length)
        return
      }
    }
    this.#writeHead(exchange, reply, context)
    outgoing.end(body)
    this.#holdUnread(exchange, body.length)
  }

  /** Cuts a client that does not read while there is no memory for its answers. */
  cut({ incoming, connection }: Pick<Exchange, "incoming" | "connection">): void {
    if (incoming.socket.destroyed) return
    this.#options.log.cut(connection.peer.address)
    connection.ending = true
    connection.isStopped = true
    incoming.socket.destroy()
  }

  /** Answers a request that no handler saw, and ends its connection. */
  refuse(exchange: Exchange, { reason, reply }: Refusal): void {
    const shared = this.#options.share(reply, originOf(exchange.incoming.rawHeaders))
    this.#options.log.refused(exchange, { reason, reply })
    this.turnAway(exchange, shared)
  }

  /**
   * Answers a request without the rest of its body, and ends its connection. That rest is read and
   * dropped for a moment: closing at once would reset the connection, and the client might never
   * read why.
   */
  turnAway(exchange: Exchange, reply: Reply): void {
    const { incoming, outgoing, connection } = exchange
    connection.ending = true
    this.#writeHead(exchange, reply, contextOf(exchange, reply, true))
    if (hasBody(incoming, reply)) outgoing.write(reply.body)
    else outgoing.flushHeaders()
    this.#linger(outgoing, () => outgoing.end())
    if (incoming.complete || incoming.readableEnded) outgoing.end()
    else if (!connection.isStopped) incoming.once("end", () => outgoing.end()).resume()
  }

  /** Ends a connection on which there is no request to answer. */
  end(socket: Socket, { reason, reply }: Refusal, unread: UnreadRequest): void {
    // The last answer was the end of it already.
    if (!socket.writable) return
    const { id, clientAddress, origin } = unread
    const { head, log, share } = this.#options
    log.refused({ id, clientAddress }, { reason, reply })
    const context = { id, closes: true, isProxied: false }
    // There is no response object, since the parser gave up.
    socket.end(`${head.text(share(reply, origin), context)}${reply.body}`)
    this.#linger(socket, () => socket.destroy())
  }

  /** Counts an answer that the system has not taken whole. */
  #holdUnread(exchange: Exchange, length: number): void {
    const { connection } = exchange
    // The client has gone.
    if (connection.owed === 0) return
    const bytes = answerBytes + length
    if (!this.#options.memory.take(bytes, connection.unread > 0)) {
      this.cut(exchange)
      return
    }
    exchange.unread = bytes
    connection.unread += bytes
  }

  /** In Node's way, for what is not written whole. */
  #writeHead(exchange: Exchange, reply: Reply, context: ReplyContext): void {
    const { head, onSettled } = this.#options
    const { outgoing } = exchange
    // Node emits it once; to tell it so would cost a wrapper.
    outgoing.on("close", () => onSettled(exchange))
    outgoing.writeHead(reply.status, head.headers(reply, context))
  }

  #linger(open: Socket | http.ServerResponse, end: () => void): void {
    const timer = setTimeout(end, this.#options.lingerMillisMax)
    open.once("close", () => clearTimeout(timer))
  }

  /** Whether the connection closes after this answer: only the newest request's may say so. */
  #isLast({ connection, number }: Exchange): boolean {
    if (number !== connection.requests) return false
    const closes = !this.#options.isListening() || number >= connection.requestsMax
    if (closes) connection.ending = true
    return closes
  }
}

function hasBody(incoming: http.IncomingMessage, reply: Reply): boolean {
  return incoming.method !== "HEAD" && !isBodyless(reply)
}

function contextOf(
  { incoming, outgoing, id, connection }: Exchange,
  reply: Reply,
  closes: boolean,
): ReplyContext {
  // Where nothing tells the reply's end HTTP/1.0 ends the connection.
  const isEndless = isBodyless(reply) && incoming.httpVersion === "1.0"
  const isLast = closes || isEndless || !outgoing.shouldKeepAlive
  return { id, closes: isLast, isProxied: connection.peer.isTrusted }
}
