// Where the server shows requests and replies as they are on the wire, for `postern doctor`. While
// nobody looks (`isOn` is false), it costs one comparison a request.

import type { PendingRequest } from "./connection.ts"
import type { HeadWriter } from "./reply_head.ts"

/** A request as it arrived. */
interface ArrivedRequest {
  readonly id: string
  readonly method: string
  readonly target: string
  readonly httpVersion: string
  /** Names and values in turn. */
  readonly rawHeaders: readonly string[]
  readonly peer: { readonly address: string; readonly port: number; readonly isTrusted: boolean }
  /** The place of the request on its connection, from 1. */
  readonly number: number
}

/** A reply as it is sent. */
export interface SentReply {
  readonly status: number
  /** Names and values in turn. */
  readonly rawHeaders: readonly string[]
  readonly body: string
}

/** Gets to see requests and replies. */
export interface Witness {
  readonly isOn: boolean
  /** A request arrived. */
  arrived(request: ArrivedRequest): void
  /** The request with this id is answered. */
  answered(id: string, reply: SentReply): void
}

/** Shows a request as its head was received. */
export function showRequest(witness: Witness, pending: PendingRequest): void {
  const { incoming, id, number, connection } = pending
  const { method = "", url: target = "", httpVersion, rawHeaders, socket } = incoming
  const { address, isTrusted } = connection.peer
  const peer = { address, port: socket.remotePort ?? 0, isTrusted }
  witness.arrived({ id, method, target, httpVersion, rawHeaders, peer, number })
}

/** The same writer, which shows each reply. */
export function showReplies(head: HeadWriter, witness: Witness): HeadWriter {
  const show: HeadWriter["headers"] = (reply, context) => {
    const rawHeaders = head.headers(reply, context)
    const { status, body } = reply
    if (witness.isOn) witness.answered(context.id, { status, rawHeaders, body })
    return rawHeaders
  }
  return {
    headers: show,
    text(reply, context) {
      if (witness.isOn) show(reply, context)
      return head.text(reply, context)
    },
  }
}
