// Stands between Postern and PostgreSQL at a port of this machine. It can fall silent, as a machine
// does whose network cable was pulled, and it can speak TLS for the server.

import { connect, createServer, type Socket } from "node:net"
import type { TestContext } from "node:test"
import { TLSSocket } from "node:tls"
import { serverKeyPem, serverPem } from "../vectors/database_certificate.ts"

/** How the proxy answers a client that asks for TLS. */
type TlsAnswer = "passed on" | "terminated" | "refused"

/** A proxy. */
export interface DatabaseProxy {
  readonly port: number
  /** Swallows all bytes, of connections to come too, or passes them on again. */
  silence(isSilent: boolean): void
  /** How many connections it took. */
  connections(): number
}

/** Starts a proxy to the server whose socket is in the directory `host`. */
export async function startProxy(
  t: TestContext,
  host: string,
  { tls = "passed on" }: { readonly tls?: TlsAnswer } = {},
): Promise<DatabaseProxy> {
  let isSilent = false
  let connections = 0
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    connections += 1
    track(socket)
    if (tls === "passed on") join(socket)
    else {
      socket.once("data", () => {
        socket.write(tls === "refused" ? "N" : "S")
        const options = { isServer: true, key: serverKeyPem, cert: serverPem }
        if (tls === "terminated") join(track(new TLSSocket(socket, options)))
      })
    }
  })

  function track<S extends Socket>(socket: S): S {
    sockets.add(socket)
    socket.on("error", () => {})
    socket.on("close", () => sockets.delete(socket))
    return socket
  }

  function join(client: Socket): void {
    const database = track(connect(`${host}/.s.PGSQL.5432`))
    for (const [from, to] of [
      [client, database],
      [database, client],
    ] as const) {
      from.on("data", (bytes) => {
        if (!isSilent) to.write(bytes)
      })
      from.on("close", () => {
        if (!isSilent) to.destroy()
      })
    }
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  t.after(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  const address = server.address()
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    silence(value) {
      isSilent = value
    },
    connections: () => connections,
  }
}
