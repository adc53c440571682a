// What the server keeps of a connection: who is at its other end, what that is owed, and whether
// more is taken from it.

import type { Peer } from "../client_address.ts"
import type { BodyReading } from "./body.ts"

/** A connection. */
export interface Connection {
  readonly peer: Peer
  requests: number
  /** With so many it closes. */
  requestsMax: number
  /** How many answers it still waits for. */
  owed: number
  /** Bytes held for answers that the system has not taken yet. */
  unread: number
  /** No further request is taken (RFC 9112 §9.6). */
  ending: boolean
  /** What else comes on it is not even looked at. */
  isStopped: boolean
  /** How many bytes had come when the last request was whole. */
  bytesTaken: number
  /** How often in a row idle.ts found that nothing is owed here. */
  idleLooks: number
  /** The body that is being read, and of which request. */
  reading: { readonly incoming: { readonly complete: boolean }; readonly body: BodyReading } | null
  /** Called when nothing is owed any more. */
  onAnswered: () => void
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
