// Reads each request whole, within limits, hands it to `handle`, and writes the reply. Whatever is
// wrong before that is answered here, in the same JSON. It must never trust a header for anything
// but its own meaning, nor one about the client's address but from a trusted proxy.

import type * as http from "node:http"
import type { Socket } from "node:net"
import { type Awaitable, after, attempt } from "../awaitable.ts"
import { randomName } from "../random.ts"
import { type BodyReading, readBody } from "./body.ts"
import { clientAddressOf, peerOf, unreadHeader } from "./client_address.ts"
import { type Connection, newConnection } from "./connection.ts"
import type { Exchange, ExchangeOptions } from "./exchange.ts"
import { type Head, readHead } from "./head.ts"
import { createIdleWatch } from "./idle.ts"
import type { HttpRequest, Reply } from "./message.ts"
import { parserProblem } from "./parser_problem.ts"
import { problem } from "./problem.ts"
import { createHeadWriter, type HeadWriter, isBodyless, type ReplyContext } from "./reply_head.ts"
import { sendWhole } from "./send.ts"
import { createServerLog, type ServerLog } from "./server_log.ts"

const noBody = Buffer.alloc(0)

/** The requests of one server that are being answered. */
export class Exchanges {
  readonly #server: http.Server
  readonly #options: ExchangeOptions
  readonly #log: ServerLog
  readonly #head: HeadWriter
  readonly #tooLarge: Reply
  readonly #idPrefix = randomName().slice(0, 8)
  #ids = 0
  /** Answers that are waited for on all connections. */
  #owed = 0
  /** Requests that are being answered, also those whose client has gone. */
  #underWay = 0
  /** Called when none is any more. */
  #onIdle = () => {}
  readonly #connections = new Map<Socket, Connection>()

  constructor(server: http.Server, options: ExchangeOptions) {
    this.#server = server
    this.#options = options
    this.#log = createServerLog(options.log)
    const { bodyBytesMax, checkIntervalMillis, keepAliveMillis } = options.limits
    this.#head = createHeadWriter({ ...options, keepAliveMillis })
    const watch = createIdleWatch(options.limits)
    const watching = setInterval(() => watch(this.#connections), checkIntervalMillis).unref()
    server.on("close", () => clearInterval(watching))
    this.#tooLarge = problem("content_too_large", `A body may have ${bodyBytesMax} bytes`)
    server.on("connection", (socket) => this.#open(socket))
    server.on("request", (incoming, outgoing) => this.#serve(incoming, outgoing))
    server.on("checkContinue", (incoming, outgoing) => this.#serve(incoming, outgoing))
    server.on("checkExpectation", (incoming, outgoing) => {
      const reply = problem("expectation_failed", "The only expectation met is 100-continue")
      const exchange = this.#begin(incoming, outgoing)
      if (exchange !== null) this.#refuse(exchange, reply)
    })
    server.on("connect", (_incoming, socket) => {
      // Node lets go of this socket: nobody else takes its errors, nor reads it to its end.
      socket.on("error", () => socket.destroy()).resume()
      const reply = problem("method_not_allowed", "This is no proxy", { Allow: "" })
      this.#endSocket(socket as Socket, reply)
    })
    server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
      if (error.code === "ECONNRESET") socket.destroy()
      else this.#endSocket(socket as Socket, parserProblem(error.code))
    })
  }

  async drain(secondsMax: number): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    // Opened ahead of need, or a request only begun: Node does not count them among the idle ones.
    for (const [socket, { owed }] of this.#connections) if (owed === 0) socket.destroy()
    let timer: NodeJS.Timeout | undefined
    const timeIsUp = new Promise<void>((resolve) => {
      const giveUp = () => {
        this.#server.closeAllConnections()
        resolve()
      }
      timer = setTimeout(giveUp, secondsMax * 1000)
    })
    await closed
    // What a client asked for that has gone still uses what is closed after this.
    const idle = new Promise<void>((resolve) => {
      this.#onIdle = resolve
    })
    if (this.#underWay > 0) await Promise.race([idle, timeIsUp])
    clearTimeout(timer)
  }

  #open(socket: Socket): void {
    const onAnswered = () => {
      if (!this.#server.listening) socket.end()
    }
    const peer = peerOf(socket.remoteAddress, this.#options.trustedProxies)
    const requestsMax = this.#options.limits.requestsPerSocketMax
    const connection = newConnection({ peer, requestsMax, onAnswered })
    this.#connections.set(socket, connection)
    socket.once("close", () => {
      this.#connections.delete(socket)
      this.#owe(connection, -connection.owed)
    })
  }

  #serve(incoming: http.IncomingMessage, outgoing: http.ServerResponse): void {
    const exchange = this.#begin(incoming, outgoing)
    if (exchange === null) return
    this.#underWay += 1
    const answered = attempt(
      () => this.#answer(exchange),
      (error) => {
        this.#log.failed(String(error), exchange.id)
        incoming.socket.destroy()
      },
    )
    after(answered, () => {
      this.#underWay -= 1
      if (this.#underWay === 0) this.#onIdle()
    })
  }

  /** Ends a connection whose requests can't be told apart, after the answers it is owed. */
  #endSocket(socket: Socket, reply: Reply): void {
    const connection = this.#connections.get(socket)
    if (connection === undefined || connection.ending) return
    connection.ending = true
    const { reading } = connection
    if (reading !== null && !reading.incoming.complete) {
      // This is the answer to a request whose own body is at fault.
      reading.body.refuse(reply)
      return
    }
    const id = this.#nextId()
    const end = () => {
      // The last answer was the end of it already.
      if (!socket.writable) return
      this.#log.refused({ id, clientAddress: connection.peer.address }, reply)
      // There is no response object, since the parser gave up.
      socket.end(`${this.#head.text(reply, { id, closes: true })}${reply.body}`)
      this.#linger(socket, () => socket.destroy())
    }
    if (connection.owed > 0) connection.onAnswered = end
    else end()
  }

  #answer(exchange: Exchange): Awaitable<void> {
    const { incoming, id, connection } = exchange
    const { httpVersion, rawHeaders, method = "", url: target = "" } = incoming
    const { handle, limits, trustedProxies: proxies, forwardedHeader: header } = this.#options
    const head = readHead({ httpVersion, rawHeaders, target })
    if ("code" in head) return this.#refuse(exchange, problem(head.code, head.msg, head.headers))
    // It is ignored, but Node's parser drops what came along with such a request.
    if (head.headers.has("upgrade")) connection.requestsMax = exchange.number
    const { path, query, headers } = head
    const { peer } = connection
    const clientAddress = clientAddressOf(headers, { peer, header, proxies })
    const unread = unreadHeader(headers, { peer, header })
    if (unread !== null) this.#log.forwarded({ peer, header }, unread)
    exchange.clientAddress = clientAddress
    if (head.declaredBytes > limits.bodyBytesMax) return this.#refuse(exchange, this.#tooLarge)
    const request = { id, method, path, query, headers, clientAddress, body: noBody }
    if (head.awaitsContinue) return this.#answerExpectant(exchange, request, head)
    if (!head.isBodyless) return this.#answerBody(exchange, request, this.#readBody(exchange))
    return after(handle(request), (reply) => this.#write(exchange, reply))
  }

  async #answerExpectant(exchange: Exchange, request: HttpRequest, head: Head): Promise<void> {
    const { handle, refuseEarly } = this.#options
    // Node 26 has no body to read where none can come.
    const reading = head.isBodyless ? null : this.#readBody(exchange)
    const refusal = await refuseEarly(request)
    if (refusal !== null) return this.#turnAway(exchange, refusal)
    exchange.outgoing.writeContinue()
    if (reading !== null) return this.#answerBody(exchange, request, reading)
    this.#write(exchange, await handle(request))
  }

  #readBody({ incoming, connection }: Exchange): BodyReading {
    const { bodyBytesMax: bytesMax } = this.#options.limits
    const reading = readBody(incoming, { bytesMax, tooLarge: this.#tooLarge })
    connection.reading = { incoming, body: reading }
    return reading
  }

  async #answerBody(exchange: Exchange, request: HttpRequest, reading: BodyReading): Promise<void> {
    const { incoming, connection } = exchange
    const body = await reading.result
    connection.bytesTaken = incoming.socket.bytesRead
    if (body === null) return
    if (!Buffer.isBuffer(body)) return this.#refuse(exchange, body)
    this.#write(exchange, await this.#options.handle({ ...request, body }))
  }

  #write(exchange: Exchange, reply: Reply): void {
    const { incoming, outgoing, connection } = exchange
    const context = contextOf(exchange, reply, this.#isLast(exchange))
    const body = hasBody(incoming, reply) ? reply.body : ""
    if (!context.closes) {
      const text = `${this.#head.text(reply, context)}${body}`
      if (sendWhole(outgoing, text, () => this.#settle(connection))) return
    }
    this.#writeHead(exchange, reply, context)
    outgoing.end(body)
  }

  /** In Node's way, for what is not written whole. */
  #writeHead({ outgoing, connection }: Exchange, reply: Reply, context: ReplyContext): void {
    // Node emits it once; to tell it so would cost a wrapper.
    outgoing.on("close", () => this.#settle(connection))
    outgoing.writeHead(reply.status, this.#head.headers(reply, context))
  }

  #refuse(exchange: Exchange, reply: Reply): void {
    this.#log.refused(exchange, reply)
    this.#turnAway(exchange, reply)
  }

  // The rest of the body is read and dropped for a moment before the connection closes: closing at
  // once would reset it, and the client might never read why.
  #turnAway(exchange: Exchange, reply: Reply): void {
    const { incoming, outgoing, connection } = exchange
    connection.ending = true
    this.#writeHead(exchange, reply, contextOf(exchange, reply, true))
    if (hasBody(incoming, reply)) outgoing.write(reply.body)
    else outgoing.flushHeaders()
    this.#linger(outgoing, () => outgoing.end())
    if (incoming.complete || incoming.readableEnded) outgoing.end()
    else incoming.once("end", () => outgoing.end()).resume()
  }

  #linger(open: Socket | http.ServerResponse, end: () => void): void {
    const timer = setTimeout(end, this.#options.limits.lingerMillisMax)
    open.once("close", () => clearTimeout(timer))
  }

  /** Null when the connection takes no more requests. */
  #begin(incoming: http.IncomingMessage, outgoing: http.ServerResponse): Exchange | null {
    const connection = this.#connections.get(incoming.socket)
    if (connection === undefined || connection.ending) return null
    if (connection.requests >= connection.requestsMax) return null
    // Who sends requests by the hundred and reads no answer would fill the memory.
    const { exchangesMax } = this.#options.limits
    if (this.#owed + this.#underWay >= exchangesMax && connection.owed > 0) {
      this.#log.cut(connection.peer.address)
      connection.ending = true
      incoming.socket.destroy()
      return null
    }
    connection.requests += 1
    connection.bytesTaken = incoming.socket.bytesRead
    connection.idleLooks = 0
    this.#owe(connection, 1)
    const clientAddress = connection.peer.address
    const number = connection.requests
    return { incoming, outgoing, id: this.#nextId(), connection, number, clientAddress }
  }

  /** An answer is with the system, or its client has gone. */
  #settle(connection: Connection): void {
    // What was owed when the socket closed is owed no more.
    if (connection.owed === 0) return
    this.#owe(connection, -1)
    if (connection.owed === 0) connection.onAnswered()
  }

  #owe(connection: Connection, answers: number): void {
    connection.owed += answers
    this.#owed += answers
  }

  /** Whether the connection closes after this answer: only the newest request's may say so. */
  #isLast({ connection, number }: Exchange): boolean {
    if (number !== connection.requests) return false
    const closes = !this.#server.listening || number >= connection.requestsMax
    if (closes) connection.ending = true
    return closes
  }

  #nextId(): string {
    this.#ids += 1
    return `${this.#idPrefix}-${this.#ids.toString(36)}`
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
