// The open connections of one server: accepts them, counts their requests and answers, closes idle
// ones when places are scarce, and drains them when the server stops.

import type * as http from "node:http"
import type { Socket } from "node:net"
import type { Network } from "../../domain/ip_address.ts"
import { randomName } from "../../system/random.ts"
import { peerOf } from "../client_address.ts"
import {
  type Connection,
  cut,
  makeStoppable,
  newConnection,
  type PendingRequest,
} from "./connection.ts"
import { type HeldMemory, requestBytes } from "./held_memory.ts"
import { createIdleWatch } from "./idle.ts"
import type { HttpLimits } from "./limits.ts"
import type { ServerLog } from "./server_log.ts"

/** What the connections of a server need. */
export interface ConnectionOptions {
  /** Proxies whose forwarding header is trusted. */
  readonly trustedProxies: readonly Network[]
  readonly limits: HttpLimits
  readonly memory: HeldMemory
  readonly log: ServerLog
}

const millisBetweenWarnings = 60_000
/** One place in this many is kept free for new connections, by closing idle ones. */
const sparePart = 16

/** The connections of a server, from their acceptance to their end. */
export class Connections {
  readonly #server: http.Server
  readonly #options: ConnectionOptions
  readonly #open = new Map<Socket, Connection>()
  readonly #idPrefix = randomName().slice(0, 8)
  #ids = 0
  /** Requests that are being handled, also those whose client has gone. */
  #underWay = 0
  /** Called when no request is being handled any more. */
  #onIdle = () => {}
  /** Idle connections that were closed for new ones, and new ones that were refused. */
  #closed = 0
  #refused = 0
  /** How many looks are left before the next warning may be logged. */
  #looksUntilWarning = 0

  constructor(server: http.Server, options: ConnectionOptions) {
    this.#server = server
    this.#options = options
    const watch = createIdleWatch(options.limits)
    const look = () => {
      watch(this.#open)
      this.#warn()
    }
    const looking = setInterval(look, options.limits.checkIntervalMillis).unref()
    server.on("close", () => clearInterval(looking))
    server.on("connection", (socket) => this.#accept(socket))
    server.on("drop", () => {
      this.#refused += 1
    })
  }

  /** How many are open. */
  get count(): number {
    return this.#open.size
  }

  /** The connection of a socket, while that is open. */
  find(socket: Socket): Connection | undefined {
    return this.#open.get(socket)
  }

  /** An id for a request. */
  nextId(): string {
    this.#ids += 1
    return `${this.#idPrefix}-${this.#ids.toString(36)}`
  }

  /**
   * Takes a request. `held` is 0 when there is no memory for it. Null when the connection takes no
   * more requests. Each request goes to `finish` once.
   */
  begin(incoming: http.IncomingMessage, outgoing: http.ServerResponse): PendingRequest | null {
    const connection = this.#open.get(incoming.socket)
    if (connection === undefined) return null
    if (connection.ending || connection.requests >= connection.requestsMax) {
      connection.isStopped = true
      return null
    }
    const isMore = connection.owed > 0
    const isHeld = this.#options.memory.take(requestBytes, isMore)
    // A client that sends requests by the hundred and reads no answer would fill the memory.
    if (!isHeld && isMore) {
      cut({ incoming, connection }, this.#options.log)
      return null
    }
    connection.requests += 1
    connection.bytesTaken = incoming.socket.bytesRead
    connection.idleLooks = 0
    connection.owed += 1
    this.#underWay += 1
    return {
      incoming,
      outgoing,
      id: this.nextId(),
      connection,
      number: connection.requests,
      clientAddress: connection.peer.address,
      isBodyLeft: false,
      held: isHeld ? requestBytes : 0,
      unread: 0,
      isSettled: false,
    }
  }

  /** Whether the connection ends with this answer. Only the answer to the newest request may. */
  isLast({ connection, number }: PendingRequest): boolean {
    if (number !== connection.requests) return false
    const isLast = !this.#server.listening || number >= connection.requestsMax
    if (isLast) connection.ending = true
    return isLast
  }

  /** The request was handled. Its answer may still wait to be read. */
  finish({ held }: PendingRequest): void {
    this.#options.memory.giveBack(held)
    this.#underWay -= 1
    if (this.#underWay === 0) this.#onIdle()
  }

  /** The system has taken an answer, or its client has gone. */
  settle(pending: PendingRequest): void {
    const { connection, unread } = pending
    pending.isSettled = true
    // When the socket closed, nothing was owed from then on.
    if (connection.owed === 0) return
    connection.owed -= 1
    if (unread > 0) {
      connection.unread -= unread
      this.#options.memory.giveBack(unread)
    }
    if (connection.owed === 0) connection.onAnswered()
  }

  /** Accepts no more, lets requests end for so many seconds, then closes what is left. */
  async drain(secondsMax: number): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    // Node does not count a connection without a complete request among the idle ones.
    for (const [socket, { owed }] of this.#open) if (owed === 0) socket.destroy()
    let timer: NodeJS.Timeout | undefined
    const timeIsUp = new Promise<void>((resolve) => {
      const giveUp = () => {
        this.#server.closeAllConnections()
        resolve()
      }
      timer = setTimeout(giveUp, secondsMax * 1000)
    })
    await closed
    // A request whose client has gone still uses the store, which is closed after this.
    const idle = new Promise<void>((resolve) => {
      this.#onIdle = resolve
    })
    if (this.#underWay > 0) await Promise.race([idle, timeIsUp])
    clearTimeout(timer)
  }

  #accept(socket: Socket): void {
    const onAnswered = () => {
      if (!this.#server.listening) socket.end()
    }
    const peer = peerOf(socket.remoteAddress, this.#options.trustedProxies)
    const requestsMax = this.#options.limits.requestsPerSocketMax
    const connection = newConnection({ peer, requestsMax, onAnswered })
    makeStoppable(socket, connection)
    this.#makeRoom()
    this.#open.set(socket, connection)
    socket.once("close", () => {
      this.#open.delete(socket)
      this.#options.memory.giveBack(connection.unread)
      connection.unread = 0
      connection.owed = 0
    })
  }

  /**
   * Closes one idle connection when nearly all places are in use: the oldest without a request, or
   * else the one that is idle for longest. Connections of trusted proxies come last.
   */
  #makeRoom(): void {
    const { connectionsMax } = this.#options.limits
    if (this.#open.size < connectionsMax - Math.ceil(connectionsMax / sparePart)) return
    let idlest: readonly [Socket, Connection] | null = null
    for (const one of this.#open) {
      const [socket, { requests, owed }] = one
      if (owed > 0 || socket.destroyed) continue
      if (requests === 0) {
        idlest = one
        break
      }
      if (idlest === null || idlenessOf(one[1]) > idlenessOf(idlest[1])) idlest = one
    }
    if (idlest === null) return
    this.#closed += 1
    idlest[0].destroy()
  }

  /** Logs that places are scarce: at most once a minute, with the numbers since the last time. */
  #warn(): void {
    const { limits, log } = this.#options
    this.#looksUntilWarning -= 1
    if (this.#looksUntilWarning > 0 || this.#closed + this.#refused === 0) return
    log.full({ closed: this.#closed, refused: this.#refused, limits })
    this.#closed = 0
    this.#refused = 0
    this.#looksUntilWarning = Math.ceil(millisBetweenWarnings / limits.checkIntervalMillis)
  }
}

function idlenessOf({ peer, idleLooks }: Connection): number {
  return peer.isTrusted ? idleLooks - Number.MAX_SAFE_INTEGER : idleLooks
}
