// The HTTP server, and the only file that runs `node:http`. The way of a request: connections.ts
// counts it, read_request.ts reads it, `handle` answers it, and write_reply.ts writes the reply.

import { once } from "node:events"
import * as http from "node:http"
import type { AddressInfo, Socket } from "node:net"
import type { Network } from "../../domain/ip_address.ts"
import type { Address } from "../../system/address.ts"
import type { Log } from "../../telemetry/log.ts"
import { createClientAddressOf } from "../client_address.ts"
import { originInBytes } from "../cors.ts"
import type { App, Asker, RequestStart } from "../message.ts"
import { asDenial } from "../problem.ts"
import { ChunkFlood } from "./chunk_flood.ts"
import type { PendingRequest } from "./connection.ts"
import { Connections } from "./connections.ts"
import { headersMax, pathOf } from "./head.ts"
import { HeldMemory } from "./held_memory.ts"
import { type HttpLimits, httpLimits } from "./limits.ts"
import { type ParserFault, parserRefusal, startInBytes } from "./parser_refusal.ts"
import { type ReadOptions, readRequest } from "./read_request.ts"
import { noMemory, noProxy, type Refusal, unsupportedExpect } from "./refusals.ts"
import { createHeadWriter, type HeaderOptions } from "./reply_head.ts"
import { createServerLog } from "./server_log.ts"
import { showReplies, showRequest, type Witness } from "./witness.ts"
import { refuse, refuseUnread, type WriteOptions, writeReply } from "./write_reply.ts"

/** What a server does with requests. */
export interface ServerOptions
  extends Omit<HeaderOptions, "keepAliveMillis" | "proxyKeepAliveMillis" | "statusTexts">,
    Pick<ReadOptions, "forwardedHeader">,
    App {
  /** Proxies whose forwarding header is trusted. */
  readonly trustedProxies: readonly Network[]
  readonly log: Log
  /** Gets to see requests and replies. */
  readonly witness?: Witness
  /** Those of limits.ts unless given. */
  readonly limits?: HttpLimits
}

/** A server that listens. */
export interface HttpServer {
  readonly port: number
  /** How many connections are open, and how many may be. */
  figures(): { readonly connections: number; readonly connectionsMax: number }
  /** Accepts no more connections, lets requests end for so many seconds, then closes the rest. */
  drain(secondsMax: number): Promise<void>
}

/** The parts of a server. */
interface ServerParts extends ReadOptions, WriteOptions, App {
  readonly connections: Connections
  readonly limits: HttpLimits
}

/**
 * Listens at an address.
 * @throws the system's error (EADDRINUSE, EACCES, …) when that is not possible
 */
export async function listen(address: Address, options: ServerOptions): Promise<HttpServer> {
  const limits = options.limits ?? httpLimits
  const server = createServer(limits)
  const { connections } = serveRequests(server, { ...options, limits })
  server.listen(address)
  await once(server, "listening")
  server.on("error", (error) => options.log.error("server.failed", { reason: error.message }))
  const { port } = server.address() as AddressInfo
  return {
    port,
    figures: () => ({ connections: connections.count, connectionsMax: limits.connectionsMax }),
    drain: (secondsMax) => connections.drain(secondsMax),
  }
}

function createServer(limits: HttpLimits): http.Server {
  const server = http.createServer({
    maxHeaderSize: limits.forwardedHeadBytesMax ?? limits.headBytesMax,
    headersTimeout: limits.headersMillisMax,
    requestTimeout: limits.requestMillisMax,
    // idle.ts ends idle connections.
    keepAliveTimeout: 0,
    connectionsCheckingInterval: limits.checkIntervalMillis,
    insecureHTTPParser: false,
    // readHead checks the host, and answers in JSON.
    requireHostHeader: false,
    // No stream for a body that can't come. Node 20 does not know this option.
    ...{ optimizeEmptyRequests: true },
  })
  // Node drops further headers silently. readHead refuses a request with this many.
  server.maxHeadersCount = headersMax + 1
  server.maxConnections = limits.connectionsMax
  return server
}

function serveRequests(
  server: http.Server,
  options: ServerOptions & { readonly limits: HttpLimits },
): ServerParts {
  const { limits, witness } = options
  const log = createServerLog(options.log)
  const memory = new HeldMemory(limits.heldBytesMax)
  const connections = new Connections(server, { ...options, memory, log })
  const writer = createHeadWriter({ ...options, ...limits, statusTexts: http.STATUS_CODES })
  const head = witness === undefined ? writer : showReplies(writer, witness)
  const flood = new ChunkFlood(limits.floodMillis)
  const { forwardedHeader, trustedProxies: proxies } = options
  const clientAddressOf = createClientAddressOf({ header: forwardedHeader, proxies })
  const parts = { ...options, log, memory, connections, head, flood, clientAddressOf }
  const serve = (
    incoming: http.IncomingMessage,
    outgoing: http.ServerResponse,
    refusal: Refusal | null = null,
  ) => {
    const pending = connections.begin(incoming, outgoing)
    if (pending !== null && witness?.isOn) showRequest(witness, pending)
    if (pending !== null) void answer(pending, pending.held === 0 ? noMemory : refusal, parts)
  }
  server.on("request", (incoming, outgoing) => serve(incoming, outgoing))
  server.on("checkContinue", (incoming, outgoing) => serve(incoming, outgoing))
  server.on("checkExpectation", (incoming, outgoing) => {
    serve(incoming, outgoing, unsupportedExpect)
  })
  server.on("connect", (_incoming, socket) => {
    // Node no longer handles this socket: its errors and the rest of its bytes are dropped here.
    socket.on("error", () => socket.destroy()).resume()
    endConnection(socket as Socket, { refusal: noProxy }, parts)
  })
  server.on("clientError", (error: Error & ParserFault, socket) => {
    if (error.code === "ECONNRESET") return void socket.destroy()
    const origin = originInBytes(error.rawPacket)
    const start = startInBytes(error.rawPacket)
    endConnection(socket as Socket, { refusal: parserRefusal(error), start, origin }, parts)
  })
  return parts
}

/** Reads a request, has it handled and writes the reply, or refuses it. Never rejects. */
async function answer(
  pending: PendingRequest,
  refusal: Refusal | null,
  parts: ServerParts,
): Promise<void> {
  try {
    const reading = refusal ?? readRequest(pending, parts)
    // No `await` for a request without a body: most have none.
    const request = reading instanceof Promise ? await reading : reading
    // Null: the client has gone.
    if (request !== null) {
      if ("reply" in request) refuse(pending, refusalFor(askerOf(pending, parts), request), parts)
      else writeReply(pending, await parts.handle(request), parts)
    }
  } catch (error) {
    parts.log.failed(String(error), pending.id)
    pending.incoming.socket.destroy()
  }
  parts.connections.finish(pending)
}

function askerOf({ incoming }: PendingRequest, { askerAt }: ServerParts): Asker {
  const { method = "", url = "" } = incoming
  return askerAt({ method, path: pathOf(url) })
}

/** A refusal in the form that the asker can read. */
function refusalFor(asker: Asker, refusal: Refusal): Refusal {
  return asker === "nginx" ? { ...refusal, reply: asDenial(refusal.reply) } : refusal
}

/** What is known of a request that can't be read. */
interface UnreadRequest {
  readonly refusal: Refusal
  readonly start?: RequestStart | null
  readonly origin?: string | undefined
}

/** Ends a connection whose next request can't be read, after the answers that it is owed. */
function endConnection(
  socket: Socket,
  { refusal, start = null, origin }: UnreadRequest,
  parts: ServerParts,
): void {
  const connection = parts.connections.find(socket)
  if (connection === undefined || connection.ending) return
  connection.ending = true
  const { reading } = connection
  if (reading !== null && !reading.incoming.complete) {
    // The fault is in the body of a request, whose answer this is.
    reading.giveUp(refusal)
    return
  }
  const id = parts.connections.nextId()
  const { address: clientAddress, isTrusted } = connection.peer
  // The part of a head that is read may not begin with the path.
  const asker = start !== null || isTrusted ? parts.askerAt(start) : "client"
  const { reason, reply } = refusalFor(asker, refusal)
  const shared = { reason, reply: parts.share(reply, origin) }
  const end = () => refuseUnread(socket, { id, clientAddress, refusal: shared }, parts)
  if (connection.owed > 0) connection.onAnswered = end
  else end()
}
