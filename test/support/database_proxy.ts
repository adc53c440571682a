// Stands between Postern and PostgreSQL at a port of this machine. It can fall silent, as a machine
// does whose network cable was pulled, deliver late or slowly, and speak TLS for the server.

import { connect, createServer, type Socket } from "node:net"
import type { TestContext } from "node:test"
import { setTimeout as pause } from "node:timers/promises"
import { TLSSocket } from "node:tls"
import { serverKeyPem, serverPem } from "../vectors/database_certificate.ts"

/** How the proxy answers a client that asks for TLS. */
type TlsAnswer = "passed on" | "terminated" | "refused"

/** Which way bytes go. */
export type Direction = "to the database" | "to the client"

/** A proxy. */
export interface DatabaseProxy {
  readonly port: number
  /** Swallows all bytes, or those of one direction, of connections to come too; or none again. */
  silence(isSilent: boolean, direction?: Direction): void
  /** Passes on so many further bytes to clients, and swallows the rest. */
  silenceAfter(bytes: number): void
  /** Keeps what clients send, and the end of their connections, until it is let go. */
  hold(isHeld: boolean): void
  /** Passes on one byte after the other to clients, with a pause. */
  trickle(isSlow: boolean): void
  /** How many connections it took. */
  connections(): number
}

/** What becomes of bytes. */
interface Mood {
  readonly silent: Record<Direction, boolean>
  bytesLeft: number
  isSlow: boolean
  /** What is kept; null while nothing is. */
  held: (() => void)[] | null
}

/** Starts a proxy to the server whose socket is in the directory `host`. */
export async function startProxy(
  t: TestContext,
  host: string,
  { tls = "passed on" }: { readonly tls?: TlsAnswer } = {},
): Promise<DatabaseProxy> {
  const silent = { "to the database": false, "to the client": false }
  const mood: Mood = { silent, bytesLeft: Number.POSITIVE_INFINITY, isSlow: false, held: null }
  let connections = 0
  const sockets = new Set<Socket>()
  const track = <S extends Socket>(socket: S): S => {
    sockets.add(socket)
    socket.on("error", () => {})
    socket.on("close", () => sockets.delete(socket))
    return socket
  }
  const joinDatabase = (client: Socket) =>
    join(client, track(connect(`${host}/.s.PGSQL.5432`)), mood)
  const server = createServer((socket) => {
    connections += 1
    track(socket)
    if (tls === "passed on") joinDatabase(socket)
    else {
      socket.once("data", () => {
        socket.write(tls === "refused" ? "N" : "S")
        const options = { isServer: true, key: serverKeyPem, cert: serverPem }
        if (tls === "terminated") joinDatabase(track(new TLSSocket(socket, options)))
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  t.after(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  const address = server.address()
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    connections: () => connections,
    ...changesOf(mood),
  }
}

function changesOf(mood: Mood): Omit<DatabaseProxy, "port" | "connections"> {
  return {
    silence(isSilent, direction) {
      for (const one of ["to the database", "to the client"] as const) {
        if (direction === undefined || direction === one) mood.silent[one] = isSilent
      }
      if (!isSilent) mood.bytesLeft = Number.POSITIVE_INFINITY
    },
    silenceAfter(bytes) {
      mood.bytesLeft = bytes
    },
    hold(isHeld) {
      const deliveries = mood.held ?? []
      mood.held = isHeld ? [] : null
      for (const deliver of deliveries) deliver()
    },
    trickle(isSlow) {
      mood.isSlow = isSlow
    },
  }
}

function join(client: Socket, database: Socket, mood: Mood): void {
  const { silent } = mood
  const soon = (deliver: () => void) => {
    if (mood.held === null) deliver()
    else mood.held.push(deliver)
  }
  client.on("data", (bytes) => {
    if (!silent["to the database"]) soon(() => void database.write(bytes))
  })
  client.on("close", () => {
    if (!silent["to the database"]) soon(() => void database.end())
  })
  let last = Promise.resolve()
  database.on("data", (bytes) => {
    if (silent["to the client"]) return
    const passed = bytes.subarray(0, mood.bytesLeft)
    mood.bytesLeft -= passed.byteLength
    if (mood.isSlow) last = last.then(() => dribble(client, passed))
    else client.write(passed)
  })
  database.on("close", () => {
    if (!silent["to the client"]) client.destroy()
  })
}

async function dribble(client: Socket, bytes: Buffer): Promise<void> {
  for (const byte of bytes) {
    client.write(Buffer.of(byte))
    await pause(20)
  }
}
