// An app behind a proxy, which keeps what reaches it, and takes every upgrade.

import { createHash } from "node:crypto"
import { once } from "node:events"
import { createServer, type IncomingMessage, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import type { TestContext } from "node:test"

/** A request that reached an app. */
export interface AppRequest {
  readonly app: string
  readonly method: string
  readonly target: string
  /** By lower-case name, as sent: values of one name are joined by a comma. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

/** RFC 6455 §1.3. HAProxy checks what an app makes of it. */
const webSocketId = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

/** An app that says what it got. It takes every upgrade. */
export async function startApp(
  t: Pick<TestContext, "after">,
  app: string,
  reached: AppRequest[],
): Promise<number> {
  const take = (message: IncomingMessage, body: string): string => {
    const names = new Map<string, string>()
    for (let at = 0; at < message.rawHeaders.length; at += 2) {
      const name = (message.rawHeaders[at] ?? "").toLowerCase()
      const before = names.get(name)
      const value = message.rawHeaders[at + 1] ?? ""
      names.set(name, before === undefined ? value : `${before}, ${value}`)
    }
    const { method = "", url: target = "" } = message
    reached.push({ app, method, target, headers: names, body })
    return `${app} answers\n`
  }
  const server = createServer({ maxHeaderSize: 65_536 }, async (message, reply) => {
    let body = ""
    for await (const chunk of message) body += chunk
    reply.end(take(message, body))
  })
  server.on("upgrade", (message, socket) => {
    take(message, "")
    const { upgrade = "", "sec-websocket-key": key = "" } = message.headers
    const accept = createHash("sha1").update(`${key}${webSocketId}`).digest("base64")
    const lines = ["Connection: Upgrade", `Upgrade: ${upgrade}`, `Sec-WebSocket-Accept: ${accept}`]
    socket.end(["HTTP/1.1 101 Switching Protocols", ...lines, "", ""].join("\r\n"))
  })
  return listen(t, server)
}

/** Listens at a free port of loopback until the test ends. */
export async function listen(t: Pick<TestContext, "after">, server: Server): Promise<number> {
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return (server.address() as AddressInfo).port
}
