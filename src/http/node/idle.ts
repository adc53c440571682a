// Ends connections on which nobody does anything. Node's own timers for that are made anew with
// every request, read and write, for a twentieth of the time that a guarded request takes. This
// looks at all connections now and then instead.
//
// Kept open, and nobody asks for anything (Node's `keepAliveTimeout`): a request that does not
// come, or too slowly, Node refuses in its time (limits.ts); but not blank lines after an answer,
// which begin no request: so what has more bytes is ended, too, only later. Trusted proxies keep
// their side open for a minute or more, and would send a request into a connection that ends here.
//
// Answers that nobody reads (`server.timeout`): what is found with something unread gets Node's
// timer, which takes what the system still gets rid of as a sign of life.

import type { Socket } from "node:net"
import type { Connection } from "./connection.ts"
import type { HttpLimits } from "./limits.ts"

/** What is looked at of a socket. */
type Watched = Pick<Socket, "bytesRead" | "writableLength" | "timeout" | "setTimeout" | "destroy">

type IdleLimits = Pick<
  HttpLimits,
  | "keepAliveMillis"
  | "proxyKeepAliveMillis"
  | "headersMillisMax"
  | "unreadMillisMax"
  | "checkIntervalMillis"
>

/** Makes the function to be called every `checkIntervalMillis` with all connections. */
export function createIdleWatch({
  keepAliveMillis,
  proxyKeepAliveMillis,
  headersMillisMax,
  unreadMillisMax,
  checkIntervalMillis,
}: IdleLimits): (open: Iterable<readonly [Watched, Connection]>) => void {
  // One more: the first look may come right after the answer, and clients are told how long.
  const looksOf = (millis: number) => Math.ceil(millis / checkIntervalMillis) + 1
  const looksMax = looksOf(keepAliveMillis)
  const looksMaxOfProxy = looksOf(proxyKeepAliveMillis)
  const looksForMore = looksOf(headersMillisMax)

  return (open) => {
    for (const [socket, connection] of open) {
      const { peer, requests, owed, bytesTaken } = connection
      const isWaiting = requests > 0 && owed === 0
      connection.idleLooks = isWaiting ? connection.idleLooks + 1 : 0
      const hasMore = socket.bytesRead !== bytesTaken
      const most = (peer.isTrusted ? looksMaxOfProxy : looksMax) + (hasMore ? looksForMore : 0)
      if (connection.idleLooks >= most) socket.destroy()
      const millisMax = socket.writableLength > 0 ? unreadMillisMax : 0
      if ((socket.timeout ?? 0) !== millisMax) socket.setTimeout(millisMax)
    }
  }
}
