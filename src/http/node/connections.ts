// The open connections of one server: who is at their other end, which of them nobody uses, and
// how they end when the server stops.

import type * as http from "node:http"
import type { Socket } from "node:net"
import type { Network } from "../../domain/ip_address.ts"
import { peerOf } from "../client_address.ts"
import { type Connection, newConnection } from "./connection.ts"
import type { Exchange } from "./exchange.ts"
import type { HeldMemory } from "./held_memory.ts"
import { createIdleWatch } from "./idle.ts"
import type { HttpLimits } from "./limits.ts"
import type { ServerLog } from "./server_log.ts"
import { makeStoppable } from "./stoppable.ts"

/** What connections are opened with. */
export interface ConnectionOptions {
  /** Whose word on who asks is taken. */
  readonly trustedProxies: readonly Network[]
  readonly limits: HttpLimits
  /** What answers that wait to be read take. */
  readonly memory: HeldMemory
  readonly log: ServerLog
}

const millisBetweenWarnings = 60_000
/** Which part of the connections is left free for new ones while idle ones are closed. */
const sparePart = 16

/** All connections of a server. */
export class Connections {
  readonly #server: http.Server
  readonly #options: ConnectionOptions
  readonly #open = new Map<Socket, Connection>()

  /** Idle connections that were closed for new ones, and new ones that were not taken. */
  #closed = 0
  #refused = 0
  /** How often to look before the next warning. */
  #looksUntilWarning = 0

  constructor(server: http.Server, options: ConnectionOptions) {
    this.#server = server
    this.#options = options
    const watch = createIdleWatch(options.limits)
    const { checkIntervalMillis } = options.limits
    const look = () => {
      watch(this.#open)
      this.#warn()
    }
    const looking = setInterval(look, checkIntervalMillis).unref()
    server.on("close", () => clearInterval(looking))
    server.on("connection", (socket) => this.#add(socket))
    server.on("drop", () => {
      this.#refused += 1
    })
  }

  /** The connection of a socket, while that is open. */
  find(socket: Socket): Connection | undefined {
    return this.#open.get(socket)
  }

  /** An answer is with the system, or its client has gone. */
  settle(exchange: Exchange): void {
    const { connection, unread } = exchange
    exchange.isSettled = true
    // What was owed when the socket closed is owed no more.
    if (connection.owed === 0) return
    connection.owed -= 1
    if (unread > 0) {
      connection.unread -= unread
      this.#options.memory.giveBack(unread)
    }
    if (connection.owed === 0) connection.onAnswered()
  }

  /** Ends those that wait for no answer. */
  endIdle(): void {
    // Opened ahead of need, or a request only begun: Node does not count them among the idle ones.
    for (const [socket, { owed }] of this.#open) if (owed === 0) socket.destroy()
  }

  #add(socket: Socket): void {
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
   * Closes an idle connection when nearly all are in use: of those on which nothing was asked yet
   * the oldest, else of those that are kept the one that is idle for longest, of proxies last.
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

  /** Tells that there are too many connections: at most once a minute, with their number. */
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
