// Reads each request whole, within limits, hands it to `handle`, and has the reply written
// (replies.ts). Whatever is wrong before that is answered here, in the same JSON. It must never
// trust a header for anything but its own meaning, nor one about the client's address but from a
// trusted proxy.

import type * as http from "node:http"
import type { Socket } from "node:net"
import { randomName } from "../../system/random.ts"
import { clientAddressOf, unreadHeader } from "../client_address.ts"
import { originInBytes } from "../cors.ts"
import type { HttpRequest } from "../message.ts"
import { type BodyReading, readBody } from "./body.ts"
import { ChunkFlood } from "./chunk_flood.ts"
import { Connections } from "./connections.ts"
import type { Exchange, ExchangeOptions } from "./exchange.ts"
import { bytesOf, type Head, readHead } from "./head.ts"
import { HeldMemory, requestBytes } from "./held_memory.ts"
import { type ParserFault, parserRefusal } from "./parser_refusal.ts"
import { type Refusal, refusalOf } from "./refusal.ts"
import {
  type BodyRefusals,
  bodyRefusals,
  chunkFlood,
  noProxy,
  noRoom,
  otherExpectation,
} from "./refusals.ts"
import { Replies } from "./replies.ts"
import { createHeadWriter } from "./reply_head.ts"
import { createServerLog, type ServerLog } from "./server_log.ts"

const noBody = Buffer.alloc(0)

/** Of a head whose memory is counted with the request's own (held_memory.ts). */
const usualHeadBytes = 2048

/** The requests of one server that are being answered. */
export class Exchanges {
  readonly #server: http.Server
  readonly #options: ExchangeOptions
  readonly #log: ServerLog
  readonly #connections: Connections
  readonly #replies: Replies
  readonly #memory: HeldMemory
  readonly #flood: ChunkFlood
  readonly #bodyRefusals: BodyRefusals
  readonly #idPrefix = randomName().slice(0, 8)
  #ids = 0
  /** Requests that are being answered, also those whose client has gone. */
  #underWay = 0
  /** Called when none is any more. */
  #onIdle = () => {}

  constructor(server: http.Server, options: ExchangeOptions) {
    this.#server = server
    this.#options = options
    this.#log = createServerLog(options.log)
    const { lingerMillisMax } = options.limits
    this.#bodyRefusals = bodyRefusals(options.limits)
    const memory = new HeldMemory(options.limits.heldBytesMax)
    this.#memory = memory
    const connections = new Connections(server, { ...options, memory, log: this.#log })
    this.#connections = connections
    this.#replies = new Replies({
      head: createHeadWriter({ ...options, ...options.limits }),
      log: this.#log,
      lingerMillisMax,
      share: options.share,
      isListening: () => server.listening,
      memory,
      onSettled: (exchange) => connections.settle(exchange),
    })
    this.#flood = new ChunkFlood(options.limits.floodMillis)
    server.on("request", (incoming, outgoing) => this.#serve(incoming, outgoing))
    server.on("checkContinue", (incoming, outgoing) => this.#serve(incoming, outgoing))
    server.on("checkExpectation", (incoming, outgoing) => {
      this.#serve(incoming, outgoing, otherExpectation)
    })
    server.on("connect", (_incoming, socket) => {
      // Node lets go of this socket: nobody else takes its errors, nor reads it to its end.
      socket.on("error", () => socket.destroy()).resume()
      this.#endSocket(socket as Socket, noProxy)
    })
    server.on("clientError", (error: Error & ParserFault, socket) => {
      if (error.code === "ECONNRESET") socket.destroy()
      else this.#endSocket(socket as Socket, parserRefusal(error), originInBytes(error.rawPacket))
    })
  }

  async drain(secondsMax: number): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.#connections.endIdle()
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

  #serve(
    incoming: http.IncomingMessage,
    outgoing: http.ServerResponse,
    refusal: Refusal | null = null,
  ): void {
    const exchange = this.#begin(incoming, outgoing)
    if (exchange === null) return
    void this.#answerAndSettle(exchange, exchange.held === 0 ? noRoom : refusal)
  }

  async #answerAndSettle(exchange: Exchange, refusal: Refusal | null): Promise<void> {
    this.#underWay += 1
    try {
      await this.#answer(exchange, refusal)
    } catch (error) {
      this.#log.failed(String(error), exchange.id)
      exchange.incoming.socket.destroy()
    }
    this.#memory.giveBack(exchange.held)
    this.#underWay -= 1
    if (this.#underWay === 0) this.#onIdle()
  }

  /** Ends a connection whose requests can't be told apart, after the answers it is owed. */
  #endSocket(socket: Socket, refusal: Refusal, origin?: string): void {
    const connection = this.#connections.find(socket)
    if (connection === undefined || connection.ending) return
    connection.ending = true
    const { reading } = connection
    if (reading !== null && !reading.incoming.complete) {
      // This is the answer to a request whose own body is at fault.
      reading.body.giveUp(refusal)
      return
    }
    const unread = { id: this.#nextId(), clientAddress: connection.peer.address, origin }
    const end = () => this.#replies.end(socket, refusal, unread)
    if (connection.owed > 0) connection.onAnswered = end
    else end()
  }

  async #answer(exchange: Exchange, refusal: Refusal | null): Promise<void> {
    if (refusal !== null) return this.#replies.refuse(exchange, refusal)
    const { incoming, id, connection } = exchange
    const { httpVersion, rawHeaders, method = "", url: target = "" } = incoming
    const { limits, trustedProxies: proxies, forwardedHeader: header } = this.#options
    const head = readHead({ httpVersion, rawHeaders, target })
    if ("reason" in head) return this.#replies.refuse(exchange, refusalOf(head))
    // It is ignored, but Node's parser drops what came along with such a request.
    if (head.headers.has("upgrade")) connection.requestsMax = exchange.number
    const { path, query, headers } = head
    const { peer } = connection
    const clientAddress = clientAddressOf(headers, { peer, header, proxies })
    const unread = unreadHeader(headers, { peer, header })
    if (unread !== null) this.#log.forwarded({ peer, header }, unread)
    exchange.clientAddress = clientAddress
    if (head.declaredBytes > limits.bodyBytesMax) {
      return this.#replies.refuse(exchange, this.#bodyRefusals.tooLarge)
    }
    const headBytes = bytesOf(rawHeaders)
    if (headBytes > usualHeadBytes && !this.#hold(exchange, headBytes)) {
      return this.#replies.refuse(exchange, noRoom)
    }
    const request = { id, method, path, query, headers, clientAddress, body: noBody }
    if (head.isChunked && this.#flood.isOn) {
      // The parser drops the chunks that have come with this head.
      connection.isStopped = true
      return this.#replies.refuse(exchange, chunkFlood)
    }
    // A chunked body is read for every route: a malformed one gets 400, whatever the route.
    if (!head.isBodyless && !head.isChunked && !this.#options.takesBody(request)) {
      return this.#answerAtHead(exchange, request)
    }
    const reading = head.isBodyless ? null : this.#readBody(exchange, head)
    if (head.awaitsContinue) exchange.outgoing.writeContinue()
    if (reading !== null) return this.#answerBody(exchange, request, reading)
    this.#replies.write(exchange, await this.#options.handle(request))
  }

  /** Answers without the body that was announced, and closes the connection. */
  async #answerAtHead(exchange: Exchange, request: HttpRequest): Promise<void> {
    // The body is dropped as it comes.
    exchange.incoming.resume()
    this.#replies.turnAway(exchange, await this.#options.handle(request))
  }

  #readBody(exchange: Exchange, { declaredBytes }: Head): BodyReading {
    const { incoming, connection } = exchange
    const { bodyBytesMax, bodyChunksMax } = this.#options.limits
    const reading = readBody(incoming, {
      ...{ bytesMax: bodyBytesMax, chunksMax: bodyChunksMax, declaredBytes },
      refusals: this.#bodyRefusals,
      hold: (bytes) => this.#hold(exchange, bytes),
      flood: this.#flood,
      stop: () => {
        connection.isStopped = true
        incoming.socket.pause()
      },
    })
    connection.reading = { incoming, body: reading }
    return reading
  }

  async #answerBody(exchange: Exchange, request: HttpRequest, reading: BodyReading): Promise<void> {
    const { incoming, connection } = exchange
    const body = await reading.result
    // Or the connection would keep the body until the next one.
    connection.reading = null
    connection.bytesTaken = incoming.socket.bytesRead
    if (body === null) return
    if (!Buffer.isBuffer(body)) return this.#replies.refuse(exchange, body)
    this.#replies.write(exchange, await this.#options.handle({ ...request, body }))
  }

  /** Holds more memory for a request, until it is answered. False where there is none. */
  #hold(exchange: Exchange, bytes: number): boolean {
    const isHeld = this.#memory.take(bytes, exchange.connection.owed > 1)
    if (isHeld) exchange.held += bytes
    return isHeld
  }

  /** Null when the connection takes no more requests. */
  #begin(incoming: http.IncomingMessage, outgoing: http.ServerResponse): Exchange | null {
    const connection = this.#connections.find(incoming.socket)
    if (connection === undefined) return null
    if (connection.ending || connection.requests >= connection.requestsMax) {
      connection.isStopped = true
      return null
    }
    const isMore = connection.owed > 0
    const isHeld = this.#memory.take(requestBytes, isMore)
    // Who sends requests by the hundred and reads no answer would fill the memory.
    if (!isHeld && isMore) {
      this.#replies.cut({ incoming, connection })
      return null
    }
    connection.requests += 1
    connection.bytesTaken = incoming.socket.bytesRead
    connection.idleLooks = 0
    connection.owed += 1
    return {
      incoming,
      outgoing,
      id: this.#nextId(),
      connection,
      number: connection.requests,
      clientAddress: connection.peer.address,
      held: isHeld ? requestBytes : 0,
      unread: 0,
      isSettled: false,
    }
  }

  #nextId(): string {
    this.#ids += 1
    return `${this.#idPrefix}-${this.#ids.toString(36)}`
  }
}
