// What the server remembers of a connection, and of each of its requests until that is answered.

import type * as http from "node:http"
import type { Socket } from "node:net"
import type { Peer } from "../client_address.ts"
import type { Refusal } from "./refusals.ts"
import type { ServerLog } from "./server_log.ts"

/** A connection. */
export interface Connection {
  readonly peer: Peer
  /** How many requests have been taken. */
  requests: number
  /** The connection closes with the answer to this request. */
  requestsMax: number
  /** How many requests still wait for their answers. */
  owed: number
  /** Bytes of memory held for answers that the system has not taken yet. */
  unread: number
  /** No further request is taken (RFC 9112 §9.6). */
  ending: boolean
  /** What else arrives is dropped unread. */
  isStopped: boolean
  /** How many bytes had arrived when the last request was complete. */
  bytesTaken: number
  /** How often in a row idle.ts found no request and no answer under way. */
  idleLooks: number
  /** The request whose body is being read, and how to end that with a refusal. */
  reading: {
    readonly incoming: Pick<http.IncomingMessage, "complete">
    readonly giveUp: (refusal: Refusal) => void
  } | null
  /** Called when no answer is owed any more. */
  onAnswered: () => void
}

/** A request that was taken, until it is answered. */
export interface PendingRequest {
  readonly incoming: http.IncomingMessage
  readonly outgoing: http.ServerResponse
  readonly id: string
  readonly connection: Connection
  /** The place of this request on its connection, from 1. */
  readonly number: number
  /** The peer's address until the head is read. */
  clientAddress: string
  /** Part of the body is not read, so the connection ends with the answer. */
  isBodyLeft: boolean
  /** Bytes of memory held for the request until it is handled. */
  held: number
  /** Bytes of memory held for the answer until the system has taken it. */
  unread: number
  /** The system has taken the answer, or the client has gone. */
  isSettled: boolean
}

/** A connection on which nothing has happened yet. */
export function newConnection(
  start: Pick<Connection, "peer" | "requestsMax" | "onAnswered">,
): Connection {
  return {
    ...start,
    requests: 0,
    owed: 0,
    unread: 0,
    ending: false,
    isStopped: false,
    bytesTaken: 0,
    idleLooks: 0,
    reading: null,
  }
}

/** Closes the connection of a client that does not read, when no memory is left for answers. */
export function cut(
  { incoming, connection }: Pick<PendingRequest, "incoming" | "connection">,
  log: Pick<ServerLog, "cut">,
): void {
  if (incoming.socket.destroyed) return
  log.cut(connection.peer.address)
  connection.ending = true
  connection.isStopped = true
  incoming.socket.destroy()
}

type OnIncoming = (
  incoming: http.IncomingMessage & { upgrade?: boolean },
  isKept: boolean,
) => number

/** Node's own answer for what is no HTTP from here on. */
const isOther = 2

/**
 * Makes Node's parser stop at the next head once `isStopped` is set. By itself the parser goes
 * through all that it has read, up to 64 KiB: that may be 3,000 requests, each kept with its
 * response until the connection closes, or 10,000 chunks of a body that was refused.
 *
 * Node asks `parser.onIncoming` what to do after each head (lib/_http_common.js, 20 to 26), and the
 * answer 2 ends the parsing. The tests of this function fail if that changes. A parser without
 * `onIncoming` is left as it is.
 */
export function makeStoppable(socket: Socket, connection: { readonly isStopped: boolean }): void {
  const { parser } = socket as { parser?: { onIncoming?: OnIncoming | null } | null }
  const serve = parser?.onIncoming
  if (parser == null || serve == null) return
  parser.onIncoming = (incoming, isKept) => {
    const answer = connection.isStopped ? isOther : serve(incoming, isKept)
    if (!connection.isStopped) return answer
    // Otherwise Node would hand the connection over, or end it.
    incoming.upgrade = false
    return isOther
  }
}
