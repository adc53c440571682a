// Writes replies on the connections of one server: whole where a connection goes on, in Node's way
// where it ends, and with a moment for the client to read why it was refused.

import type * as http from "node:http"
import type { Socket } from "node:net"
import type { Connection } from "./connection.ts"
import { originOf } from "./cors.ts"
import type { Exchange } from "./exchange.ts"
import type { Reply } from "./message.ts"
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
  /** Called with an answer's connection when the system has it, or its client has gone. */
  readonly onSettled: (connection: Connection) => void
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
    const { incoming, outgoing, connection } = exchange
    const context = contextOf(exchange, reply, this.#isLast(exchange))
    const body = hasBody(incoming, reply) ? reply.body : ""
    if (!context.closes) {
      const text = `${head.text(reply, context)}${body}`
      if (sendWhole(outgoing, text, () => onSettled(connection))) return
    }
    this.#writeHead(exchange, reply, context)
    outgoing.end(body)
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
    else incoming.once("end", () => outgoing.end()).resume()
  }

  /** Ends a connection on which there is no request to answer. */
  end(socket: Socket, { reason, reply }: Refusal, unread: UnreadRequest): void {
    // The last answer was the end of it already.
    if (!socket.writable) return
    const { id, clientAddress, origin } = unread
    const { head, log, share } = this.#options
    log.refused({ id, clientAddress }, { reason, reply })
    // There is no response object, since the parser gave up.
    socket.end(`${head.text(share(reply, origin), { id, closes: true })}${reply.body}`)
    this.#linger(socket, () => socket.destroy())
  }

  /** In Node's way, for what is not written whole. */
  #writeHead({ outgoing, connection }: Exchange, reply: Reply, context: ReplyContext): void {
    const { head, onSettled } = this.#options
    // Node emits it once; to tell it so would cost a wrapper.
    outgoing.on("close", () => onSettled(connection))
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
  { incoming, outgoing, id }: Exchange,
  reply: Reply,
  closes: boolean,
): ReplyContext {
  // Where nothing tells the reply's end HTTP/1.0 ends the connection.
  const isEndless = isBodyless(reply) && incoming.httpVersion === "1.0"
  return { id, closes: closes || isEndless || !outgoing.shouldKeepAlive }
}
