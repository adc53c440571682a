// Stops Node's parser in the middle of what it has read. By itself it goes through all of that, up
// to 64 KiB, whatever is decided meanwhile: on a connection on which nothing more is answered that
// may be 3,000 requests, each kept with its response until the connection closes, or 10,000 chunks
// of a body that was refused.
//
// Node asks `parser.onIncoming` what to do after each head (lib/_http_common.js, 20 to 26). The
// answer 2, for what is no HTTP from here on, ends the parsing of what was read. The tests of this
// file would tell if that were to change. A parser without it is left as it is.

import type { IncomingMessage } from "node:http"
import type { Socket } from "node:net"

type OnIncoming = (incoming: IncomingMessage & { upgrade?: boolean }, isKept: boolean) => number

const isOther = 2

/** Makes a connection's parser stop after a head, and before any further one, once `isStopped`. */
export function makeStoppable(socket: Socket, connection: { readonly isStopped: boolean }): void {
  const { parser } = socket as { parser?: { onIncoming?: OnIncoming | null } | null }
  const serve = parser?.onIncoming
  if (parser == null || serve == null) return
  parser.onIncoming = (incoming, isKept) => {
    const answer = connection.isStopped ? isOther : serve(incoming, isKept)
    if (!connection.isStopped) return answer
    // Or Node would hand the connection over, or end it.
    incoming.upgrade = false
    return isOther
  }
}
