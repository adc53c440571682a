// The open connections of one server: who is at their other end, which of them nobody uses, and
// how they end when the server stops.

import type * as http from "node:http"
import type { Socket } from "node:net"
import type { Network } from "../ip_address.ts"
import { peerOf } from "./client_address.ts"
import { type Connection, newConnection } from "./connection.ts"
import { createIdleWatch } from "./idle.ts"
import type { HttpLimits } from "./limits.ts"

/** What connections are opened with. */
export interface ConnectionOptions {
  /** Whose word on who asks is taken. */
  readonly trustedProxies: readonly Network[]
  readonly limits: HttpLimits
}

/** All connections of a server. */
export class Connections {
  readonly #server: http.Server
  readonly #options: ConnectionOptions
  readonly #open = new Map<Socket, Connection>()
  /** Answers that are waited for on all of them. */
  #owed = 0

  constructor(server: http.Server, options: ConnectionOptions) {
    this.#server = server
    this.#options = options
    const watch = createIdleWatch(options.limits)
    const { checkIntervalMillis } = options.limits
    const watching = setInterval(() => watch(this.#open), checkIntervalMillis).unref()
    server.on("close", () => clearInterval(watching))
    server.on("connection", (socket) => this.#add(socket))
  }

  /** Answers that are waited for on all connections. */
  get owed(): number {
    return this.#owed
  }

  /** The connection of a socket, while that is open. */
  find(socket: Socket): Connection | undefined {
    return this.#open.get(socket)
  }

  /** Counts answers that a connection waits for, or no longer does. */
  owe(connection: Connection, answers: number): void {
    connection.owed += answers
    this.#owed += answers
  }

  /** An answer is with the system, or its client has gone. */
  settle(connection: Connection): void {
    // What was owed when the socket closed is owed no more.
    if (connection.owed === 0) return
    this.owe(connection, -1)
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
    this.#open.set(socket, connection)
    socket.once("close", () => {
      this.#open.delete(socket)
      this.owe(connection, -connection.owed)
    })
  }
}
