// The only file that knows `node:http`: reads a request whole, within limits, hands it to `handle`,
// and writes the reply. Whatever is wrong before that is answered here, in the same JSON. It must
// never trust a header for anything but its own meaning.

import { once } from "node:events"
import * as http from "node:http"
import type { AddressInfo, Socket } from "node:net"
import type { Address } from "../address.ts"
import type { Log } from "../log.ts"
import { randomName } from "../random.ts"
import { type BodyReading, readBody } from "./body.ts"
import { readHead } from "./head.ts"
import { type HttpLimits, httpLimits } from "./limits.ts"
import type { HttpRequest, Reply } from "./message.ts"
import { parserProblem } from "./parser_problem.ts"
import { problem } from "./problem.ts"
import { createHeaderWriter, isBodyless, type RawHeaders } from "./reply_headers.ts"

/** What a server does with requests. */
export interface ServerOptions {
  /** Answers a request; never rejects. */
  readonly handle: (request: HttpRequest) => Promise<Reply>
  readonly log: Log
  /** Tells browsers to come back over TLS only. For when the public address is https. */
  readonly strictTransport: boolean
  /** Those of limits.ts unless told. */
  readonly limits?: HttpLimits
}

/** A server that listens. */
export interface HttpServer {
  readonly port: number
  /** Takes no more connections, lets answers in flight end for so long, then closes the rest. */
  drain(secondsMax: number): Promise<void>
}

/**
 * Listens at an address.
 * @throws the system's error (EADDRINUSE, EACCES, …) when that can't be had
 */
export async function listen(address: Address, options: ServerOptions): Promise<HttpServer> {
  const limits = options.limits ?? httpLimits
  const server = createServer(limits)
  const exchanges = new Exchanges(server, { ...options, limits })
  server.listen(address)
  await once(server, "listening")
  server.on("error", (error) => options.log.error("server.failed", { reason: error.message }))
  const { port } = server.address() as AddressInfo
  return { port, drain: (secondsMax) => exchanges.drain(secondsMax) }
}

function createServer(limits: HttpLimits): http.Server {
  const server = http.createServer({
    maxHeaderSize: limits.headBytesMax,
    headersTimeout: limits.headersMillisMax,
    requestTimeout: limits.requestMillisMax,
    keepAliveTimeout: limits.keepAliveMillis,
    connectionsCheckingInterval: limits.checkIntervalMillis,
    insecureHTTPParser: false,
    // Checked by readHead, which answers in JSON.
    requireHostHeader: false,
  })
  // Node would drop the headers after the thousandth without a word; readHead counts them.
  server.maxHeadersCount = 0
  server.maxConnections = limits.connectionsMax
  server.timeout = limits.socketIdleMillisMax
  return server
}

/** A request with its answer, in Node's two halves. */
interface Exchange {
  readonly incoming: http.IncomingMessage
  readonly outgoing: http.ServerResponse
  readonly id: string
  readonly connection: Connection
  /** Which one of its connection's requests this is, from 1. */
  readonly number: number
}

/** What is known of a connection. */
interface Connection {
  requests: number
  /** With so many it closes. */
  requestsMax: number
  /** How many answers it still waits for. */
  owed: number
  /** No further request is taken (RFC 9112 §9.6). */
  ending: boolean
  /** The body that is being read. */
  reading: { readonly incoming: http.IncomingMessage; readonly body: BodyReading } | null
  /** Called when nothing is owed any more. */
  onAnswered: () => void
}

/** The requests of one server that are being answered. */
class Exchanges {
  readonly #server: http.Server
  readonly #options: ServerOptions & { readonly limits: HttpLimits }
  readonly #headers: (reply: Reply, id: string) => RawHeaders
  readonly #tooLarge: Reply
  readonly #idPrefix = randomName().slice(0, 8)
  #ids = 0
  readonly #connections = new Map<Socket, Connection>()

  constructor(server: http.Server, options: ServerOptions & { readonly limits: HttpLimits }) {
    this.#server = server
    this.#options = options
    this.#headers = createHeaderWriter(options)
    const { bodyBytesMax } = options.limits
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
    const timer = setTimeout(() => this.#server.closeAllConnections(), secondsMax * 1000)
    await closed
    clearTimeout(timer)
  }

  #open(socket: Socket): void {
    const onAnswered = () => {
      if (!this.#server.listening) socket.end()
    }
    this.#connections.set(socket, {
      requests: 0,
      requestsMax: this.#options.limits.requestsPerSocketMax,
      owed: 0,
      ending: false,
      reading: null,
      onAnswered,
    })
    socket.once("close", () => this.#connections.delete(socket))
  }

  #serve(incoming: http.IncomingMessage, outgoing: http.ServerResponse): void {
    const exchange = this.#begin(incoming, outgoing)
    if (exchange === null) return
    this.#answer(exchange).catch((error) => {
      this.#options.log.error("server.failed", { request: exchange.id, reason: String(error) })
      incoming.socket.destroy()
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
      this.#noteRefusal(id, socket, reply)
      socket.end(rawReply(reply, this.#headers(reply, id)))
      this.#linger(socket, () => socket.destroy())
    }
    if (connection.owed > 0) connection.onAnswered = end
    else end()
  }

  async #answer(exchange: Exchange): Promise<void> {
    const { incoming, outgoing, id, connection } = exchange
    const { httpVersion, rawHeaders, method = "", url: target = "" } = incoming
    const { handle } = this.#options
    const bytesMax = this.#options.limits.bodyBytesMax
    const head = readHead({ httpVersion, rawHeaders, target })
    if ("code" in head) return this.#refuse(exchange, problem(head.code, head.msg))
    // It is ignored, but Node's parser drops what came along with such a request.
    if (head.headers.has("upgrade")) connection.requestsMax = exchange.number
    if (head.declaredBytes > bytesMax) return this.#refuse(exchange, this.#tooLarge)
    if (head.awaitsContinue) outgoing.writeContinue()
    const reading = readBody(incoming, { bytesMax, tooLarge: this.#tooLarge })
    connection.reading = { incoming, body: reading }
    const body = await reading.result
    if (body === null) return
    if (!Buffer.isBuffer(body)) return this.#refuse(exchange, body)
    const { path, query, headers } = head
    const remoteAddress = incoming.socket.remoteAddress ?? ""
    const reply = await handle({ id, method, path, query, headers, body, remoteAddress })
    this.#writeHead(exchange, reply, this.#isLast(exchange))
    outgoing.end(hasBody(incoming, reply) ? reply.body : undefined)
  }

  // The rest of the body is read and dropped for a moment before the connection closes: closing at
  // once would reset it, and the client might never read why.
  #refuse(exchange: Exchange, reply: Reply): void {
    const { incoming, outgoing, id, connection } = exchange
    connection.ending = true
    this.#noteRefusal(id, incoming.socket, reply)
    this.#writeHead(exchange, reply, true)
    if (hasBody(incoming, reply)) outgoing.write(reply.body)
    else outgoing.flushHeaders()
    this.#linger(outgoing, () => outgoing.end())
    if (incoming.complete) outgoing.end()
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
    connection.requests += 1
    connection.owed += 1
    outgoing.once("close", () => {
      connection.owed -= 1
      if (connection.owed === 0) connection.onAnswered()
    })
    return { incoming, outgoing, id: this.#nextId(), connection, number: connection.requests }
  }

  /** Whether the connection closes after this answer: only the newest request's may say so. */
  #isLast({ connection, number }: Exchange): boolean {
    if (number !== connection.requests) return false
    const closes = !this.#server.listening || number >= connection.requestsMax
    if (closes) connection.ending = true
    return closes
  }

  #writeHead({ outgoing, id }: Exchange, reply: Reply, closes: boolean): void {
    const closing = closes ? ["Connection", "close"] : []
    outgoing.writeHead(reply.status, [...this.#headers(reply, id), ...closing])
  }

  #noteRefusal(id: string, socket: Socket, { status }: Reply): void {
    const client = socket.remoteAddress
    this.#options.log.info("request.refused", { request: id, client, status })
  }

  #nextId(): string {
    this.#ids += 1
    return `${this.#idPrefix}-${this.#ids.toString(36)}`
  }
}

/** A reply as it goes out where there is no response object, since the parser gave up. */
function rawReply({ status, body }: Reply, headers: RawHeaders): string {
  const flat = [...headers, "Connection", "close"]
  const lines = flat.map((text, at) => (at % 2 === 0 ? `${text}: ` : `${text}\r\n`))
  return `HTTP/1.1 ${status} ${http.STATUS_CODES[status]}\r\n${lines.join("")}\r\n${body}`
}

function hasBody(incoming: http.IncomingMessage, reply: Reply): boolean {
  return incoming.method !== "HEAD" && !isBodyless(reply)
}
